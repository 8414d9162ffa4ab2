// Single lines: held after their roster was signed, left out while a month is in doubt, and listed behind each figure
// of the reconciliation.

import t from 'tap';
import { countAfterGathering } from '../../../src/payments/disbursement/store.ts';
import { scopeOfService } from '../../../src/platform/database/row-scope.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import type {
  Application,
  DisbursementAnswer,
  ReconciliationAnswer,
  RecoveryAnswer,
  RosterLine,
} from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const payer = 'payer-360203';
const format = { format: 'utf-8-csv' };

async function funded(city: City): Promise<DisbursementAnswer> {
  const asked = await city.moneyAct(payer, await city.verified(), 'fund-request');
  const receipt = { amountFen: asked.fundRequest?.amountFen, reference: '拨-1', receivedOn: '2025-07-05' };
  return await city.moneyAct('finance-360203', asked, 'fund-receipts', receipt);
}

async function doubted(city: City, { id }: Application, month: string): Promise<RecoveryAnswer> {
  const body = { applicationId: id, month, grounds: '与用人单位核实' };
  return (await city.call<RecoveryAnswer>('handler-360203', 'POST', '/v1/recoveries', { body, status: 201 }))
    .body;
}

/** Every item of a list, read in pages of two. */
async function all<T>(city: City, url: string, query: Record<string, string> = {}): Promise<T[]> {
  const items: T[] = [];
  let after: string | null = null;
  do {
    const page: { items: T[]; next: string | null } = (
      await city.call<{ items: T[]; next: string | null }>('auditor', 'GET', url, {
        query: { ...query, limit: '2', ...(after === null ? {} : { after }) },
        status: 200,
      })
    ).body;
    items.push(...page.items);
    after = page.next;
  } while (after !== null);
  return items;
}

t.test(
  'a line that the bank’s format cannot carry is held, the others are paid, and its money is unspent',
  async (t) => {
    const city = await setup(t);
    const rare = await city.resident();
    await city.approved({ ...rare, name: '王\u{e000}' });
    await city.approved();
    const ready = await funded(city);
    const refused = await city.call<Problem>(payer, 'POST', `/v1/disbursements/${ready.id}/payment`, {
      body: format,
      ifMatch: ready.version,
      status: 422,
    });
    const [, , lineId] = refused.body.errors[0]?.pointer.split('/') ?? [];
    const url = `/v1/disbursements/${ready.id}/lines/${lineId}`;
    const body = { reason: '户名含自造字，银行无法识别' };
    strictMatch(
      t,
      await city.call('street-360203001', 'POST', `${url}/hold`, { body }),
      { status: 404 },
      'another street',
    );
    const { body: held } = await city.call<DisbursementAnswer>('street-360203007', 'POST', `${url}/hold`, {
      body,
      status: 200,
    });
    strictMatch(t, held, { state: 'funded', lineCount: 1, held: { lineCount: 1 }, unspentFen: 300_000 });
    strictMatch(
      t,
      held.fundRequest,
      { lineCount: 2, amountFen: 300_000 },
      'what finance was asked for stands',
    );
    strictMatch(t, await city.call('street-360203007', 'POST', `${url}/hold`, { body }), { status: 409 });
    const done = await city.settled(await city.moneyAct(payer, held, 'payment', format));
    strictMatch(t, done, { state: 'settled', unspentFen: 150_000 });
    const back = { amountFen: 150_000, reference: '退-1', returnedOn: '2025-07-05' };
    strictMatch(t, await city.moneyAct(payer, done, 'fund-returns', back), { unspentFen: 0 });
    strictMatch(t, await city.reconciliation(), {
      balanced: true,
      figures: { paid: 150_000, held: 150_000 },
    });
  },
);

t.test(
  'an officer who handled or reviewed a case of a batch cannot start its payment: the database refuses',
  async (t) => {
    const city = await setup(t);
    await city.approved();
    const ready = await funded(city);
    const url = `/v1/disbursements/${ready.id}/payment`;
    for (const subject of ['handler-360203', 'reviewer-360203']) {
      const turned = await city.tokenOf({ subject, role: 'payer', agency: '360203' });
      strictMatch(
        t,
        await city.call<Problem>(turned, 'POST', url, { body: format, ifMatch: ready.version }),
        {
          status: 403,
          body: { code: 'officer-already-on-case' },
        },
      );
    }
    const { state, version, paymentFiles } = await city.disbursement(ready);
    t.strictSame([state, version, paymentFiles], ['funded', ready.version, []]);
    strictMatch(t, await city.linesOf(ready), [{ state: 'waiting', batchNumber: null }]);
  },
);

t.test('a disbursement with every line held settles, and its money can be returned', async (t) => {
  const city = await setup(t);
  await city.approved();
  const ready = await funded(city);
  const [line] = await city.linesOf(ready);
  const url = `/v1/disbursements/${ready.id}/lines/${line?.lineId}/hold`;
  const { body } = await city.call<DisbursementAnswer>('handler-360203', 'POST', url, {
    body: { reason: '待核实' },
    status: 200,
  });
  strictMatch(t, body, { state: 'settled', lineCount: 0, unspentFen: 150_000 });
});

t.test('a line with a month in doubt is not sent to the bank until the doubt is cleared', async (t) => {
  const city = await setup(t);
  const [application] = [await city.approved(), await city.approved()];
  const ready = await funded(city);
  const doubt = await doubted(city, application, '2025-05');
  const sent = await city.moneyAct(payer, ready, 'payment', format);
  strictMatch(t, sent.paymentFiles, [{ lineCount: 1, amountFen: 150_000 }]);
  strictMatch(
    t,
    await city.call(payer, 'POST', `/v1/disbursements/${sent.id}/payment`, {
      body: format,
      ifMatch: sent.version,
    }),
    {
      status: 409,
      body: { code: 'disbursement-empty', detail: /疑似应追回/ },
    },
  );
  const after = await city.settled(sent);
  strictMatch(t, after, { unspentFen: 150_000 });
  const back = { amountFen: 1, reference: '退-1', returnedOn: '2025-07-05' };
  const returned = await city.call(payer, 'POST', `/v1/disbursements/${sent.id}/fund-returns`, {
    body: back,
    ifMatch: after.version,
  });
  strictMatch(t, returned, { status: 422 }, 'its money is kept for it');
  const dismissal = { body: { reason: '查无此事' }, ifMatch: doubt.version, status: 200 };
  await city.call('reviewer-360203', 'POST', `/v1/recoveries/${doubt.id}/dismissal`, dismissal);
  const second = await city.moneyAct(payer, await city.disbursement(sent), 'payment', format);
  strictMatch(t, second.paymentFiles, [{ lineCount: 1 }, { lineCount: 1, amountFen: 150_000 }]);
  strictMatch(t, await city.settled(second), { state: 'settled', unspentFen: 0 });
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { paid: 300_000 } });
});

t.test(
  'every figure of the reconciliation can be traced to the months or entries it is the sum of',
  async (t) => {
    const city = await setup(t);
    const applications = [];
    for (const _ of Array.from({ length: 5 })) applications.push(await city.approved());
    const [paid] = applications;
    if (paid === undefined) throw new Error('five were approved');
    const batch = await city.inPayment();
    const states = ['paid', 'failed', 'unknown', 'paid', 'failed'] as const;
    const told = new Map(
      (await city.linesOf(batch)).map(({ caseNumber }, index) => [caseNumber, states[index]]),
    );
    told.set(paid.caseNumber, 'paid');
    const settled = await city.settled(batch, ({ caseNumber }) => {
      const result = told.get(caseNumber) ?? 'paid';
      return { result, ...(result === 'failed' ? { failure: 'no-account' as const } : {}) };
    });
    const back = { amountFen: 1_000, reference: '退-1', returnedOn: '2025-07-05' };
    await city.moneyAct(payer, settled, 'fund-returns', back);
    const recovery = await doubted(city, paid, '2025-04');
    const url = `/v1/recoveries/${recovery.id}`;
    const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
    await city.call('reviewer-360203', 'POST', `${url}/confirmation`, {
      body: heard,
      ifMatch: 1,
      status: 200,
    });
    const repayment = { amountFen: 20_000, reference: '退款-1', receivedOn: '2025-07-05' };
    await city.call(payer, 'POST', `${url}/repayments`, { body: repayment, ifMatch: 2, status: 200 });
    await city.approved();

    const sumOf = (items: readonly { amountFen: number }[]) =>
      items.reduce((sum, { amountFen }) => sum + amountFen, 0);
    const query = { agencyCode: '360203', quarter: '2025Q2' };
    const { figures } = await city.reconciliation();
    const ofMonths = [
      'approved',
      'waiting',
      'held',
      'inPayment',
      'unknown',
      'paid',
      'failed',
      'returned',
    ] as const;
    for (const figure of [...ofMonths, 'recoveredBeforePayment', 'recovered'] as const) {
      const cases = await all<{ amountFen: number; months: { amountFen: number }[] }>(
        city,
        '/v1/reconciliation/months',
        {
          ...query,
          figure,
        },
      );
      t.equal(sumOf(cases), figures[figure], figure);
      t.equal(sumOf(cases.flatMap(({ months }) => months)), figures[figure], `${figure}, month by month`);
    }
    for (const figure of ['received', 'returnedToFinance', 'unspent', 'recoverable', 'repaid'] as const)
      t.equal(
        sumOf(await all(city, '/v1/reconciliation/entries', { ...query, figure })),
        figures[figure],
        figure,
      );
    const { body: own } = await city.call<ReconciliationAnswer>(
      'auditor',
      'GET',
      `/v1/people/${paid.personId}/reconciliation`,
    );
    const ownUrl = `/v1/people/${paid.personId}/reconciliation/months`;
    for (const figure of ['approved', 'paid', 'recovered'] as const)
      t.equal(
        sumOf(await all(city, ownUrl, { figure })),
        own.figures[figure]?.amountFen,
        `${figure} of a person`,
      );
    const ofBatch = (
      await city.call<ReconciliationAnswer>('auditor', 'GET', `/v1/disbursements/${batch.id}/reconciliation`)
    ).body;
    for (const [figure, state] of [
      ['paid', 'paid'],
      ['failed', 'failed'],
      ['unknown', 'unknown'],
    ] as const) {
      const lines = await all<RosterLine>(city, `/v1/disbursements/${batch.id}/lines`, { state });
      t.ok(lines.every((line) => line.state === state));
      t.equal(lines.length, ofBatch.figures[figure]?.count);
      t.equal(sumOf(lines), ofBatch.figures[figure]?.amountFen, `${figure} of a disbursement`);
    }
    t.equal((await all(city, `/v1/disbursements/${batch.id}/lines`)).length, 5);
  },
);

t.test(
  'the service can update the planner’s statistics for a large gathering without owning the tables',
  async (t) => {
    const city = await setup(t);
    await city.approved();
    await city.verified();
    const known = async () =>
      (
        await city.db.pool.query(
          "select reltuples::int as count from pg_class where relname = 'payment_line'",
        )
      ).rows[0]?.count;
    t.not(await known(), 1, 'not yet');
    await transact(city.service, scopeOfService, countAfterGathering);
    t.equal(await known(), 1, 'then it knows of the line');
  },
);
