// From approved months to money in an account: gathered once, verified by every street, paid once, with the bank's
// results.

import t from 'tap';
import { bankFormatOf } from '../../src/payments/bank/formats.ts';
import { rowsOf } from '../../src/payments/bank/payment-file.ts';
import { constraintOf } from '../../src/platform/database/transaction.ts';
import { yuan } from '../../src/values/yuan.ts';
import { type City, type Problem, setup } from '../helper.ts';
import { contribution } from '../registers/residents.ts';
import type { DisbursementAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

async function downloaded({ call }: City, { id, agencyCode }: DisbursementAnswer): Promise<string> {
  const url = `/v1/disbursements/${id}/payment/file`;
  return (await call<string>(`payer-${agencyCode}`, 'GET', url, { query: { reason: '核对' }, status: 200 }))
    .body;
}

t.test('a line with result unknown is resolved by a later file, and never sent again', async (t) => {
  const city = await setup(t);
  const [first, second] = [await city.approved(), await city.approved()];
  const batch = await city.inPayment();
  const [timedOut] = await city.linesOf(batch);
  const after = await city.settled(batch, ({ lineId }) => ({
    result: lineId === timedOut?.lineId ? 'unknown' : 'paid',
  }));
  strictMatch(t, after, { state: 'in-payment' });
  const { balanced, figures } = await city.reconciliation();
  strictMatch(
    t,
    { balanced, figures },
    {
      balanced: true,
      figures: { paid: 150_000, inPayment: 150_000, unknown: 150_000, unspent: 0, waiting: 0 },
    },
  );

  // Everything that could send it again: a new disbursement, the same batch once more.
  strictMatch(t, await city.call('payer-360203', 'POST', '/v1/disbursements'), {
    status: 409,
    body: { code: 'disbursement-empty' },
  });
  const payment = `/v1/disbursements/${batch.id}/payment`;
  strictMatch(
    t,
    await city.call('payer-360203', 'POST', payment, {
      ifMatch: after.version,
      body: { format: 'utf-8-csv' },
    }),
    { status: 409 },
  );
  // The file must not change: the bank recognises the batch and does not pay it twice.
  t.equal(await downloaded(city, batch), await downloaded(city, batch));

  const done = await city.settled(batch);
  strictMatch(t, done, { state: 'settled' });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { paid: 300_000, inPayment: 0, unspent: 0 },
  });
  for (const { id } of [first, second]) {
    const { rows } = await city.db.pool.query('select state from payment_line where application_id = $1', [
      id,
    ]);
    t.strictSame(rows, [{ state: 'paid' }]);
  }
});

t.test('a failed line waits for a correction, and is not gathered again by itself', async (t) => {
  const city = await setup(t);
  await city.approved();
  const batch = await city.inPayment();
  strictMatch(t, await city.settled(batch, () => ({ result: 'failed', failure: 'account-closed' })), {
    state: 'settled',
  });
  strictMatch(t, await city.linesOf(batch), [{ state: 'failed', failure: 'account-closed' }]);
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { paid: 0, waiting: 150_000, unspent: 150_000 },
  });
  strictMatch(t, await city.call('payer-360203', 'POST', '/v1/disbursements'), {
    body: { code: 'disbursement-empty' },
  });
});

t.test('bank results that do not match the batch are refused whole, with every reason', async (t) => {
  const city = await setup(t);
  for (const _ of [1, 2, 3]) await city.approved();
  const batch = await city.inPayment();
  const good = await city.resultsOf(batch);
  const url = `/v1/disbursements/${batch.id}/payment-results`;
  const [one, two, three] = good.lines;
  if (one === undefined || two === undefined || three === undefined)
    throw new Error('three cases make three lines');
  const foreign = '0197d8a1-4b00-7000-8000-000000000001';
  const body = {
    batchNumber: 'FF25-99999',
    totals: { ...good.totals, count: 7, paidFen: 1 },
    lines: [
      { ...one, amountFen: one.amountFen + 1 },
      { ...two, failure: 'no-account' },
      { ...two },
      { ...three, lineId: foreign },
    ],
  };
  const refused = await city.call<Problem>('payer-360203', 'POST', url, { body });
  strictMatch(t, refused, { status: 422, body: { code: 'results-refused' } });
  t.strictSame(refused.body.errors.map(({ pointer, code }) => `${code} ${pointer}`).sort(), [
    'amount-differs /body/lines/0/amountFen',
    'duplicate-line /body/lines/2/lineId',
    'failure-mismatch /body/lines/1/failure',
    'missing-line /body/lines',
    'other-batch /body/batchNumber',
    'total-differs /body/totals/count',
    'total-differs /body/totals/paidFen',
    'unknown-line /body/lines/3/lineId',
  ]);
  strictMatch(t, await city.disbursement(batch), { state: 'in-payment', version: batch.version });
  strictMatch(t, await city.linesOf(batch), [
    { state: 'in-payment' },
    { state: 'in-payment' },
    { state: 'in-payment' },
  ]);
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { paid: 0, inPayment: 450_000 } });
});

t.test('a truncated results file is refused, and a complete one is applied once', async (t) => {
  const city = await setup(t);
  await city.approved();
  await city.approved();
  const batch = await city.inPayment();
  const whole = await city.resultsOf(batch);
  const url = `/v1/disbursements/${batch.id}/payment-results`;
  const half = {
    ...whole,
    lines: whole.lines.slice(1),
    totals: { ...whole.totals, count: 1, paidFen: 150_000 },
  };
  strictMatch(t, await city.call('payer-360203', 'POST', url, { body: half }), {
    status: 422,
    body: { errors: [{ code: 'missing-line' }] },
  });
  await city.call('payer-360203', 'POST', url, { body: whole, status: 200 });
  strictMatch(t, await city.call('payer-360203', 'POST', url, { body: whole }), {
    status: 409,
    body: { code: 'results-already-applied' },
  });
});

t.test('a results file with an unknown line, sent again, is recognised as the same file', async (t) => {
  const city = await setup(t);
  await city.approved();
  const batch = await city.inPayment();
  const body = await city.resultsOf(batch, () => ({ result: 'unknown' }));
  const url = `/v1/disbursements/${batch.id}/payment-results`;
  await city.call('payer-360203', 'POST', url, { body, status: 200 });
  strictMatch(t, await city.call('payer-360203', 'POST', url, { body }), {
    status: 409,
    body: { code: 'results-already-applied' },
  });
});

t.test('a receipt that differs from the fund request by a fen is refused', async (t) => {
  const city = await setup(t);
  await city.approved();
  const requested = await city.moneyAct('payer-360203', await city.verified(), 'fund-request');
  const url = `/v1/disbursements/${requested.id}/fund-receipts`;
  const open = '尚有 1,500.00 元未到账，';
  const isLast = `${open}请注明本次是否为最后一笔：其余随后拨付的选“否”，不再拨付的选“是”。`;
  const tooMuch = `${open}登记的到账金额不能超过此数。`;
  for (const [amountFen, detail] of [
    [149_999, isLast],
    [150_001, tooMuch],
    [1, isLast],
    [Number.MAX_SAFE_INTEGER, tooMuch],
  ] as const) {
    const body = { amountFen, reference: '拨-1', receivedOn: '2025-07-05' };
    const answer = await city.call<Problem>('finance-360203', 'POST', url, {
      body,
      ifMatch: requested.version,
    });
    strictMatch(t, answer, {
      status: 422,
      body: { code: 'receipt-mismatch', errors: [{ pointer: '/body/amountFen', detail }] },
    });
  }
  const tomorrow = { amountFen: 150_000, reference: '拨-1', receivedOn: '2025-07-06' };
  strictMatch(
    t,
    await city.call('finance-360203', 'POST', url, { body: tomorrow, ifMatch: requested.version }),
    {
      status: 400,
      body: { errors: [{ pointer: '/body/receivedOn', code: 'in-future' }] },
    },
  );
  strictMatch(t, await city.disbursement(requested), {
    state: 'funds-requested',
    version: requested.version,
  });
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { received: 0 } });
});

t.test(
  'funds cannot be requested before every street has signed, and the answer names each that has not',
  async (t) => {
    const city = await setup(t);
    await city.approved();
    await city.approved(await city.resident({ street: '360203001' }));
    const { body: made } = await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', {
      status: 201,
    });
    t.strictSame(
      made.rosters.map(({ streetCode }) => streetCode),
      ['360203001', '360203007'],
    );
    const sign = (street: string, ifMatch: number) =>
      city.call(`street-${street}`, 'POST', `/v1/disbursements/${made.id}/rosters/${street}/verification`, {
        body: {},
        ifMatch,
      });
    strictMatch(t, await sign('360203001', 1), { status: 200 });
    const early = await city.call<Problem>(
      'payer-360203',
      'POST',
      `/v1/disbursements/${made.id}/fund-request`,
      { ifMatch: 1 },
    );
    strictMatch(t, early, {
      status: 409,
      body: { code: 'rosters-incomplete', errors: [{ pointer: '/rosters/360203007' }] },
    });
    t.equal(early.body.errors.length, 1);
    strictMatch(t, await sign('360203001', 1), { status: 409 }, 'and none signs twice');
    strictMatch(t, await sign('360203007', 1), { status: 200 });
    strictMatch(t, await city.disbursement(made), { state: 'verified', version: 2 });
  },
);

t.test('a street sees its own roster and no other', async (t) => {
  const city = await setup(t);
  await city.approved();
  await city.approved(await city.resident({ street: '360203001' }));
  const { body: made } = await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', {
    status: 201,
  });
  const own = await city.call<DisbursementAnswer>('street-360203001', 'GET', `/v1/disbursements/${made.id}`);
  strictMatch(t, own.body, { lineCount: 1, amountFen: 150_000, rosters: [{ streetCode: '360203001' }] });
  t.equal(own.body.rosters.length, 1);
  const foreign = `/v1/disbursements/${made.id}/rosters/360203007`;
  strictMatch(t, await city.call('street-360203001', 'GET', foreign), { status: 404 });
  strictMatch(
    t,
    await city.call('street-360203001', 'POST', `${foreign}/verification`, { body: {}, ifMatch: 1 }),
    {
      status: 404,
    },
  );
});

t.test('a line that a street holds is left out, and waits for the next disbursement', async (t) => {
  const city = await setup(t);
  await city.approved();
  await city.approved();
  const { body: made } = await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', {
    status: 201,
  });
  const [doubtful] = await city.linesOf(made);
  const url = `/v1/disbursements/${made.id}/rosters/360203007/verification`;
  const held = [{ lineId: doubtful?.lineId, reason: '联系不上本人' }];
  const wrong = { held: [...held, ...held, { lineId: made.id, reason: '没有这一行' }] };
  strictMatch(t, await city.call('street-360203007', 'POST', url, { body: wrong, ifMatch: 1 }), {
    status: 400,
    body: {
      errors: [
        { code: 'duplicate-line', pointer: '/body/held/1/lineId' },
        { code: 'unknown-line', pointer: '/body/held/2/lineId' },
      ],
    },
  });
  await city.call('street-360203007', 'POST', url, { body: { held }, ifMatch: 1, status: 200 });
  strictMatch(t, await city.disbursement(made), {
    state: 'verified',
    lineCount: 1,
    amountFen: 150_000,
    held: { lineCount: 1, amountFen: 150_000 },
  });
  strictMatch(
    t,
    await city.call('payer-360203', 'POST', '/v1/disbursements'),
    { body: { code: 'disbursement-empty' } },
    'not before the doubt is cleared',
  );
  const release = `/v1/disbursements/${made.id}/lines/${doubtful?.lineId}/release`;
  await city.call('street-360203007', 'POST', release, { body: { reason: '已联系本人' }, status: 200 });
  const { body: next } = await city.call<DisbursementAnswer>('payer-360203', 'POST', '/v1/disbursements', {
    status: 201,
  });
  strictMatch(t, next, { lineCount: 1, amountFen: 150_000 });
  strictMatch(t, await city.linesOf(next), [{ caseNumber: doubtful?.caseNumber, state: 'waiting' }]);
});

t.test('one person with two cases is paid once, in one line', async (t) => {
  const city = await setup(t);
  const applicant = await city.resident();
  const months = ['2025-01', '2025-02', '2025-03'];
  await city.deliver(months.map((month) => contribution(applicant, month)));
  await city.approved(applicant, { quarter: '2025Q1', months });
  await city.approved(applicant);
  const batch = await city.inPayment();
  const lines = await city.linesOf(batch);
  strictMatch(t, lines, [{ amountFen: 300_000, months: [...months, '2025-04', '2025-05', '2025-06'] }]);
  t.equal(lines.length, 1);
  await city.settled(batch);
  for (const quarter of ['2025Q1', '2025Q2']) {
    strictMatch(
      t,
      await city.reconciliation('360203', quarter),
      { balanced: true, figures: { paid: 150_000 } },
      quarter,
    );
  }
});

t.test(
  'without approved months nothing is gathered, and a payment line of zero cannot be written',
  async (t) => {
    const city = await setup(t);
    await city.accepted();
    strictMatch(t, await city.call('payer-360203', 'POST', '/v1/disbursements'), {
      status: 409,
      body: { code: 'disbursement-empty' },
    });
    await city.approved();
    await city.verified();
    for (const fen of [0, -1]) {
      const error = await city.db.pool.query('update payment_line set amount_fen = $1', [fen]).then(
        () => null,
        (refusal: unknown) => refusal,
      );
      t.equal(constraintOf(error), 'zero_is_never_paid_out');
    }
  },
);

t.test(
  'the payment file has its count, its total and full account numbers, and each download is audited',
  async (t) => {
    const city = await setup(t);
    const [first, second] = [await city.resident(), await city.resident()];
    await city.approved(first);
    await city.approved(second);
    const batch = await city.inPayment();
    const file = await downloaded(city, batch);
    const [, head, , ...lines] = file
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    t.strictSame(head, [`${batch.number}-01`, '2', '3000.00', '2025-07-05']);
    t.strictSame(
      lines.map(([, ...line]) => line.join()).sort(),
      [
        `${first.name},${first.account},景德镇农商银行,1500.00`,
        `${second.name},${second.account},景德镇农商银行,1500.00`,
      ].sort(),
    );
    t.equal(await downloaded(city, batch), file, 'the same bytes each time');
    const { rows } = await city.db.pool.query(
      `select change from audit_entry where operation = 'getPaymentFile'`,
    );
    t.equal(rows.length, 2);
    t.strictSame(rows[1].change, {
      downloaded: `${batch.number}-01`,
      sha256: batch.paymentFiles[0]?.sha256,
      reason: '核对',
    });
  },
);

t.test('yuan are formatted from fen without computing fractions', (t) => {
  for (const [fen, text] of [
    [1, '0.01'],
    [10, '0.10'],
    [100, '1.00'],
    [150_000, '1500.00'],
    [Number.MAX_SAFE_INTEGER, '90071992547409.91'],
  ] as const) {
    t.equal(yuan(fen), text);
  }
  const order = { lineId: 'x', holder: '王, "大" 明', account: '621700000000', bank: '农商行', amountFen: 1 };
  t.match(
    rowsOf(bankFormatOf('utf-8-csv'), [order]).toString(),
    '"王, ""大"" 明"',
    'quoted as RFC 4180 says',
  );
  t.end();
});
