// The content of each kind of notice, made once from the act it reports and stored. Pure. Paper and API use the same
// words; paper.ts does the layout.

import { measure, measureName } from '../../rules/policy/parameters.ts';
import { moneyInCapitals } from '../../values/capital-money.ts';
import type { Day, Month, Quarter } from '../../values/days.ts';
import { dayInWords, moneyInWords, monthInWords, monthsInWords } from '../../values/wording.ts';

export const noticeTitles = {
  correction: '补正材料一次性告知书',
  acceptance: '受理通知书',
  'non-acceptance': '不予受理告知书',
  transfer: '移送告知书',
  decision: '审核结果告知书',
  recovery: '追回告知书',
  'recovery-reversed': '撤销追回告知书',
  bar: '取消申请补贴资格告知书',
  'bar-lifted': '恢复申请补贴资格告知书',
  'payee-change': '收款信息更正告知书',
  'payment-failed': '补贴未能到账告知书',
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
}

export interface NoticeItem {
  readonly subject: string;
  readonly problem: string;
  readonly remedy: string;
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
  readonly items: readonly NoticeItem[];
  readonly evidence: readonly EvidenceMonth[];
}

function whomToAsk({ streetName, agencyName }: NoticeSubject): string {
  return `如有疑问，请向${streetName}窗口或${agencyName}咨询。`;
}

export function correctionContent(subject: NoticeSubject, items: readonly NoticeItem[]): NoticeContent {
  return {
    title: noticeTitles.correction,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）经核对，以下${items.length}项需要补正，现一次性告知。`,
      '请逐项补正后重新提交；补正期间办理时限暂停，补正后继续计算。本告知书之外的事项，除补正后新出现的情况外，不再另行要求。',
      whomToAsk(subject),
    ],
    items,
    evidence: [],
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
    title: noticeTitles.acceptance,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）材料齐备、符合要求，现予受理。`,
      `${due}审核结果将由${subject.streetName}窗口告知您，您也可以通过提交申请的渠道查询进度。`,
      whomToAsk(subject),
    ],
    items: [],
    evidence: [],
  };
}

export function nonAcceptanceContent(
  subject: NoticeSubject,
  evidence: readonly EvidenceMonth[],
): NoticeContent {
  return {
    title: noticeTitles['non-acceptance'],
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）经与登记数据比对，所申请的月份均不符合条件，不予受理。逐月原因见所附比对情况说明。`,
      ifWrong,
      whomToAsk(subject),
    ],
    items: [],
    evidence,
  };
}

const ifWrong = '如认为登记数据有误，请向登记机关申请更正；更正后或条件变化后，可以重新申请。';

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
    title: noticeTitles.transfer,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）原由${fromStreet}联系办理，经核对户籍，${handled}。事由：${reason}`,
      `您无需重新申请：受理编号、已交的材料和所申请的月份均保留，办理时限连续计算${due}。`,
      ...(toCorrect.length === 0 ? [] : ['此前告知的下列事项仍需补正，请补正后通过原渠道重新提交。']),
      whomToAsk({ ...subject, agencyName: toAgency, streetName: toStreet }),
    ],
    items: toCorrect,
    evidence: [],
  };
}

export interface DecisionResult {
  readonly approvedMonths: readonly Month[];
  /** Months with incomplete data: neither approved nor refused. */
  readonly undecidedMonths: readonly Month[];
  readonly amountFen: number;
}

export function decisionContent(
  subject: NoticeSubject,
  { approvedMonths, undecidedMonths, amountFen }: DecisionResult,
  evidence: readonly EvidenceMonth[],
): NoticeContent {
  const isApproved = approvedMonths.length > 0;
  const refusedMonths = subject.months.filter(
    (month) => !approvedMonths.includes(month) && !undecidedMonths.includes(month),
  );
  const refused =
    refusedMonths.length === 0 ? '' : `${monthsInWords(refusedMonths)}未通过，原因见所附比对情况说明。`;
  const undecided =
    undecidedMonths.length === 0
      ? ''
      : `${monthsInWords(undecidedMonths)}数据未到齐，本次未作决定，到齐后可再申请，尚待核实的事项见所附比对情况说明。`;
  const result = isApproved
    ? [
        `您的申请（${about(subject)}）审核通过${approvedMonths.length}个月（${monthsInWords(approvedMonths)}），补贴金额${moneyInWords(amountFen)}。${refused}${undecided}`,
        `经${subject.streetName}核对名单、资金到位后，补贴将发放至您的社会保障卡账户。`,
      ]
    : [
        `您的申请（${about(subject)}）经审核不符合条件，取消此次申请资格。逐月原因见所附比对情况说明。`,
        `此决定仅针对本次申请。${ifWrong}`,
      ];
  const paragraphs = [...result, whomToAsk(subject)];
  return { title: noticeTitles.decision, subject, paragraphs, items: [], evidence };
}

/** The grounds and consequences of a recovered month. */
export interface RecoveryResult {
  readonly amountFen: number;
  /** Whether it had been paid; otherwise nothing has to be repaid. */
  readonly wasPaid: boolean;
  /** Whether the person is also barred because the material was false. */
  readonly isBarring: boolean;
  /** The finding, in words. */
  readonly why: string;
  readonly heardOn: Day;
  readonly heardHow: 'in-person' | 'phone' | 'written';
}

const heardWays = { 'in-person': '当面', phone: '通过电话', written: '以书面方式' } as const;

/** @param subject `months` is the recovered month */
export function recoveryContent(
  subject: NoticeSubject,
  { amountFen, wasPaid, isBarring, why, heardOn, heardHow }: RecoveryResult,
  evidence: readonly EvidenceMonth[],
): NoticeContent {
  const month = subject.months.map(monthInWords).join('、');
  const sum = `${moneyInWords(amountFen)}（${moneyInCapitals(amountFen)}）`;
  return {
    title: noticeTitles.recovery,
    subject,
    paragraphs: [
      `您的申请（受理编号${subject.caseNumber}）已核定的${month}补贴${moneyInWords(amountFen)}，经核实应予追回。事由：${ended(why)}`,
      `我单位已于${dayInWords(heardOn)}${heardWays[heardHow]}听取您的说明。依据${measureName}（${measure}）和您签署的承诺书，现确认追回。`,
      wasPaid
        ? `请将${month}的补贴${sum}退回${subject.agencyName}，可分次退回；退回方式和收款账户请与其联系确认，请勿向个人账户转账。`
        : `${month}的补贴尚未发放，不再发放，您无需退回资金。`,
      isBarring
        ? '您因提供虚假材料被取消申请补贴资格，全部退还并经解除后，方可再次获得补贴；详见《取消申请补贴资格告知书》。'
        : `${wasPaid ? '全部退回后，' : ''}该月不再计入您已享受的月数；如该月符合条件，可以再申请一次。`,
      `如有异议，请向${subject.agencyName}书面说明；经核实追回有误的，予以撤销，已退回的资金如数退还。`,
      whomToAsk(subject),
    ],
    items: [],
    evidence,
  };
}

/** What was false, and how the person was heard. */
export interface BarResult {
  /** The reported findings, in words. */
  readonly grounds: readonly string[];
  readonly heardOn: Day;
  readonly heardHow: keyof typeof heardWays;
}

export function barContent(subject: NoticeSubject, { grounds, heardOn, heardHow }: BarResult): NoticeContent {
  return {
    title: noticeTitles.bar,
    subject,
    paragraphs: [
      `您的申请（受理编号${subject.caseNumber}）所提供的材料，经核实为虚假。事由：${ended(grounds.join('；'))}`,
      `我单位已于${dayInWords(heardOn)}${heardWays[heardHow]}听取您的说明。依据${measureName}（${measure}）和您签署的承诺书，现取消您申请补贴的资格。`,
      '凭该材料已发放的补贴须全部退还，各月金额和退还办法见《追回告知书》；没有该告知书的，无需退还。',
      `全部退还后，您可以向${subject.agencyName}申请恢复资格；恢复之前，您的申请不能审核通过。`,
      `如有异议，请向${subject.agencyName}书面说明；经核实有误的，予以恢复。`,
      whomToAsk(subject),
    ],
    items: [],
    evidence: [],
  };
}

/** @param reason the officer's, for the applicant */
export function barLiftedContent(subject: NoticeSubject, reason: string): NoticeContent {
  return {
    title: noticeTitles['bar-lifted'],
    subject,
    paragraphs: [
      `您申请补贴的资格（涉及受理编号${subject.caseNumber}）现予恢复。事由：${ended(reason)}`,
      '此前送达的《取消申请补贴资格告知书》不再有效。符合条件的月份，您可以通过原渠道重新申请；正在办理的申请继续审核。',
      whomToAsk(subject),
    ],
    items: [],
    evidence: [],
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
    title: noticeTitles['payee-change'],
    subject,
    paragraphs: [
      `您的申请（受理编号${subject.caseNumber}）的${changed}。尚未发放的补贴按更正后的信息发放。`,
      `如果不是您本人要求更正的，或者信息仍有错误，请立即告诉${subject.streetName}窗口或${subject.agencyName}。`,
    ],
    items: [],
    evidence: [],
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
    title: noticeTitles['payment-failed'],
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）的补贴${moneyInWords(amountFen)}${how}，原因：${ended(why)}`,
      `您享受补贴的资格不受影响。${step}`,
      whomToAsk(subject),
    ],
    items: [],
    evidence: [],
  };
}

/** What happens to a month whose recovery was wrong. */
export interface ReversalResult {
  readonly amountFen: number;
  /** Whether it had been paid before it was recovered. */
  readonly wasPaid: boolean;
  /** The officer's reason, for the applicant. */
  readonly reason: string;
  /** How repaid money was refunded; null if nothing had been repaid. */
  readonly refund: {
    readonly amountFen: number;
    readonly reference: string;
    readonly refundedOn: Day;
  } | null;
}

/** @param subject `months` is the month that was recovered */
export function reversalContent(
  subject: NoticeSubject,
  { amountFen, wasPaid, reason, refund }: ReversalResult,
): NoticeContent {
  const month = subject.months.map(monthInWords).join('、');
  const sum = (fen: number) => `${moneyInWords(fen)}（${moneyInCapitals(fen)}）`;
  const givenBack =
    refund === null
      ? ''
      : `您已退回的${sum(refund.amountFen)}已于${dayInWords(refund.refundedOn)}如数退还（凭证号${refund.reference}）。`;
  return {
    title: noticeTitles['recovery-reversed'],
    subject,
    paragraphs: [
      `对您的申请（受理编号${subject.caseNumber}）${month}补贴${moneyInWords(amountFen)}的追回，经核实有误，予以撤销。事由：${ended(reason)}`,
      wasPaid ? `${givenBack}您无需再退回该月补贴。` : '该月尚未发放的补贴将随后续批次发放。',
      '此前送达的该月追回告知书不再有效；该月重新计入您已享受的月数。',
      whomToAsk(subject),
    ],
    items: [],
    evidence: [],
  };
}

/** The officer's text with a full stop at its end. */
function ended(text: string): string {
  return /[。！？]$/u.test(text) ? text : `${text}。`;
}

function about({ caseNumber, months }: NoticeSubject): string {
  return `受理编号${caseNumber}，${monthsInWords(months)}`;
}
