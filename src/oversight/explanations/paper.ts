// Prints a month explanation: the API's answer laid out for an auditor's file, without wording of its own.

import { agentRelations } from '../../applications/agents/schemas.ts';
import { relationTitles } from '../../applications/application/heirs.ts';
import { states } from '../../applications/application/states.ts';
import { appealOutcomes, appealStates } from '../../decisions/appeals/states.ts';
import { lineTitles, releaseCauses } from '../../payments/lines/states.ts';
import { recoveryCauses, recoveryStates } from '../../payments/recoveries/states.ts';
import { officerInWords } from '../../platform/access/officers.ts';
import { minuteInWords } from '../../platform/documents/minutes.ts';
import { printSheet, type Sheet } from '../../platform/documents/sheet.ts';
import { sourceName } from '../../platform/reference/sources.ts';
import { catalogue, dataTitles, kindTitles } from '../../rules/policy/catalogue.ts';
import { measure, measureName } from '../../rules/policy/parameters.ts';
import { paymentFailureTitles } from '../../values/payment-failures.ts';
import {
  dayInWords,
  moneyInWords,
  monthInWords,
  monthsInWords,
  periodInWords,
} from '../../values/wording.ts';
import type { MonthExplanation } from './operations.ts';

type Case = MonthExplanation['cases'][number];
type Decided = Case['decisions'][number];
type Check = Decided['checks'][number];
type Recovery = Case['recoveries'][number];

/** @param printed the explanation, and the agencies' names by code */
export async function printMonthExplanation(printed: {
  readonly number: string;
  readonly sheet: MonthExplanation;
  readonly places: ReadonlyMap<string, string>;
}): Promise<Buffer> {
  const { number, sheet, places } = printed;
  const { identityNumber, month, madeAt, cases } = sheet;
  const head = { title: '补贴月份审核依据表', number, issuedAt: madeAt, verificationCode: null };
  return await printSheet(head, async (paper) => {
    paper.line(`身份证号：${identityNumber}　　补贴月份：${monthInWords(month)}`);
    paper.note(`条款指${measureName}（${measure}）的条款。`);
    for (const one of cases) await writeCase(paper, one, places);
    paper.space();
    paper.note(`本表由系统按留存的比对快照、决定和资金记录生成于${minuteInWords(madeAt)}，不重新作出判断。`);
  });
}

type Places = ReadonlyMap<string, string>;

async function writeCase(paper: Sheet, one: Case, places: Places): Promise<void> {
  paper.heading(`申请 ${one.caseNumber}`);
  const amount = one.amountFen === null ? '' : `，${moneyInWords(one.amountFen)}`;
  const rows = [
    ['申请人', one.applicant.name],
    ['申请状态', states[one.caseState].title],
    ['该月状态', `${monthStates[one.state]}${amount}`],
    ['经办机构', one.agencyName],
    ['户籍街道（乡镇）', one.streetName],
    ['提交、受理、办结', [one.submittedAt, one.acceptedAt, one.closedAt].map(instantOrDash).join('；')],
    ...(one.agent === null
      ? []
      : [
          [
            '代办人',
            `${one.agent.name}（${agentRelations[one.agent.relation]}），${one.agent.identityNumber}`,
          ],
        ]),
    ...one.parts.map(({ part, officer, agencyCode, actedAt }) => [
      `${parts[part]}签字`,
      `${officerInWords(officer)}，${placeOf(agencyCode, places)}，${minuteInWords(actedAt)}`,
    ]),
  ];
  await paper.table(['事项', '内容'], rows, [104, '*']);
  if (one.decisions.length === 0) paper.line('本案尚未作出决定。');
  for (const decision of one.decisions) await writeDecision(paper, decision, places);
  await writePayments(paper, one.payments);
  await writeRecoveries(paper, one.recoveries);
  await writeAppeals(paper, one.appeals);
}

async function writeDecision(paper: Sheet, decision: Decided, places: Places): Promise<void> {
  const { qualityReview, undone } = decision;
  paper.heading(`${outcomes[decision.outcome]}（${minuteInWords(decision.decidedAt)}）`);
  const rows = [
    ['该月结论', decision.explanation],
    [
      '签字',
      `${officerInWords(decision.officer)}，${placeOf(decision.agencyCode, places)}，${parts[decision.role]}`,
    ],
    ['比对', `${minuteInWords(decision.comparedAt)}，${officerInWords(decision.comparedBy)}`],
    ['政策版本', decision.policyVersion],
    ['快照摘要', decision.snapshotSha256],
    ['享受期限', decision.term],
  ];
  if (qualityReview !== null) rows.push(['复核', qualityReviewInWords(qualityReview)]);
  if (undone !== null) {
    rows.push(['撤销', `${minuteInWords(undone.at)}，${officerInWords(undone.by)}：${undone.reason}`]);
  }
  await paper.table(['事项', '内容'], rows, [104, '*']);
  for (const [group, title] of groups) {
    const checks = decision.checks.filter((check) => check.group === group);
    const lines = checks.map((check) => [
      check.article,
      check.title,
      answers[group][check.answer],
      check.explanation,
      restsOn(check),
    ]);
    await paper.table(['条款', title, '结果', '说明', '依据（记录、来源、取得时间）'], lines, [
      62,
      70,
      40,
      122,
      '*',
    ]);
  }
}

async function writePayments(paper: Sheet, payments: Case['payments']): Promise<void> {
  if (payments.length === 0) return;
  paper.heading('资金与发放');
  const rows = payments.map((payment) => [
    `${payment.disbursementNumber}\n明细${payment.lineId}`,
    payment.requestedAt === null || payment.requestedBy === null
      ? '尚未申请资金'
      : `${minuteInWords(payment.requestedAt)}，${officerInWords(payment.requestedBy)}，申请${money(payment.requestedFen)}，到账${money(payment.receivedFen)}`,
    payment.batchNumber === null || payment.sentBy === null
      ? '—'
      : `${payment.batchNumber}，${instantOrDash(payment.sentAt)}，${officerInWords(payment.sentBy)}`,
    `${moneyInWords(payment.amountFen)}，${paymentInWords(payment)}`,
  ]);
  await paper.table(['发放批次和明细', '资金申请', '发放文件', '该月金额与结果'], rows, [128, 118, 112, '*']);
}

function paymentInWords(payment: Case['payments'][number]): string {
  const why = [
    payment.failure === null ? null : paymentFailureTitles[payment.failure],
    payment.releaseCause === null ? payment.holdReason : releaseCauses[payment.releaseCause],
    payment.returnedOn === null
      ? null
      : `${dayInWords(payment.returnedOn)}退票：${payment.returnReason ?? ''}`,
    payment.replacesLineId === null ? null : `代替明细${payment.replacesLineId}`,
    payment.heirRelation === null
      ? null
      : `申请人去世，由领取人（${relationTitles[payment.heirRelation]}，${payment.heirIdentityNumber}）领取`,
  ].filter((words) => words !== null);
  return [lineTitles[payment.state], ...why].join('；');
}

async function writeRecoveries(paper: Sheet, recoveries: Case['recoveries']): Promise<void> {
  if (recoveries.length === 0) return;
  paper.heading('追回');
  const rows = recoveries.map((recovery) => [
    recoveryStates[recovery.state].title,
    [recoveryCauses[recovery.cause].title, recovery.grounds, ...recovery.findings.map(contradictionInWords)]
      .filter((words) => words !== null)
      .join('；'),
    [
      `应追回${moneyInWords(recovery.amountFen)}，已退${moneyInWords(recovery.repaidFen)}`,
      ...(recovery.refundedFen > 0 ? [`退还本人${moneyInWords(recovery.refundedFen)}`] : []),
    ].join('，'),
    [
      `${minuteInWords(recovery.openedAt)}发现`,
      recovery.heardOn === null ? null : `${dayInWords(recovery.heardOn)}听取说明`,
      recovery.closedAt === null ? null : `${minuteInWords(recovery.closedAt)}结案`,
      recovery.reason,
    ]
      .filter((words) => words !== null)
      .join('；'),
  ]);
  await paper.table(['状态', '事由', '金额', '经过'], rows, [62, 148, 96, '*']);
}

async function writeAppeals(paper: Sheet, appeals: Case['appeals']): Promise<void> {
  if (appeals.length === 0) return;
  paper.heading('行政复议、信访、申诉');
  const rows = appeals.map(({ title, recoveryId, state, outcome, receivedOn, timeLimit, reason }) => [
    title,
    recoveryId === null ? '决定' : '追回',
    outcome === null ? appealStates[state] : appealOutcomes[outcome],
    [
      `${dayInWords(receivedOn)}受理`,
      timeLimit === null ? null : `期限至${dayInWords(timeLimit.dueOn)}`,
      reason,
    ]
      .filter((words) => words !== null)
      .join('；'),
  ]);
  await paper.table(['种类', '针对', '结果', '经过'], rows, [110, 48, 148, '*']);
}

function contradictionInWords({ check, title, article }: Recovery['findings'][number]): string {
  const isUnmet = catalogue[check].group === 'prerequisite';
  return `${isUnmet ? '未满足' : '存在不予补贴情形'}：${title}（${article}）`;
}

/** What the answer rests on: records, or a register that vouches for completeness and has none. */
function restsOn({ answer, records, registers }: Check): string {
  const words = [
    ...records.map((record) => {
      const { kind, source, version, learntAt } = record;
      return `${kindTitles[kind]}：${heldInWords(record)}；${sourceName(source)}第${version}版，${minuteInWords(learntAt)}取得。`;
    }),
    ...registers.map(
      ({ kind, source, throughMonth, learntAt }) =>
        `${dataTitles[kind]}：数据已更新到${monthInWords(throughMonth)}，没有记录；${sourceName(source)}，${minuteInWords(learntAt)}取得。`,
    ),
  ];
  if (words.length > 0) return words.join('\n');
  return answer === 'unknown' ? '尚无数据。' : '按年龄或本服务的台账判定。';
}

function heldInWords({ from, to, months }: Check['records'][number]): string {
  if (months !== undefined) return `共${months.length}个月（${monthsInWords(months)}）`;
  if (to === null) return `${dayInWords(from)}起`;
  return from === to ? dayInWords(from) : periodInWords(from, to);
}

function placeOf(agencyCode: string, places: Places): string {
  return places.get(agencyCode) ?? agencyCode;
}

function qualityReviewInWords({
  state,
  reviewedBy,
  reviewedAt,
}: NonNullable<Decided['qualityReview']>): string {
  if (reviewedBy === null || reviewedAt === null) return reviewStates[state];
  return `${reviewStates[state]}，${officerInWords(reviewedBy)}，${minuteInWords(reviewedAt)}`;
}

function money(amountFen: number | null): string {
  return amountFen === null ? '—' : moneyInWords(amountFen);
}

function instantOrDash(instant: string | null): string {
  return instant === null ? '—' : minuteInWords(instant);
}

const groups = [
  ['prerequisite', '享受条件'],
  ['exclusion', '不予补贴情形'],
] as const;

const outcomes = { approved: '审核通过', refused: '审核不通过', 'not-accepted': '不予受理' } as const;
const answers = {
  prerequisite: { clear: '满足', hit: '未满足', unknown: '待核实' },
  exclusion: { clear: '不存在', hit: '存在', unknown: '待核实' },
} as const;
const parts = { handler: '经办', reviewer: '审核', 'second-reviewer': '复核', payer: '发放' } as const;
const monthStates = {
  claimed: '审核中',
  live: '已核定',
  refused: '未通过',
  released: '未作决定，可再申请',
  recovered: '已追回',
} as const;
const reviewStates = {
  'not-drawn': '未被抽中',
  waiting: '被抽中，待复核',
  confirmed: '已确认',
  'sent-back': '已退回',
  lapsed: '决定已另行撤销',
} as const;
