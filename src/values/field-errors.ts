// An error in an input: where, which, and what to do, for the person who sent it. A detail never repeats the
// value, which may be personal.

export type FieldError = {
  /** JSON pointer (RFC 6901) to the invalid value. */
  readonly pointer: string;
  readonly code: FieldErrorCode;
  /** What is wrong and what to do, in Chinese. */
  readonly detail: string;
};

/** The result of reading an input: the value, or every error. */
export type Reading<T> = { readonly value: T } | { readonly fieldErrors: readonly FieldError[] };

export const fieldErrorDetails = {
  'identity-number-form': '公民身份号码应为18位：前17位为数字，末位为数字或X，请核对后重新填写。',
  'identity-number-region': '公民身份号码前两位不是省级代码，请对照身份证核对。',
  'identity-number-birth-date': '公民身份号码中的出生日期不存在，请对照身份证核对第7至14位。',
  'identity-number-birth-in-future': '公民身份号码中的出生日期晚于今天，请对照身份证核对第7至14位。',
  'identity-number-check-character': '公民身份号码校验位不符，可能有一位填错，请逐位核对。',
  'identity-number-test-person': '该号码属测试人员专用，正式环境不受理，请填写真实号码。',
  'identity-number-fifteen-digits': '15位旧号码仅在导入历史数据时接受，请填写18位公民身份号码。',
  'account-number-form': '银行账号应为12至30位数字，可含空格，请对照社保卡核对。',
  'account-number-short': '账号至少12位，请对照社保卡补全。',
  'phone-number-form': '请填写本人的11位手机号码，或带区号的固定电话；都没有的，请到线下窗口填写联系人。',
  'mobile-number-form': '请填写联系人的11位手机号码。',
  'account-holder-name': '账户户名与申请人姓名不一致，补贴只能发放至申请人本人账户。',
  'name-empty': '姓名不能为空，请填写与身份证一致的姓名。',
  'kind-unknown': '没有这种记录种类，请使用接口文档列出的种类。',
  'category-unknown': '没有这种类别，请使用接口文档列出的类别。',
  'scheme-unknown': '参保类型只能是职工或城乡居民。',
  'insurance-unknown': '险种只能是养老保险或医疗保险。',
  'payer-unknown': '缴费身份只能是个人或用人单位。',
  'yes-or-no': '请明确填写“是”或“否”，不能为空。',
  'street-form': '街道代码应为9位数字。',
  'day-form': '日期应为真实存在的日期，格式如2025-04-30。',
  'end-before-start': '结束日期早于开始日期，请核对两个日期。',
  'month-missing': '缴费记录必须写明费款所属月份，格式如2025-04。',
  'month-form': '月份格式应如2025-04。',
  'month-twice': '同一月份填写了两次，请删除重复的月份。',
  'months-missing': '请至少填写一个月份。',
  'quarter-form': '季度格式应如2025Q2。',
  'quarter-not-ended': '该季度尚未结束，请等季度结束后申请，或只填写其中已经结束的月份。',
  'month-outside-quarter': '该月份不属于所申请的季度；一次申请只能申请同一季度的月份。',
  'month-not-ended': '该月份尚未结束，请在次月起申请。',
  'month-past-deadline': '该月份已经超过申领期限，不能再申请，请从申请中删去。',
  'birth-in-future': '出生日期晚于今天，请核对。',
  'submission-before-measure': '申请日期早于办法实施日期，请核对。',
  'decision-before-submission': '核定日期早于申请日期，请核对。',
  'check-digit': '受理编号的校验位不符，可能听错或抄错，请核对。',
  'name-characters': '姓名中含有控制字符、不可见字符或证件、手机号码，请删除后重新填写。',
} as const;
export type FieldErrorCode = keyof typeof fieldErrorDetails;

export function fieldError(pointer: string, code: FieldErrorCode): FieldError {
  return { pointer, code, detail: fieldErrorDetails[code] };
}
