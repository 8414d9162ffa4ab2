// The notices of acts that can be appealed against: what was found, by which article of the measure, what was decided of
// each month, which earlier notice is void, and to whom to appeal within which time. Pure.

import type { AgencyOnPaper } from '../../platform/reference/agencies.ts';
import { measure, measureName } from '../../rules/policy/parameters.ts';
import { moneyInCapitals } from '../../values/capital-money.ts';
import type { Day, Month } from '../../values/days.ts';
import { dayInWords, moneyInWords, monthInWords, monthsInWords } from '../../values/wording.ts';
import {
  about,
  type EvidenceMonth,
  ended,
  type MonthDecision,
  type NoticeContent,
  type NoticeKind,
  type NoticeSubject,
  nothingElse,
  noticeTitles,
  whomToAsk,
} from './content.ts';

const basis = `依据${measureName}（${measure}）`;
const ifWrong = '如认为登记数据有误，请向登记机关申请更正；更正后或条件变化后，可以重新申请。';

/** A notice that another one refers to. */
export interface EarlierNotice {
  readonly kind: NoticeKind;
  readonly number: string;
  readonly issuedOn: Day;
}

function cited({ kind, number, issuedOn }: EarlierNotice): string {
  return `${dayInWords(issuedOn)}的《${noticeTitles[kind]}》（编号${number}）`;
}

function remedyInWords({ review, court }: AgencyOnPaper): string {
  const hearing = court.name ?? '有管辖权的人民法院';
  const which = court.name === undefined ? '管辖法院见人民法院和本机关的公告' : contactInWords(court);
  return (
    `如不服本决定，可以自收到本告知书之日起${review.withinDays}日内向${review.name}申请行政复议` +
    `（${review.law}；${contactInWords(review)}），` +
    `也可以自收到本告知书之日起${court.withinMonths}个月内依法向${hearing}提起行政诉讼（${court.law}；${which}）。`
  );
}

function contactInWords({ address, telephone }: AgencyOnPaper['review'] | AgencyOnPaper['court']): string {
  if (address === undefined && telephone === undefined) return '地址和电话见该机关公告';
  return [
    ...(address === undefined ? [] : [`地址：${address}`]),
    ...(telephone === undefined ? [] : [`电话：${telephone}`]),
  ].join('，');
}

export function nonAcceptanceContent(
  subject: NoticeSubject,
  months: readonly MonthDecision[],
  evidence: readonly EvidenceMonth[],
  agency: AgencyOnPaper,
): NoticeContent {
  return {
    ...nothingElse,
    title: noticeTitles['non-acceptance'],
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）经与登记数据比对，所申请的月份均不符合条件。` +
        `${basis}第五条第（三）项和下表所列条款，不予受理。所依据的登记记录见所附比对情况说明。`,
    ],
    months,
    closing: [ifWrong, remedyInWords(agency), whomToAsk(subject)],
    evidence,
  };
}

/** A decision after another one was undone. */
export interface Replaced {
  readonly decision: EarlierNotice;
  readonly undone: EarlierNotice;
}

export interface Decided {
  readonly agency: AgencyOnPaper;
  readonly replaced: Replaced | null;
  /** Number of the acceptance notice of the same day, which this one tells too. */
  readonly acceptance?: string | null;
}

export function decisionContent(
  subject: NoticeSubject,
  months: readonly MonthDecision[],
  evidence: readonly EvidenceMonth[],
  { agency, replaced, acceptance = null }: Decided,
): NoticeContent {
  const monthsOf = (decision: MonthDecision['decision']) =>
    months.filter((one) => one.decision === decision).map(({ month }) => month);
  const [granted, refused, undecided] = [monthsOf('granted'), monthsOf('refused'), monthsOf('undecided')];
  const amountFen = months.reduce((sum, month) => sum + (month.amountFen ?? 0), 0);
  const isWhole = granted.length === months.length;
  const records = isWhole ? '' : '所依据的登记记录见所附比对情况说明。';
  const outcome =
    granted.length === 0
      ? `经审核不符合条件。${basis}第五条第（四）项和下表所列条款，取消此次申请资格。${records}`
      : `审核通过${granted.length}个月（${monthsInWords(granted)}），` +
        `补贴金额${moneyInWords(amountFen)}（${moneyInCapitals(amountFen)}）。` +
        (refused.length === 0 ? '' : `${monthsInWords(refused)}未通过，原因见下表。`) +
        (undecided.length === 0
          ? ''
          : `${monthsInWords(undecided)}数据未到齐，本次未作决定，到齐后可再申请，尚待核实的事项见下表。`) +
        `${basis}第二条、第五条第（四）项和下表所列条款决定。${records}`;
  return {
    ...nothingElse,
    title: noticeTitles.decision,
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）${outcome}`,
      ...(acceptance === null
        ? []
        : [`您的申请已于同日受理，《受理通知书》（${acceptance}）由本告知书一并告知。`]),
      ...(replaced === null
        ? []
        : [
            `本告知书是重新审核的结果。${cited(replaced.decision)}已由` +
              `${cited(replaced.undone)}撤销，不再有效，以本告知书为准。`,
          ]),
    ],
    months,
    closing: [
      ...(granted.length === 0
        ? [`此决定仅针对本次申请。${ifWrong}`]
        : [
            `经${subject.streetName}核对名单、资金到位后，补贴将发放至您的社会保障卡账户。${isWhole ? '' : ifWrong}`,
          ]),
      remedyInWords(agency),
      whomToAsk(subject),
    ],
    evidence,
  };
}

/** Why a decision was undone, and when a new one is due. */
export interface UndoneResult {
  readonly decision: EarlierNotice;
  readonly reason: string;
  readonly dueOn: Day | null;
}

export function decisionUndoneContent(
  subject: NoticeSubject,
  months: readonly MonthDecision[],
  { decision, reason, dueOn }: UndoneResult,
  agency: AgencyOnPaper,
): NoticeContent {
  const due = dueOn === null ? '的' : `预计于${dayInWords(dueOn)}前完成，`;
  return {
    ...nothingElse,
    title: noticeTitles['decision-undone'],
    subject,
    paragraphs: [
      `您的申请（${about(subject)}）已经作出的审核决定，经复核需要更正。事由：${ended(reason)}` +
        `${basis}第五条第（四）项，撤销该决定，重新审核。`,
      `${cited(decision)}自本告知书作出之日起不再有效。`,
    ],
    months,
    closing: [
      `您无需重新申请：受理编号、已交的材料和所申请的月份均保留。重新审核${due}结果另行告知；` +
        '在此之前，原决定通过的补贴暂不发放。',
      remedyInWords(agency),
      whomToAsk(subject),
    ],
  };
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
  agency: AgencyOnPaper,
): NoticeContent {
  const month = subject.months.map(monthInWords).join('、');
  const articles = new Set(evidence.flatMap(({ checks }) => checks.map(({ article }) => article)));
  return {
    ...nothingElse,
    title: noticeTitles.recovery,
    subject,
    paragraphs: [
      `您的申请（受理编号${subject.caseNumber}）已核定的${month}补贴${moneyInWords(amountFen)}，经核实应予追回。事由：${ended(why)}`,
      `我单位已于${dayInWords(heardOn)}${heardWays[heardHow]}听取您的说明。` +
        `${basis}${[...articles].join('、')}和您签署的承诺书${isBarring ? '第2项' : ''}，决定追回。`,
    ],
    months: subject.months.map((recovered) => ({
      month: recovered,
      decision: 'recovered' as const,
      amountFen,
      reason: reasonOf(recovered, evidence) ?? ended(why),
    })),
    fillIn: wasPaid && agency.repayment.account === undefined ? ['收款户名', '收款账号', '开户银行'] : [],
    closing: [
      ...(wasPaid
        ? repaymentInWords(subject, month, amountFen, agency)
        : [`${month}的补贴尚未发放，不再发放，您无需退回资金。`]),
      isBarring
        ? '您因提供虚假材料被取消申请补贴资格，全部退还并经解除后，方可再次获得补贴；详见《取消申请补贴资格告知书》。'
        : `${wasPaid ? '全部退回后，' : ''}该月不再计入您已享受的月数；如该月符合条件，可以再申请一次。`,
      `如有异议，请向${subject.agencyName}书面说明；经核实追回有误的，予以撤销，已退回的资金如数退还。`,
      remedyInWords(agency),
      whomToAsk(subject),
    ],
    evidence,
  };
}

/** How much to give back, where, by when, and what follows if it is not given back. */
function repaymentInWords(
  { agencyName }: NoticeSubject,
  month: string,
  amountFen: number,
  { repayment: { withinDays, account, enforcement } }: AgencyOnPaper,
): string[] {
  const where =
    account === undefined
      ? '退回上列账户（由经办机构填写，盖章后有效）'
      : `退回下列账户：户名${account.holder}，开户银行${account.bank}，账号${account.number}`;
  return [
    `请自收到本告知书之日起${withinDays}日内，将${month}的补贴${moneyInWords(amountFen)}（${moneyInCapitals(amountFen)}）` +
      `${where}。可以分次退回，退回时请注明受理编号；请勿向个人账户转账，账户有疑问的请先向${agencyName}核实。`,
    '逾期没有全部退回的，该月仍计入您已享受的月数，也不能再次申请；经您书面同意，可以用您待发放的月份抵扣。' +
      `在法定期限内不申请行政复议、不提起行政诉讼又不退回的，可以依法申请人民法院强制执行（${enforcement}）。`,
  ];
}

/** The findings against a month, each with its article. */
export function reasonOf(month: Month, evidence: readonly EvidenceMonth[]): string | null {
  const checks = evidence.find((one) => one.month === month)?.checks ?? [];
  if (checks.length === 0) return null;
  return checks.map(({ explanation, article }) => `${explanation}（${article}）`).join('\n');
}

/** What was false, and how the person was heard. */
export interface BarResult {
  /** The reported findings, in words. */
  readonly grounds: readonly string[];
  readonly heardOn: Day;
  readonly heardHow: keyof typeof heardWays;
}

export function barContent(
  subject: NoticeSubject,
  { grounds, heardOn, heardHow }: BarResult,
  agency: AgencyOnPaper,
): NoticeContent {
  return {
    ...nothingElse,
    title: noticeTitles.bar,
    subject,
    paragraphs: [
      `您的申请（受理编号${subject.caseNumber}）所提供的材料，经核实为虚假。事由：${ended(grounds.join('；'))}`,
      `我单位已于${dayInWords(heardOn)}${heardWays[heardHow]}听取您的说明。` +
        `${basis}所附、您已签署的承诺书第2项，现取消您申请补贴的资格。`,
      '凭该材料已发放的补贴须全部退还，各月金额和退还办法见《追回告知书》；没有该告知书的，无需退还。',
      `全部退还后，您可以向${subject.agencyName}申请恢复资格；恢复之前，您的申请不能审核通过。`,
    ],
    closing: [
      `如有异议，请向${subject.agencyName}书面说明；经核实有误的，予以恢复。`,
      remedyInWords(agency),
      whomToAsk(subject),
    ],
  };
}

/** @param reason the officer's, for the applicant */
export function barLiftedContent(
  subject: NoticeSubject,
  { bar, reason }: { readonly bar: EarlierNotice; readonly reason: string },
  agency: AgencyOnPaper,
): NoticeContent {
  return {
    ...nothingElse,
    title: noticeTitles['bar-lifted'],
    subject,
    paragraphs: [
      `${basis}所附、您已签署的承诺书第2项被取消的申请补贴资格（涉及受理编号${subject.caseNumber}），现予恢复。事由：${ended(reason)}`,
      `${cited(bar)}自本告知书作出之日起不再有效。符合条件的月份，您可以通过原渠道重新申请；正在办理的申请继续审核。`,
    ],
    closing: [remedyInWords(agency), whomToAsk(subject)],
  };
}

/** What happens to a month whose recovery was wrong. */
export interface ReversalResult {
  readonly recovery: EarlierNotice;
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
  { recovery, amountFen, wasPaid, reason, refund }: ReversalResult,
  agency: AgencyOnPaper,
): NoticeContent {
  const month = subject.months.map(monthInWords).join('、');
  const sum = (fen: number) => `${moneyInWords(fen)}（${moneyInCapitals(fen)}）`;
  const givenBack =
    refund === null
      ? ''
      : `您已退回的${sum(refund.amountFen)}已于${dayInWords(refund.refundedOn)}如数退还（凭证号${refund.reference}）。`;
  return {
    ...nothingElse,
    title: noticeTitles['recovery-reversed'],
    subject,
    paragraphs: [
      `对您的申请（受理编号${subject.caseNumber}）${month}补贴${moneyInWords(amountFen)}的追回，经核实有误，予以撤销。事由：${ended(reason)}` +
        `${basis}第二条、第五条第（四）项，该月的补贴恢复有效。`,
      `${cited(recovery)}自本告知书作出之日起不再有效；该月重新计入您已享受的月数。`,
      wasPaid ? `${givenBack}您无需再退回该月补贴。` : '该月尚未发放的补贴将随后续批次发放。',
    ],
    months: subject.months.map((recovered) => ({
      month: recovered,
      decision: 'recovery-reversed' as const,
      amountFen,
      reason: ended(reason),
    })),
    closing: [remedyInWords(agency), whomToAsk(subject)],
  };
}
