// Concurrency errors known from similar systems. Twenty clients race over HTTP while a checker reads the tables.

import t, { type Test } from 'tap';
import { type Answer, type City, type Problem, patient, setup as setUp } from '../helper.ts';
import { contribution } from '../registers/residents.ts';
import type { Application } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';
import { brokenWhile } from './invariants.ts';

function statuses(answers: readonly Answer<unknown>[]): Record<number, number> {
  return Object.fromEntries(
    [...Map.groupBy(answers, ({ status }) => status)].map(([status, all]) => [status, all.length]),
  );
}

/** A city whose clients retry when asked to. */
async function setup(t: Test): Promise<City> {
  const city = await setUp(t);
  return { ...city, call: patient(city.call) };
}

/** Twenty clients of one role, each with its own token and keys. */
async function payers({ tokenOf }: City, count = 20): Promise<string[]> {
  return await Promise.all(
    Array.from({ length: count }, (_, index) =>
      tokenOf({ subject: `payer-${index}`, role: 'payer', agency: '360203', clientId: `client-${index}` }),
    ),
  );
}

t.test('of two channels that submit the same month at once, one claims it', async (t) => {
  const city = await setup(t);
  const drafts: { by: string; draft: Application }[] = [];
  for (const _ of Array.from({ length: 10 })) {
    const applicant = await city.resident();
    for (const by of ['platform-ganfutong', `street-${applicant.street}`]) {
      drafts.push({ by, draft: await city.drafted(applicant, { by }) });
    }
  }
  const race = Promise.all(
    drafts.map(({ by, draft }) =>
      city.call<Problem>(by, 'POST', `/v1/applications/${draft.id}/submission`, { ifMatch: 1 }),
    ),
  );
  t.strictSame(await brokenWhile(city.db, race), []);
  const answers = await race;
  t.strictSame(statuses(answers), { 200: 10, 409: 10 });
  for (const { body } of answers.filter(({ status }) => status === 409)) {
    t.equal(body.code, 'month-already-claimed');
    t.strictSame(
      body.errors.map(({ pointer, code }) => [pointer, code]),
      [0, 1, 2].map((index) => [`/months/${index}`, 'claimed-elsewhere']),
    );
    t.match(body.errors[0]?.detail, /JDZ25-\d{7}-\d/, 'and names the case that holds it');
  }
});

t.test('one person submitted by twenty clients at once is one person with one claim', async (t) => {
  const city = await setup(t);
  const applicant = city.nextResident();
  await city.deliver([], '2025-06');
  const drafts = await Promise.all(Array.from({ length: 20 }, () => city.drafted(applicant)));
  t.equal(new Set(drafts.map(({ personId }) => personId)).size, 1);
  const race = Promise.all(
    drafts.map(({ id }) =>
      city.call('platform-ganfutong', 'POST', `/v1/applications/${id}/submission`, { ifMatch: 1 }),
    ),
  );
  t.strictSame(await brokenWhile(city.db, race), []);
  t.strictSame(statuses(await race), { 200: 1, 409: 19 });
});

t.test('of twenty disbursements created at once, one gathers the month', async (t) => {
  const city = await setup(t);
  for (const _ of [1, 2, 3]) await city.approved();
  const clients = await payers(city);
  const race = Promise.all(clients.map((payer) => city.call(payer, 'POST', '/v1/disbursements')));
  t.strictSame(await brokenWhile(city.db, race), []);
  t.strictSame(statuses(await race), { 201: 1, 409: 19 });
});

t.test('of twenty payers who start a batch at once, one creates the file', async (t) => {
  const city = await setup(t);
  await city.approved();
  const requested = await city.moneyAct('payer-360203', await city.verified(), 'fund-request');
  const body = { amountFen: 150_000, reference: '拨-1', receivedOn: '2025-07-05' };
  const receipts = await Promise.all(
    Array.from({ length: 20 }, () =>
      city.call('finance-360203', 'POST', `/v1/disbursements/${requested.id}/fund-receipts`, {
        ifMatch: requested.version,
        body,
      }),
    ),
  );
  t.strictSame(statuses(receipts), { 200: 1, 412: 19 }, 'money arrives once too');
  const { version } = await city.disbursement(requested);
  const starts = await Promise.all(
    (await payers(city)).map((payer) =>
      city.call(payer, 'POST', `/v1/disbursements/${requested.id}/payment`, {
        ifMatch: version,
        body: { format: 'utf-8-csv' },
      }),
    ),
  );
  t.strictSame(statuses(starts), { 200: 1, 412: 19 });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { received: 150_000, inPayment: 150_000, unspent: 0 },
  });
});

t.test('of twenty clients that upload the bank’s results at once, one applies them', async (t) => {
  const city = await setup(t);
  await city.approved();
  await city.approved();
  const batch = await city.inPayment();
  const body = await city.resultsOf(batch);
  const race = Promise.all(
    (await payers(city)).map((payer) =>
      city.call<Problem>(payer, 'POST', `/v1/disbursements/${batch.id}/payment-results`, { body }),
    ),
  );
  t.strictSame(await brokenWhile(city.db, race), []);
  t.strictSame(statuses(await race), { 200: 1, 409: 19 });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { paid: 300_000, inPayment: 0, unspent: 0 },
  });
});

t.test(
  'of two different results files at once, one is applied and the other finds nothing outstanding',
  async (t) => {
    const city = await setup(t);
    await city.approved();
    const batch = await city.inPayment();
    const files = [
      await city.resultsOf(batch),
      await city.resultsOf(batch, () => ({ result: 'failed', failure: 'no-account' })),
    ];
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        city.call<Problem>('payer-360203', 'POST', `/v1/disbursements/${batch.id}/payment-results`, {
          body: files[index % 2],
        }),
      ),
    );
    t.strictSame(statuses(answers), { 200: 1, 409: 19 });
    const { figures, balanced } = await city.reconciliation();
    t.ok(balanced);
    t.ok(figures.paid === 150_000 || figures.waiting === 150_000, 'paid or waiting, never both');
    t.equal(figures.paid + figures.waiting, 150_000);
  },
);

t.test(
  'bank results and a recovery of the same month are applied one after the other, and the money reconciles',
  async (t) => {
    const city = await setup(t);
    const application = await city.approved();
    const batch = await city.inPayment();
    const opened = { applicationId: application.id, month: '2025-05', grounds: '与用人单位核实' };
    const { body: recovery } = await city.call<{ id: string }>('handler-360203', 'POST', '/v1/recoveries', {
      body: opened,
      status: 201,
    });
    const results = await city.resultsOf(batch);
    const confirmation = { body: { heardOn: '2025-07-05', heardHow: 'phone' }, ifMatch: 1 };
    const clients = await payers(city, 5);
    const confirmations: Promise<Answer<Problem>>[] = Array.from({ length: 15 }, () =>
      city.call<Problem>(
        'reviewer-360203',
        'POST',
        `/v1/recoveries/${recovery.id}/confirmation`,
        confirmation,
      ),
    );
    const files = clients.map((payer) =>
      city.call<Problem>(payer, 'POST', `/v1/disbursements/${batch.id}/payment-results`, { body: results }),
    );
    t.strictSame(await brokenWhile(city.db, Promise.all([...confirmations, ...files])), []);
    t.strictSame(statuses(await Promise.all(files)), { 200: 1, 409: 4 });
    const confirmed = statuses(await Promise.all(confirmations));
    t.ok((confirmed[200] ?? 0) <= 1, 'it is confirmed once at most');
    strictMatch(t, await city.reconciliation(), {
      balanced: true,
      figures: { paid: 150_000, inPayment: 0, recoverable: 50_000 * (confirmed[200] ?? 0) },
    });
  },
);

t.test('of twenty repayments recorded at once with one reference, one counts', async (t) => {
  const city = await setup(t);
  const applicant = await city.resident();
  await city.approved(applicant);
  await city.settled(await city.inPayment());
  await city.deliver([contribution(applicant, '2025-04', { version: 2, refunded: true })]);
  await city.work();
  const [recovery] = await city.recoveries();
  if (recovery === undefined) throw new Error('a refund opens a recovery');
  const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
  const url = `/v1/recoveries/${recovery.id}`;
  await city.call('handler-360203', 'POST', `${url}/confirmation`, { body: heard, ifMatch: 1, status: 200 });
  const body = { amountFen: 20_000, reference: '退-1', receivedOn: '2025-07-05' };
  const answers = await Promise.all(
    (await payers(city)).map((payer) => city.call(payer, 'POST', `${url}/repayments`, { body, ifMatch: 2 })),
  );
  t.strictSame(statuses(answers), { 200: 1, 412: 19 });
  const again = await city.call<Problem>('payer-360203', 'POST', `${url}/repayments`, { body, ifMatch: 3 });
  strictMatch(t, again, { status: 409, body: { code: 'state-conflict' } }, 'nor later under another key');
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { repaid: 20_000, net: 130_000 } });
});
