// What notices contain, made once from the act they report and stored; and the notices on the way of a case. Those that
// can be appealed against are in appealable.ts. Pure. Paper and API use the same words; paper.ts does the layout.

import type { Day, Month, Quarter } from '../../values/days.ts';
import { dayInWords, moneyInWords, monthsInWords } from '../../values/wording.ts';

export const noticeTitles = {
  correction: '补正材料一次性告知书',
  acceptance: '受理通知书',
  'non-acceptance': '不予受理告知书',
  transfer: '移送告知书',
  decision: '审核结果告知书',
  'decision-undone': '撤销审核结果告知书',
  recovery: '追回告知书',
  'recovery-reversed': '撤销追回告知书',
  bar: '取消申请补贴资格告知书',
  'bar-lifted': '恢复申请补贴资格告知书',
  'payee-change': '收款信息更正告知书',
  'payment-failed': '补贴未能到账告知书',
  appeal: '行政复议、信访、申诉办理告知书',
} as const;
export type NoticeKind = keyof typeof noticeTitles;

/** The person and case of a notice. */
export interface NoticeSubject {
  /** Masked in what is stored; put in whole, from its encrypted column, for readers who see it. */
  readonly name: string;
  /** Masked, because the paper passes through many hands. */
  readonly identityNumber: string;
  readonly caseNumber: string;
  readonly quarter: Quarter;
  readonly months: readonly Month[];
  readonly agencyName: string;
  readonly streetName: string;
  /** Where the household is registered, down to the street. A case has no closer address. */
  readonly household: string;
}

export interface NoticeItem {
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
}

/** What was decided of a month. */
export const monthDecisions = {
  granted: '通过',
  refused: '未通过',
  undecided: '本次未作决定',
  'not-accepted': '不予受理',
  undone: '撤销原决定',
  recovered: '追回',
  'recovery-reversed': '撤销追回',
} as const;

export interface MonthDecision {
  readonly month: Month;
  readonly decision: keyof typeof monthDecisions;
  /** Null where no money was granted. */
  readonly amountFen: number | null;
  /** What was found, with the articles. */
  readonly reason: string;
}

/** Why a check fails 截图说明原因: what a screenshot of the records would show. */
export interface FailedCheck {
  readonly article: string;
  readonly title: string;
  readonly explanation: string;
  readonly records: readonly EvidenceRecord[];
  /** Registers that were consulted and have no such record. */
  readonly registers: readonly EvidenceRegister[];
}

export interface EvidenceRecord {
  readonly title: string;
  readonly from: Day;
  readonly to: Day | null;
  /** The months granted, for records of months; days between them may not be granted. */
  readonly months?: readonly Month[];
  /** By its name. */
  readonly source: string;
  readonly learntAt: string;
}

export interface EvidenceRegister {
  readonly title: string;
  /** By its name. */
  readonly source: string;
  readonly throughMonth: Month;
  readonly learntAt: string;
}

export interface EvidenceMonth {
  readonly month: Month;
  readonly explanation: string;
  readonly checks: readonly FailedCheck[];
}

export interface NoticeContent {
  readonly title: string;
  readonly subject: NoticeSubject;
  readonly paragraphs: readonly string[];
  readonly months: readonly MonthDecision[];
  readonly items: readonly NoticeItem[];
  /** What the office writes in by hand before it seals the paper. */
  readonly fillIn: readonly string[];
  /** What follows the tables: what to do next, and how to appeal. */
  readonly closing: readonly string[];
  readonly evidence: readonly EvidenceMonth[];
}

/** What most notices do not have. */
export const nothingElse = { months: [], items: [], fillIn: [], closing: [], evidence: [] } as const;

export function whomToAsk({ streetName, agencyName }: NoticeSubject): string {
  return `如有疑问，请向${streetName}窗口或${agencyName}咨询。`;
}

export function correctionContent(subject: NoticeSubject, items: readonly NoticeItem[]): NoticeContent {
  return {
    ...nothingElse,
    title: noticeTitles.correction,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）经核对，以下${items.length}项需要补正，现一次性告知。`,
      '请逐项补正后重新提交；补正期间办理时限暂停，补正后继续计算。本告知书之外的事项，除补正后新出现的情况外，不再另行要求。',
      whomToAsk(subject),
    ],
    items,
  };
}

/** @param unannouncedYears years whose holidays are not published; their days were counted Monday to Friday */
export function acceptanceContent(
  subject: NoticeSubject,
  reviewDueOn: Day | null,
  unannouncedYears: readonly number[],
): NoticeContent {
  const mayMove =
    unannouncedYears.length === 0 ? '' : `（${unannouncedYears.join('、')}年放假安排尚未录入，日期可能变动）`;
  const due = reviewDueOn === null ? '' : `审核预计于${dayInWords(reviewDueOn)}前完成${mayMove}。`;
  return {
    ...nothingElse,
    title: noticeTitles.acceptance,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）材料齐备、符合要求，现予受理。`,
      `${due}审核结果将由${subject.streetName}窗口告知您，您也可以通过提交申请的渠道查询进度。`,
      whomToAsk(subject),
    ],
  };
}

/** The new place of a transferred case, in words. */
export interface TransferResult {
  readonly fromStreet: string;
  readonly toStreet: string;
  readonly toAgency: string;
  /** Whether only the street changes. */
  readonly keepsAgency: boolean;
  readonly reason: string;
  /** The due day of the running time limit; null while a correction is open. */
  readonly dueOn: Day | null;
  /** Correction items that the applicant has not answered. */
  readonly toCorrect: readonly NoticeItem[];
}

export function transferContent(
  subject: NoticeSubject,
  { fromStreet, toStreet, toAgency, keepsAgency, reason, dueOn, toCorrect }: TransferResult,
): NoticeContent {
  const handled = keepsAgency
    ? `改由${toStreet}联系办理，经办机构仍为${toAgency}`
    : `现移送${toAgency}办理，由${toStreet}联系`;
  const due = dueOn === null ? '' : `，预计于${dayInWords(dueOn)}前办结当前环节`;
  return {
    ...nothingElse,
    title: noticeTitles.transfer,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）原由${fromStreet}联系办理，经核对户籍，${handled}。事由：${reason}`,
      `您无需重新申请：受理编号、已交的材料和所申请的月份均保留，办理时限连续计算${due}。`,
      ...(toCorrect.length === 0 ? [] : ['此前告知的下列事项仍需补正，请补正后通过原渠道重新提交。']),
      whomToAsk({ ...subject, agencyName: toAgency, streetName: toStreet }),
    ],
    items: toCorrect,
  };
}

/** @param account the new account, masked; null if the name was corrected, which the subject has */
export function payeeChangeContent(
  subject: NoticeSubject,
  account: { readonly bank: string; readonly account: string } | null,
): NoticeContent {
  const changed =
    account === null
      ? `申请人姓名已更正为${subject.name}`
      : `收款账户已更改为${account.bank}账户${account.account}`;
  return {
    ...nothingElse,
    title: noticeTitles['payee-change'],
    subject,
    paragraphs: [
      `您的申请（受理编号${subject.caseNumber}）的${changed}。尚未发放的补贴按更正后的信息发放。`,
      `如果不是您本人要求更正的，或者信息仍有错误，请立即告诉${subject.streetName}窗口或${subject.agencyName}。`,
    ],
  };
}

/** A payment that the bank refused or sent back. */
export interface NotPaid {
  readonly amountFen: number;
  readonly why: string;
  /** What the applicant does about it. */
  readonly step: string;
  readonly isReturned: boolean;
}

/** @param subject `months` are those of the payment */
export function paymentFailedContent(subject: NoticeSubject, paid: NotPaid): NoticeContent {
  const { amountFen, why, step, isReturned } = paid;
  const how = isReturned ? '已被银行退回' : '银行未能发放';
  return {
    ...nothingElse,
    title: noticeTitles['payment-failed'],
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）的补贴${moneyInWords(amountFen)}${how}，原因：${ended(why)}`,
      `您享受补贴的资格不受影响。${step}`,
      whomToAsk(subject),
    ],
  };
}

/** The officer's text with a full stop at its end. */
export function ended(text: string): string {
  return /[。！？]$/u.test(text) ? text : `${text}。`;
}

export function about({ caseNumber, months }: NoticeSubject): string {
  return `受理编号${caseNumber}，${monthsInWords(months)}`;
}

/** An appeal, in words. */
export interface Contested {
  readonly kind: string;
  /** The decision or recovery that it is about. */
  readonly about: string;
}

export function appealOpenedContent(
  subject: NoticeSubject,
  { kind, about: act, dueOn }: Contested & { readonly dueOn: Day },
): NoticeContent {
  return {
    ...nothingElse,
    title: noticeTitles.appeal,
    subject,
    paragraphs: [
      `您就${act}（受理编号${subject.caseNumber}）提出的${kind}已经登记，办理期限至${dayInWords(dueOn)}。`,
      '办理期间，原决定继续有效，法律另有规定或办理机关另有决定的除外。结果将另行告知您。',
      whomToAsk(subject),
    ],
  };
}

export function appealDecidedContent(
  subject: NoticeSubject,
  { kind, about: act, outcome, reason }: Contested & { readonly outcome: string; readonly reason: string },
): NoticeContent {
  return {
    ...nothingElse,
    title: noticeTitles.appeal,
    subject,
    paragraphs: [
      `您就${act}（受理编号${subject.caseNumber}）提出的${kind}已经办结。结果：${outcome}。`,
      `说明：${ended(reason)}`,
      '结果文书另行送达；此后的救济途径以该文书所载为准。',
      whomToAsk(subject),
    ],
  };
}
