// The closed list of problems (RFC 9457), and the error that operations throw. Every unsuccessful answer is
// one of them.

import type { AuditEntry } from './context.ts';
import type { FieldErrorCode } from './field-error-codes.ts';

/** An error in a request: where, which rule, and what to do. */
export interface FieldError {
  /** JSON pointer into the request: `/body/months/0`, `/query/limit`, `/headers/if-match`. */
  readonly pointer: string;
  readonly code: FieldErrorCode;
  /** Simplified Chinese; never repeats personal data. */
  readonly detail: string;
}

interface ProblemKind {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
}

/**
 * A request that is well formed and permitted is refused for one of two reasons (docs/decisions/0021).
 *
 * - `byState`: nothing in it has to be corrected; the present state of the case, the money or the service is in the
 *   way. After that has changed, the request may succeed: as it is, or with the version and ids of now.
 * - `forContent`: what was sent is in the way. It has to be corrected, in whatever state; sending it again is no use.
 */
const refused = { byState: 409, forContent: 422 } as const;

/** code → status, title and what to do. Part of the contract: a code is never renamed, only retired. */
export const problems = {
  'invalid-fields': {
    status: 400,
    title: '请求内容有误',
    detail: '请按逐项列出的说明修改后重新提交，本次未保存任何内容。',
  },
  'invalid-json': {
    status: 400,
    title: '无法解析请求内容',
    detail: '请求体不是完整、合法的 UTF-8 JSON，请检查后重新提交。',
  },
  'invalid-request': {
    status: 400,
    title: '无法解析请求',
    detail: '请求的格式无法识别，请检查请求行、请求头和内容长度后重新提交。',
  },
  'idempotency-key-missing': {
    status: 400,
    title: '缺少 Idempotency-Key',
    detail: '请在请求头 Idempotency-Key 中放入一个新的唯一值（建议 UUID），重试时使用同一个值。',
  },
  'token-missing': {
    status: 401,
    title: '未提供访问令牌',
    detail: '请在 Authorization 请求头中提供 Bearer 访问令牌。',
  },
  'token-invalid': {
    status: 401,
    title: '访问令牌无效',
    detail: '请向发证方重新获取访问令牌后再试。',
  },
  forbidden: {
    status: 403,
    title: '无权进行此操作',
    detail: '当前令牌的角色或授权范围不包含此操作，请使用有权限的账号。',
  },
  'roles-incompatible': {
    status: 403,
    title: '岗位冲突',
    detail:
      '同一人不能同时持有互斥岗位（经办、审核、发放互斥；管理员、审计员不得办理业务），请联系管理员调整。',
  },
  'officer-already-on-case': {
    status: 403,
    title: '同一案件须由不同人员办理',
    detail: '经办、审核、发放须为三名不同人员，您已在其中某一案件的另一环节签字，请由其他人员办理。',
  },
  'not-found': {
    status: 404,
    title: '未找到',
    detail: '没有这一项，或不在您的管辖范围内，请核对编号。',
  },
  'method-not-allowed': {
    status: 405,
    title: '不支持的请求方法',
    detail: '该地址存在，但不支持此请求方法，请查阅接口文档。',
  },
  'idempotency-key-in-flight': {
    status: refused.byState,
    title: '同一请求正在处理',
    detail: '使用相同 Idempotency-Key 的请求尚未处理完，请稍后用同一个值重试。',
  },
  'state-conflict': {
    status: refused.byState,
    title: '当前状态不能进行此操作',
    detail: '请先查询最新状态，再决定下一步操作。',
  },
  'month-already-claimed': {
    status: refused.byState,
    title: '月份已被申请或已享受补贴',
    detail:
      '该申请人的某个月份已在其他申请中，全市范围内同一人同一月份只能申请一次；被追回的月份还清后方可再申请。',
  },
  'cap-exceeded': {
    status: refused.byState,
    title: '超过可享受的月数',
    detail: '批准后将超过该申请人可享受的最长月数，请重新比对后再办理。',
  },
  'undertaking-unsigned': {
    status: refused.byState,
    title: '承诺书尚未签署',
    detail: '请打印或出示承诺书，由申请人签署后在草稿中填写版本、签署时间和方式，再提交申请。',
  },
  'materials-missing': {
    status: refused.byState,
    title: '材料不齐',
    detail: '请按逐项列出的材料补齐后再受理。',
  },
  'acceptance-needs-reason': {
    status: refused.forContent,
    title: '各月均不符合条件，受理须写明理由',
    detail: '按现有登记数据，逐项列出的月份都不能发放。仍予受理的，请写明理由；确不符合条件的，请不予受理。',
  },
  'materials-full': {
    status: refused.byState,
    title: '材料已达上限',
    detail: '一份申请最多 20 份材料。请把同类材料合并为一个 PDF 后再上传。',
  },
  'material-unsafe': {
    status: refused.forContent,
    title: '文件不完整或夹带其他内容',
    detail: '请重新拍照或扫描后上传；如为“动态照片”，请先关闭该功能。PDF 不得含脚本或附件。',
  },
  'file-too-complex': {
    status: refused.forContent,
    title: '文件过于复杂，无法处理',
    detail:
      '文件在规定的时间和内存内无法读完，可能已损坏或含有异常内容。请重新拍照、打印为新的 PDF，或把表格另存为新文件、分批后再提交。',
  },
  'nothing-to-correct': {
    status: refused.byState,
    title: '没有需要补正的事项',
    detail: '材料齐备且未列出其他问题，请直接受理，或列出需要补正的事项。',
  },
  'already-told-once': {
    status: refused.forContent,
    title: '须一次性告知',
    detail: '再次告知只能列出上次告知时不可能看到的情况。请按逐项列出的说明处理。',
  },
  'correction-incomplete': {
    status: refused.byState,
    title: '尚未补正完毕',
    detail: '请按逐项列出的事项补正后再重新提交。',
  },
  'decline-not-supported': {
    status: refused.byState,
    title: '比对结果不支持不予受理',
    detail: '只有比对结果表明所有月份都不符合条件时才能不予受理。请按逐项列出的月份处理。',
  },
  'cursor-ahead': {
    status: refused.byState,
    title: '续读位置在已丢失的内容之后',
    detail:
      '本服务的数据库恢复到了较早的时刻，您读过的一部分内容已丢失。请从所给的续读位置重新读取，按编号去重；不再出现的内容已作废，请重新查询相关案件。',
  },
  'import-not-checked': {
    status: refused.byState,
    title: '尚未试导入',
    detail: '请先试导入这份文件，核对结果并确认后再正式导入；文件改动后须重新试导入。',
  },
  'comparison-missing': {
    status: refused.byState,
    title: '尚未比对',
    detail: '请先进行数据比对，再作出决定。',
  },
  'comparison-stale': {
    status: refused.byState,
    title: '比对结果已过期',
    detail: '比对之后又有新的数据到达，或不是最近一次比对，请重新比对后再作出决定。',
  },
  'decision-not-supported': {
    status: refused.byState,
    title: '比对结果不支持此决定',
    detail: '请按逐项列出的月份和原因处理；登记数据有误的，只能由登记机关更正。',
  },
  'applicant-barred': {
    status: refused.byState,
    title: '申请资格已被取消',
    detail: '申请人因提供虚假材料被取消申请补贴资格，全部退还并由未参与办理的审核人员解除后，才能审核通过。',
  },
  'bar-not-repaid': {
    status: refused.byState,
    title: '尚未全部退还',
    detail: '凭虚假材料核定的补贴全部退还、疑似的月份全部办结后，才能解除取消的资格。',
  },
  'flags-unconfirmed': {
    status: refused.forContent,
    title: '尚未确认知悉提示事项',
    detail: '该申请有须审核人员知悉的情况。请逐项查看、确认，并按要求写明理由后再审核通过。',
  },
  'decision-in-payment': {
    status: refused.byState,
    title: '已进入发放，不能撤销决定',
    detail: '决定只能在列入发放批次之前撤销；已经发放的月份只能追回。请按逐项列出的月份处理。',
  },
  'disbursement-empty': {
    status: refused.byState,
    title: '没有待发放的月份',
    detail: '该经办机构当前没有已审核通过且未发放的月份，无需建立发放批次。',
  },
  'rosters-incomplete': {
    status: refused.byState,
    title: '名单尚未全部核对',
    detail: '请等待逐项列出的街道（乡镇）核对名单后再申请资金。',
  },
  'receipt-mismatch': {
    status: refused.forContent,
    title: '到账金额与申请不符',
    detail: '到账金额不得超过申请金额，少于申请时须注明是否为最后一笔，请与财政部门核对后重新登记。',
  },
  'return-exceeds-unspent': {
    status: refused.forContent,
    title: '退回金额超过结余',
    detail: '退回财政的金额不能超过结余减去待发放金额后的余额，请核对后重新登记。',
  },
  'funds-insufficient': {
    status: refused.byState,
    title: '资金不足',
    detail: '本批次的结余不足以发放全部待发放的补贴，请先核对资金。',
  },
  'payment-file-refused': {
    status: refused.forContent,
    title: '发放文件无法生成',
    detail:
      '逐项列出的户名或账号无法写入该银行的文件，整批未送银行。请改用其他银行文件格式，或暂缓这几笔发放后重试。',
  },
  'download-needs-reason': {
    status: refused.forContent,
    title: '再次下载须写明原因',
    detail: '该发放文件已下载过。确需再次下载的，请写明原因；重复送银行会造成重复发放。',
  },
  'same-officer': {
    status: 403,
    title: '须由另一人复核',
    detail: '由一人提出的，须由另一人复核或确认，请由其他人员办理。',
  },
  'refund-missing': {
    status: refused.forContent,
    title: '已退回的资金尚未退还本人',
    detail: '撤销追回前须把已退回的资金如数退还本人，并填写退还金额、凭证和日期。',
  },
  'results-refused': {
    status: refused.forContent,
    title: '发放结果文件未被采用',
    detail: '文件与发放批次不一致，整份未采用。请按逐项列出的原因与银行核对。',
  },
  'results-already-applied': {
    status: refused.byState,
    title: '发放结果已登记',
    detail: '这份结果文件已经登记过，未重复处理。',
  },
  'set-off-refused': {
    status: refused.byState,
    title: '该月份不能用于抵扣',
    detail: '抵扣须有本人签名的抵扣同意书，并用同一经办机构已批准、尚未列入发放批次的整月补贴。',
  },
  'repayment-exceeds-debt': {
    status: refused.forContent,
    title: '退款超过应退金额',
    detail: '登记的退款超过尚未退还的金额，请核对后重新登记。',
  },
  'calendar-year-exists': {
    status: refused.byState,
    title: '该年放假安排已录入',
    detail: '已公布的年份不再改写。如国务院办公厅调整放假安排，请联系运维人员。',
  },
  'precondition-failed': {
    status: 412,
    title: '内容已被他人更新',
    detail: '您看到的内容已不是最新，请重新查询（取得新的 ETag），核对后再提交。',
  },
  'request-too-slow': {
    status: 408,
    title: '请求未在规定时间内到达',
    detail: '请检查网络后重新提交；大文件请压缩或分批提交。',
  },
  'payload-too-large': {
    status: 413,
    title: '请求内容过大',
    detail: '请求体超过此接口允许的大小，请分批提交或压缩文件后再试。',
  },
  'unsupported-media-type': {
    status: 415,
    title: '不支持的内容类型',
    detail: '请改用接口文档写明的内容类型（Content-Type）后重新提交。',
  },
  'idempotency-key-reused': {
    status: refused.forContent,
    title: 'Idempotency-Key 已用于其他请求',
    detail: '同一个 Idempotency-Key 只能用于内容完全相同的请求，新的请求请使用新的值。',
  },
  'precondition-missing': {
    status: 428,
    title: '缺少 If-Match',
    detail: '请先查询该项，把响应头 ETag 的值放入 If-Match 请求头后再提交。',
  },
  'headers-too-large': {
    status: 431,
    title: '请求头过大',
    detail: '请求头合计不得超过 16 KiB，请删去多余的请求头后重新提交。',
  },
  'too-many-requests': {
    status: 429,
    title: '请求过于频繁',
    detail: '请按 Retry-After 响应头给出的秒数稍后重试。',
  },
  'too-many-people': {
    status: 429,
    title: '今日查询人数已达上限',
    detail: '今天查询的人数（不同的人）已达上限，请于明天再查询；确有需要的，请联系管理员调整上限。',
  },
  internal: {
    status: 500,
    title: '服务内部错误',
    detail:
      '本次操作未完成，未保存任何内容。请稍后用同一个 Idempotency-Key 重试；如仍失败，请提供 requestId 联系运维人员。',
  },
  'took-too-long': {
    status: 503,
    title: '操作用时过长',
    detail:
      '数据库未能在规定时间内完成。请用同一个 Idempotency-Key 重试；如仍失败，请提供 requestId 联系运维人员。',
  },
  unavailable: {
    status: 503,
    title: '服务暂时不可用',
    detail: '请按 Retry-After 响应头给出的秒数，用同一个 Idempotency-Key 重试。',
  },
} as const satisfies Record<string, ProblemKind>;

export type ProblemCode = keyof typeof problems;

/** Where the page behind a code is: the `type` of its problem details. Relative, for a service has several addresses. */
export const problemPages = '/problems';

/** The body of an unsuccessful answer (RFC 9457). */
export function problemDetails(
  code: ProblemCode,
  requestId: string,
  { detail, fieldErrors }: Pick<Problem, 'detail' | 'fieldErrors'> = { ...problems[code], fieldErrors: [] },
) {
  const { status, title } = problems[code];
  return { type: `${problemPages}/${code}`, code, status, title, detail, errors: fieldErrors, requestId };
}

/** Most field errors in one answer; a last one gives the number of further errors. */
export const mostFieldErrors = 100;

function bounded(fieldErrors: readonly FieldError[], uncollected: number): readonly FieldError[] {
  const unlisted = Math.max(0, fieldErrors.length - mostFieldErrors) + uncollected;
  if (unlisted === 0) return fieldErrors;
  const detail = `另有 ${unlisted} 项错误未列出，请先按以上各项修改，再重新提交。`;
  return [...fieldErrors.slice(0, mostFieldErrors), { pointer: '', code: 'more-errors', detail }];
}

/**
 * A problem that a user can cause and understand. Thrown by operations, which rolls their transaction back;
 * any other error is unexpected and becomes an opaque 500.
 */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly detail: string;
  readonly fieldErrors: readonly FieldError[];
  readonly headers: Readonly<Record<string, string>>;
  /** An audit entry to write although the operation is rolled back; for `auditedRead` only. */
  readonly trace: AuditEntry | undefined;

  constructor(
    code: ProblemCode,
    more: {
      detail?: string;
      fieldErrors?: readonly FieldError[];
      /** The number of further errors, where a long file has more than are collected. */
      uncollected?: number;
      headers?: Record<string, string>;
      trace?: AuditEntry;
    } = {},
  ) {
    super(code);
    this.code = code;
    this.detail = more.detail ?? problems[code].detail;
    this.fieldErrors = bounded(more.fieldErrors ?? [], more.uncollected ?? 0);
    this.headers = more.headers ?? {};
    this.trace = more.trace;
  }
}
