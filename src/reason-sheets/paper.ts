// The reason sheet of a month on paper: what the API answers, laid out for an auditor's file. Decides no word of it.

import { states } from '../applications/states.ts';
import type { LineState, PaymentFailure } from '../disbursements/states.ts';
import { releaseCauses } from '../disbursements/states.ts';
import { printSheet, type Sheet } from '../papers/sheet.ts';
import { recoveryCauses, recoveryStates } from '../recoveries/states.ts';
import { kindTitles } from '../rules/catalogue.ts';
import { dayInWords, moneyInWords, monthInWords } from '../rules/wording.ts';
import type { ReasonSheet } from './operations.ts';

type Case = ReasonSheet['cases'][number];
type Decided = Case['decisions'][number];
type Check = Decided['checks'][number];

export async function printReasonSheet(number: string, sheet: ReasonSheet): Promise<Buffer> {
  const { identityNumber, month, madeAt, cases } = sheet;
  const head = { title: '补贴月份审核依据表', number, issuedAt: madeAt, verificationCode: null };
  return await printSheet(head, async (paper) => {
    paper.line(`身份证号：${identityNumber}　　补贴月份：${monthInWords(month)}`);
    for (const one of cases) await writeCase(paper, one);
    paper.space();
    paper.note(`本表由系统按留存的比对快照、决定和资金记录生成于${instantInWords(madeAt)}，不重新作出判断。`);
  });
}

async function writeCase(paper: Sheet, one: Case): Promise<void> {
  paper.heading(`申请 ${one.caseNumber}`);
  const amount = one.amountFen === null ? '' : `，${moneyInWords(one.amountFen)}`;
  const rows = [
    ['申请状态', states[one.caseState].title],
    ['该月状态', `${monthStates[one.state]}${amount}`],
    ['经办机构', `${one.agencyName}（${one.agencyCode}）`],
    ['户籍街道（乡镇）', `${one.streetName}（${one.streetCode}）`],
    ['提交、受理、办结', [one.submittedAt, one.acceptedAt, one.closedAt].map(instantOrDash).join('；')],
    ...one.parts.map(({ part, officer, agencyCode, actedAt }) => [
      `${parts[part]}签字`,
      `${signatory(officer)}，${agencyCode}，${instantInWords(actedAt)}`,
    ]),
  ];
  await paper.table(['事项', '内容'], rows, [104, '*']);
  if (one.decisions.length === 0) paper.line('本案尚未作出决定。');
  for (const decision of one.decisions) await writeDecision(paper, decision);
  await writePayments(paper, one.payments);
  await writeRecoveries(paper, one.recoveries);
}

async function writeDecision(paper: Sheet, decision: Decided): Promise<void> {
  const { secondLook, undone } = decision;
  paper.heading(`${outcomes[decision.outcome]}（${instantInWords(decision.decidedAt)}）`);
  const rows = [
    ['该月结论', decision.explanation],
    ['签字', `${signatory(decision.officer)}，${decision.agencyCode}，${parts[decision.role]}`],
    ['比对', `${instantInWords(decision.comparedAt)}，${signatory(decision.comparedBy)}`],
    ['政策版本', decision.policyVersion],
    ['快照摘要', decision.snapshotSha256],
    ['享受期限', decision.term],
  ];
  if (secondLook !== null) rows.push(['复核', secondLookInWords(secondLook)]);
  if (undone !== null) {
    rows.push(['撤销', `${instantInWords(undone.at)}，${signatory(undone.by)}：${undone.reason}`]);
  }
  await paper.table(['事项', '内容'], rows, [104, '*']);
  for (const [group, title] of groups) {
    const checks = decision.checks.filter((check) => check.group === group);
    const lines = checks.map((check) => [
      check.article,
      check.title,
      answers[check.answer],
      check.explanation,
      restsOn(check),
    ]);
    await paper.table(['条款', title, '结果', '说明', '依据（记录、来源、获知时间）'], lines, [
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
      : `${instantInWords(payment.requestedAt)}，${signatory(payment.requestedBy)}，申请${money(payment.requestedFen)}，到账${money(payment.receivedFen)}`,
    payment.batchNumber === null
      ? '—'
      : `${payment.batchNumber}，${instantOrDash(payment.sentAt)}，${signatory(payment.sentBy ?? '')}`,
    `${moneyInWords(payment.amountFen)}，${paymentInWords(payment)}`,
  ]);
  await paper.table(['发放批次与明细', '资金申请', '发放文件', '该月金额与结果'], rows, [128, 118, 112, '*']);
}

function paymentInWords(payment: Case['payments'][number]): string {
  const why = [
    payment.failure === null ? null : failures[payment.failure],
    payment.releaseCause === null ? payment.holdReason : releaseCauses[payment.releaseCause],
    payment.returnedOn === null
      ? null
      : `${dayInWords(payment.returnedOn)}退票：${payment.returnReason ?? ''}`,
    payment.replacesLineId === null ? null : `替代明细${payment.replacesLineId}`,
  ].filter((words) => words !== null);
  return [lines[payment.state], ...why].join('；');
}

async function writeRecoveries(paper: Sheet, recoveries: Case['recoveries']): Promise<void> {
  if (recoveries.length === 0) return;
  paper.heading('追回');
  const rows = recoveries.map((recovery) => [
    recoveryStates[recovery.state].title,
    [
      recoveryCauses[recovery.cause].title,
      recovery.grounds,
      ...recovery.findings.map(({ article, title }) => `${article} ${title}`),
    ]
      .filter((words) => words !== null)
      .join('；'),
    [
      `应追回${moneyInWords(recovery.amountFen)}，已退${moneyInWords(recovery.repaidFen)}`,
      ...(recovery.refundedFen > 0 ? [`退还本人${moneyInWords(recovery.refundedFen)}`] : []),
    ].join('，'),
    [
      `${instantInWords(recovery.openedAt)}发现`,
      recovery.heardOn === null ? null : `${dayInWords(recovery.heardOn)}听取说明`,
      recovery.closedAt === null ? null : `${instantInWords(recovery.closedAt)}结案`,
      recovery.reason,
    ]
      .filter((words) => words !== null)
      .join('；'),
  ]);
  await paper.table(['状态', '事由', '金额', '经过'], rows, [62, 148, 96, '*']);
}

/** What the answer rests on: records, or the promise of a register that has none. */
function restsOn({ answer, records, registers }: Check): string {
  const words = [
    ...records.map(({ kind, from, to, source, version, learntAt }) => {
      const days = to === null ? `${dayInWords(from)}起` : `${dayInWords(from)}至${dayInWords(to)}`;
      return `${kindTitles[kind]}：${days}；来源${source}第${version}版；获知于${instantInWords(learntAt)}。`;
    }),
    ...registers.map(
      ({ kind, source, throughMonth, learntAt }) =>
        `${kindTitles[kind]}：已报送至${monthInWords(throughMonth)}，无相应记录；来源${source}；获知于${instantInWords(learntAt)}。`,
    ),
  ];
  if (words.length > 0) return words.join('\n');
  return answer === 'unknown' ? '尚无数据。' : '按年龄或本服务的台账判定。';
}

function secondLookInWords({ state, lookedBy, lookedAt }: NonNullable<Decided['secondLook']>): string {
  if (lookedBy === null || lookedAt === null) return looks[state];
  return `${looks[state]}，${signatory(lookedBy)}，${instantInWords(lookedAt)}`;
}

/** Without the issuer of the token, which on paper says nothing to the reader; the API answers the whole name. */
function signatory(officer: string): string {
  return officer.slice(officer.lastIndexOf('|') + 1);
}

function money(amountFen: number | null): string {
  return amountFen === null ? '—' : moneyInWords(amountFen);
}

function instantOrDash(instant: string | null): string {
  return instant === null ? '—' : instantInWords(instant);
}

/** `2025年7月5日10:00`, as the clock stood in Jingdezhen. */
function instantInWords(instant: string): string {
  const local = Temporal.Instant.from(instant).toZonedDateTimeISO('Asia/Shanghai');
  return `${dayInWords(local.toPlainDate().toString())}${local.toPlainTime().toString().slice(0, 5)}`;
}

const groups = [
  ['prerequisite', '享受条件'],
  ['exclusion', '排除情形'],
] as const;

const outcomes = { approved: '审核通过', refused: '审核不通过', 'not-accepted': '不予受理' } as const;
const answers = { clear: '通过', hit: '不符合', unknown: '未知' } as const;
const parts = { handler: '经办', reviewer: '审核', 'second-reviewer': '复核', payer: '发放' } as const;
const monthStates = {
  claimed: '审核中',
  live: '已核定',
  refused: '未通过',
  released: '放开，可另行申请',
  recovered: '已追回',
} as const;
const looks = {
  'not-drawn': '未被抽中',
  waiting: '被抽中，待复核',
  confirmed: '已确认',
  'sent-back': '已退回',
  lapsed: '决定已另行撤销',
} as const;
const lines: Readonly<Record<LineState, string>> = {
  waiting: '待发放',
  held: '街道（乡镇）扣留',
  released: '已移出本批次',
  'in-payment': '已送银行',
  paid: '已发放',
  failed: '发放失败',
  unknown: '结果不明',
  returned: '已退票',
};
const failures: Readonly<Record<PaymentFailure, string>> = {
  'name-mismatch': '户名不符',
  'no-account': '账户不存在',
  'account-closed': '账户已销户',
  'account-abnormal': '账户状态异常',
  'not-activated': '社会保障卡金融账户未激活',
  'amount-invalid': '金额有误',
  duplicate: '重复发放',
  other: '其他原因',
};
