// The final report of the demo: everybody's outcome and payment, each agency's reconciliation, and whether
// everything matches.

import { setTimeout as delay } from 'node:timers/promises';
import type { Static } from 'typebox';
import type { Reconciliation } from '../../src/payments/reconciliation/schemas.ts';
import { sandboxClockPath } from '../../src/sandbox/clock.ts';
import type { City } from './city.ts';
import { type Client, DemoError } from './client.ts';
import type { Payment } from './money.ts';
import { type DecidedCase, type Play, sum, yuan } from './play.ts';

/** The figures that the demo's city states, in fen. */
type Figures = Record<keyof typeof figureTitles, number>;
type Answer = Static<typeof Reconciliation>;
type Chain = { readonly figures: Figures; readonly balanced: boolean };

const askEveryMs = 2_000;
/** Three minutes. */
const mostAsked = 90;

/** The last line of output. */
export interface Totals {
  readonly people: number;
  readonly applications: number;
  readonly monthsPayable: number;
  readonly monthsExcluded: number;
  readonly amountFen: number;
  readonly paidFen: number;
  readonly failedFen: number;
  readonly recoveredFen: number;
  readonly balanced: boolean;
}

export async function readChains(client: Client, { agencies }: City): Promise<Map<string, Chain>> {
  const chains = new Map<string, Chain>();
  for (const [agency, { figures, balanced }] of await readReconciliations(client, agencies)) {
    const names = Object.keys(figureTitles) as (keyof Figures)[]; // the keys of its own type
    const amounts = names.map((name) => [name, figures[name]?.amountFen ?? 0] as const);
    chains.set(agency, { figures: Object.fromEntries(amounts) as Figures, balanced }); // the same keys
  }
  return chains;
}

/**
 * Each agency's reconciliation with everything that has happened. A busy service answers with its last count of all money,
 * and looks every minute whether something has changed.
 */
export async function readReconciliations(
  client: Client,
  agencies: readonly string[],
): Promise<Map<string, Answer>> {
  const { now } = await client.get<{ now: string }>('auditor', sandboxClockPath);
  const answers = new Map<string, Answer>();
  for (const agency of agencies) answers.set(agency, await readReconciliation(client, agency, now));
  return answers;
}

async function readReconciliation(client: Client, agency: string, since: string): Promise<Answer> {
  for (let asked = 1; ; asked += 1) {
    const answer = await client.get<Answer>('auditor', `/v1/reconciliation?agencyCode=${agency}`);
    if (Temporal.Instant.compare(answer.asOf, since) >= 0) return answer;
    if (asked === mostAsked)
      throw new DemoError(`${agency} 的资金对账三分钟没有更新 · not counted again in three minutes`);
    await delay(askEveryMs);
  }
}

export function showPeople(
  { tell }: Play,
  cases: readonly DecidedCase[],
  payments: readonly Payment[],
): void {
  const rows = cases.map(({ resident, application, decision }) => {
    // Two cases of one person are paid in one line, under the newer one's number.
    const payment = decision.amountFen === 0 ? undefined : payments.find((one) => one.resident === resident);
    return [
      application.applicant.name,
      application.applicant.identityNumber,
      resident.street.name,
      monthsOf(decision),
      yuan(decision.amountFen),
      paymentOf(payment),
    ];
  });
  table(tell, ['姓名', '身份号码', '街道（乡镇）', '月份 · 结论和理由', '金额（元）', '发放'], rows);
}

function monthsOf({ assessment }: DecidedCase['decision']): string {
  const words: Readonly<Record<string, string>> = {
    payable: '可发放',
    undetermined: '尚不能确定',
    'already-granted': '已享受',
    'still-owed': '追回尚未还清',
    'claimed-elsewhere': '已在办理中的申请里',
    'outside-policy': '不在政策期内',
  };
  const said = assessment.months.map(({ month, outcome, checks }) => {
    const reasons = checks.filter(({ answer }) => answer === 'hit').map(({ title }) => title);
    return [
      month.slice(5),
      outcome === 'excluded' ? `✗ ${reasons.join('、')}` : (words[outcome] ?? outcome),
    ] as const;
  });
  // Months with the same result are joined.
  const together = Map.groupBy(said, ([, words]) => words);
  return [...together]
    .map(([words, months]) => `${months.map(([month]) => month).join('/')} ${words}`)
    .join('；');
}

function paymentOf(payment: Payment | undefined): string {
  if (payment === undefined) return '—';
  if (payment.state === 'paid') return `已发放 ${yuan(payment.line.amountFen)}`;
  return payment.state === 'held' ? '暂缓' : `失败 ${payment.reason}`;
}

const figureTitles = {
  approved: '核定',
  paid: '已发放',
  inPayment: '发放中',
  waiting: '待发放',
  recoveredBeforePayment: '发放前追回',
  received: '到账',
  unspent: '结余',
  recoverable: '应退',
  repaid: '已退',
  net: '净额',
} as const satisfies Partial<Record<keyof Static<typeof Reconciliation>['figures'], string>>;

/** This demo's amounts in each agency, compared with the city's expectations. */
export function tieChains(
  play: Play,
  before: ReadonlyMap<string, Chain>,
  after: ReadonlyMap<string, Chain>,
  payments: readonly Payment[],
): boolean {
  const { city, tell, tie } = play;
  const rows: string[][] = [];
  for (const agency of city.agencies) {
    const moved = movedBetween(before.get(agency), after.get(agency));
    const expected = expectedIn(city, agency);
    tie(`${agency} 的资金对账`, moved, expected);
    const own = payments.filter(({ resident }) => resident.street.agency === agency);
    const paidFen = sum(
      own.filter(({ state }) => state === 'paid'),
      ({ line }) => line.amountFen,
    );
    tie(`${agency} 的发放合计`, paidFen, expected.paid);
    const isBalanced = after.get(agency)?.balanced === true;
    tie(`${agency} 的资金对账平衡`, isBalanced, true);
    const figures = Object.keys(figureTitles).map((name) => yuan(moved[name as keyof Figures])); // the keys of its own type
    rows.push([agency, ...figures, isBalanced ? '平' : '不平']);
  }
  table(tell, ['机构', ...Object.values(figureTitles), '平衡'], rows);
  return [...after.values()].every(({ balanced }) => balanced);
}

function movedBetween(before: Chain | undefined, after: Chain | undefined): Figures {
  if (before === undefined || after === undefined) throw new Error('every agency has a chain');
  const entries = Object.entries(after.figures).map(
    ([name, figure]) => [name, figure - before.figures[name as keyof Figures]] as const, // the keys of its own type
  );
  return Object.fromEntries(entries) as Figures; // the same keys
}

/**
 * The reconciliation that the city expects: who is paid, whose payment fails or is held, what is recovered.
 */
function expectedIn({ residents }: City, agency: string): Figures {
  const own = residents.filter(({ street }) => street.agency === agency);
  const amountOf = (people: typeof own) =>
    sum(people, ({ expect, again }) => expect.amountFen + (again?.expect.amountFen ?? 0));
  const approved = amountOf(own);
  const held = amountOf(own.filter(({ hold }) => hold !== null));
  const failed = amountOf(own.filter(({ bank }) => typeof bank === 'object'));
  const paid = approved - held - failed;
  const repaid = sum(own, ({ later }) => (later?.then === 'repaid' ? later.amountFen : 0));
  return {
    approved,
    waiting: held + failed,
    inPayment: 0,
    paid,
    recoveredBeforePayment: 0,
    received: approved - held,
    unspent: failed,
    recoverable: 0,
    repaid,
    net: paid - repaid,
  };
}

export function totalsOf(
  cases: readonly DecidedCase[],
  payments: readonly Payment[],
  recoveredFen: number,
  balanced: boolean,
): Totals {
  const months = cases.flatMap(({ decision }) => decision.assessment.months);
  const fenIn = (state: Payment['state']) =>
    sum(
      payments.filter((payment) => payment.state === state),
      ({ line }) => line.amountFen,
    );
  return {
    people: new Set(cases.map(({ resident }) => resident)).size,
    applications: cases.length,
    monthsPayable: months.filter(({ outcome }) => outcome === 'payable').length,
    monthsExcluded: months.filter(({ outcome }) => outcome === 'excluded').length,
    amountFen: sum(cases, ({ decision }) => decision.amountFen),
    paidFen: fenIn('paid'),
    failedFen: fenIn('failed'),
    recoveredFen,
    balanced,
  };
}

function table(tell: Play['tell'], head: readonly string[], rows: readonly (readonly string[])[]): void {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => widthOf(row[column] ?? ''))),
  );
  const line = (cells: readonly string[]) =>
    cells.map((cell, column) => cell + ' '.repeat((widths[column] ?? 0) - widthOf(cell))).join('  ');
  tell(line(head));
  tell(widths.map((width) => '─'.repeat(width)).join('  '));
  for (const row of rows) tell(line(row).trimEnd());
}

/** Columns for a terminal, where a Chinese character takes two. */
function widthOf(text: string): number {
  return sum(text, (letter) =>
    /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]/.test(
      letter,
    )
      ? 2
      : 1,
  );
}
