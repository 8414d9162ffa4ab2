// The closed list of case events and the content of each. The table's CHECK constraint has the same list. Pure.

import type { Month, Quarter } from '../../values/days.ts';

/** type → its description in the contract. Facts, in the past tense. */
export const eventTypes = {
  'application-submitted': '已提交 · submitted, or handed in again after a correction',
  'application-correction-requested': '要求补正 · a correction was asked for',
  'application-not-accepted': '不予受理 · not accepted',
  'application-accepted': '已受理 · accepted',
  'application-transferred': '已移送户籍所在地办理 · handed over to where the household is',
  'application-approved': '审核通过 · approved, with its months and amounts',
  'application-refused': '审核未通过 · refused',
  'application-withdrawn': '已撤回 · withdrawn',
  'decision-confirmed':
    '复核确认，决定可以发放 · a quality review confirmed the decision, which may now be paid',
  'decision-undone': '决定在发放前被撤销，重新审核 · a decision was undone before any payment',
  'payment-paid': '已发放 · paid',
  'payment-failed': '发放失败 · the bank could not pay',
  'payment-returned': '银行退票 · the bank sent the money back',
  'recovery-opened': '疑似应追回 · a later record contradicts a granted month',
  'recovery-confirmed': '追回已确认 · a month was recovered',
  'recovery-dismissed': '疑似追回已排除 · the contradiction was explained',
  'recovery-repaid-in-part': '已退还一部分 · repaid in part, with what is still owed',
  'recovery-repaid': '已退还 · repaid in whole',
  'applicant-barred': '因虚假材料取消申请补贴资格 · nothing is approved until the bar is lifted',
  'bar-lifted': '取消的资格已解除 · the bar was lifted',
  'recovery-set-off': '以其他月份抵扣欠款 · a granted month settled the debt, with what is still owed',
  'recovery-set-off-reversed': '抵扣已撤销 · a set-off was reversed, with what is owed again',
  'appeal-opened': '对决定或追回提出行政复议、信访或申诉 · a decision or recovery is contested',
  'appeal-decided': '行政复议、信访或申诉已办结 · an appeal was decided',
  'appeal-withdrawn': '行政复议、信访或申诉已撤回 · an appeal was withdrawn',
  'recovery-reversed': '追回已撤销，该月份恢复有效 · the recovery was wrong, the month is valid again',
  'quarter-claimable':
    '一个季度可以申请而尚未申请 · a quarter can be claimed, and nobody has applied for it yet',
  'term-ending': '享受期限将在三十日内届满 · the term ends within thirty days',
} as const;

export type EventType = keyof typeof eventTypes;

/** States, months and amounts only: free text, such as a reason, might name a person and is not included. */
export interface EventContent {
  /** The state of the case after the event. */
  readonly state?: string;
  readonly months?: readonly {
    readonly month: Month;
    readonly state: string;
    readonly amountFen: number | null;
  }[];
  readonly amountFen?: number;
  /** That can be claimed. */
  readonly quarter?: Quarter;
  /** The payment line, of an event about a payment. */
  readonly lineId?: string;
}

/** One event of one case. */
export interface CaseEvent {
  readonly personId: string;
  readonly applicationId: string;
  readonly type: EventType;
  readonly content: EventContent;
}
