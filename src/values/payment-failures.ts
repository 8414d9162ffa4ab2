// Why a bank did not pay, in Chinese: for papers, for officers and for the applicant. Pure.

export const paymentFailures = [
  'name-mismatch',
  'no-account',
  'account-closed',
  'account-abnormal',
  'not-activated',
  'amount-invalid',
  'duplicate',
  'other',
] as const;
export type PaymentFailure = (typeof paymentFailures)[number];

export const paymentFailureTitles: Readonly<Record<PaymentFailure, string>> = {
  'name-mismatch': '户名不符',
  'no-account': '账号不存在',
  'account-closed': '账户已销户',
  'account-abnormal': '账户状态异常',
  'not-activated': '社会保障卡金融功能未激活',
  'amount-invalid': '金额有误',
  duplicate: '银行认为重复',
  other: '其他原因',
};

/** What an officer does about it, as the end of a sentence. */
export const failureRemedies: Readonly<Record<PaymentFailure, string>> = {
  'name-mismatch': '请更正户名后重新发放',
  'no-account': '请更正账号后重新发放',
  'account-closed': '请由申请人提供新的账户后重新发放',
  'account-abnormal': '请由申请人到银行恢复账户后重新发放',
  'not-activated': '请由申请人到银行激活社会保障卡金融功能后重新发放',
  'amount-invalid': '请与银行核对金额后重新发放',
  duplicate: '请向银行核实是否已经发放',
  other: '请向银行了解原因后重新发放',
};

/** What the applicant does about it, as a sentence of its own. */
export const failureStepsOfApplicant: Readonly<Record<PaymentFailure, string>> = {
  'name-mismatch': '请携带身份证和社会保障卡到户籍所在地街道（乡镇）窗口核对姓名，更正后重新发放。',
  'no-account': '请携带社会保障卡到户籍所在地街道（乡镇）窗口更正银行账号，更正后重新发放。',
  'account-closed': '请到户籍所在地街道（乡镇）窗口提供本人可以使用的社会保障卡银行账户，更正后重新发放。',
  'account-abnormal':
    '请先到开户银行恢复账户，再告知户籍所在地街道（乡镇）窗口重新发放；账户不能恢复的，请提供新的社会保障卡银行账户。',
  'not-activated':
    '请携带身份证和社会保障卡到开户银行激活金融功能，激活后告知户籍所在地街道（乡镇）窗口重新发放。',
  'amount-invalid': '由经办机构与银行核对后重新发放，您无需办理。',
  duplicate: '经办机构正在向银行核实是否已经发放，请您也核对账户是否已到账。',
  other: '由经办机构向银行了解原因后重新发放；需要您更正账户的，街道（乡镇）会联系您。',
};
