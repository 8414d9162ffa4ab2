// The money's way as the page draws it: in each node as much goes out as came in, and the sums are the reconciliation's.

import t from 'tap';
import { movedCity } from '../payments/reconciliation/moved-city.ts';
import type { ReconciliationAnswer } from '../steps.ts';

interface Flow {
  readonly from: string;
  readonly to: string;
  readonly fen: number;
}
/** The module of the page, as far as it is used here. */
interface MoneyWay {
  moneyWay(all: readonly object[]): { granted: Flow[]; cash: Flow[]; isWhole: boolean };
  nodesOf(flows: readonly Flow[]): Map<string, { into: number; out: number }>;
}
const module: string = '../../src/documentation/dashboard/money-way.js';
const { moneyWay, nodesOf } = (await import(module)) as MoneyWay;

t.test(
  'what flows into each node flows out of it, and the ends are figures of the reconciliation',
  async (t) => {
    const city = await movedCity(t);
    const { figures } = await reconciliation({});
    async function reconciliation(query: Record<string, string>): Promise<ReconciliationAnswer> {
      return (
        await city.call<ReconciliationAnswer>('auditor', 'GET', '/v1/reconciliation', { query, status: 200 })
      ).body;
    }
    const { granted, cash, isWhole } = moneyWay([figures]);
    t.ok(isWhole);
    for (const [start, flows] of [
      ['已核定', granted],
      ['财政到账', cash],
    ] as const)
      for (const [name, { into, out }] of nodesOf(flows))
        if (name !== start && out > 0) t.equal(into, out, `${name}: ${into} in, ${out} out`);
    const ends = (flows: readonly Flow[]) =>
      Object.fromEntries(
        [...nodesOf(flows)].filter(([, { out }]) => out === 0).map(([name, { into }]) => [name, into]),
      );
    const of = (name: keyof typeof figures) => figures[name]?.amountFen ?? 0;
    t.strictSame(ends(granted), {
      已发放: of('paid'),
      发放中: of('inPayment'),
      抵扣欠款: of('setOff'),
      发放前追回: of('recoveredBeforePayment'),
      等待发放: of('waiting') - of('failed'),
      暂缓: of('held'),
      发放失败: of('failed'),
      银行退票: of('returned'),
    });
    t.strictSame(ends(cash), {
      发放中: of('inPayment'),
      结余: of('unspent'),
      退回财政: of('returnedToFinance'),
      无须退回: of('paid') - of('recovered'),
      待退回: of('recoverable'),
      已退回: of('repaid'),
      以其他月份抵扣: of('settledBySetOff'),
    });
    t.equal(nodesOf(granted).get('已核定')?.out, of('approved'));
    t.equal(nodesOf(cash).get('财政到账')?.out, of('received'));
    t.ok(of('failed') > 0 && of('repaid') > 0 && of('recoverable') > 0 && of('waiting') > of('failed'));

    const quarters = await Promise.all(['2025Q1', '2025Q2'].map((quarter) => reconciliation({ quarter })));
    t.strictSame(
      moneyWay(quarters.map((one) => one.figures)),
      { granted, cash, isWhole },
      'quarter by quarter too',
    );
  },
);
