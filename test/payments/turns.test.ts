// Exceptions on the way of the money: cancelled, held, funded in parts, refused by a format, failed, corrected,
// returned, given back, recovered before payment and by mistake. After each one the reconciliation balances.

import t from 'tap';
import { type City, type Problem, setup } from '../helper.ts';
import type { ResidentChoice } from '../registers/residents.ts';
import type { Application, Claim, DisbursementAnswer, RecoveryAnswer, Resident } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

const format = { format: 'utf-8-csv' };

/** The requests of one agency: agencies' money is separate, so the tests share two cities. */
type Here = ReturnType<typeof at>;

const [one, another] = [await setup(t), await setup(t)];

function at(city: City, agency: string, street: string) {
  const resident = (choice: ResidentChoice = {}) => city.resident({ agency, street, ...choice });
  return {
    ...city,
    payer: `payer-${agency}`,
    handler: `handler-${agency}`,
    reviewer: `reviewer-${agency}`,
    finance: `finance-${agency}`,
    agency,
    resident,
    approved: async (applicant?: Resident, claim?: Claim) =>
      await city.approved(applicant ?? (await resident()), claim),
    verified: () => city.verified(agency),
    inPayment: () => city.inPayment(agency),
    reconciliation: (quarter?: string) => city.reconciliation(agency, quarter),
  };
}

async function gathered({ call, payer }: Here): Promise<DisbursementAnswer> {
  return (await call<DisbursementAnswer>(payer, 'POST', '/v1/disbursements', { status: 201 })).body;
}

async function requested(city: Here): Promise<DisbursementAnswer> {
  return await city.moneyAct(city.payer, await city.verified(), 'fund-request');
}

/** Records a receipt; without `isLast` it must be the whole amount requested. */
async function received(city: Here, batch: DisbursementAnswer, amountFen: number, isLast?: boolean) {
  const body = { amountFen, reference: `拨-${amountFen}`, receivedOn: '2025-07-05' };
  return await city.call<DisbursementAnswer & Problem>(
    city.finance,
    'POST',
    `/v1/disbursements/${batch.id}/fund-receipts`,
    { body: isLast === undefined ? body : { ...body, isLast }, ifMatch: batch.version },
  );
}

async function lineOf(city: Here, batch: DisbursementAnswer, { caseNumber }: Application) {
  const line = (await city.linesOf(batch)).findLast((candidate) => candidate.caseNumber === caseNumber);
  if (line === undefined) throw new Error(`${caseNumber} has no line`);
  return { ...line, url: `/v1/disbursements/${batch.id}/lines/${line.lineId}` };
}

/** An officer opens a recovery, and the person is heard. */
async function recovered(city: Here, applicationId: string, month: string): Promise<RecoveryAnswer> {
  const { body: open } = await city.call<RecoveryAnswer>(city.handler, 'POST', '/v1/recoveries', {
    body: { applicationId, month, grounds: '与用人单位核实，该月已由单位参保' },
    status: 201,
  });
  const { body } = await city.call<RecoveryAnswer>(
    city.handler,
    'POST',
    `/v1/recoveries/${open.id}/confirmation`,
    { body: { heardOn: '2025-07-05', heardHow: 'phone' }, ifMatch: open.version, status: 200 },
  );
  return body;
}

t.test('cancelling a disbursement before funds were requested lets every month wait again', async (t) => {
  const city = at(one, '360203', '360203007');
  await city.approved();
  const verified = await city.verified();
  const url = `/v1/disbursements/${verified.id}/cancellation`;
  const body = { reason: '名单有误' };
  strictMatch(t, await city.call(city.payer, 'POST', url, { body, ifMatch: 2 }), {
    status: 200,
    body: { state: 'cancelled', lineCount: 0, released: { lineCount: 1, amountFen: 150_000 } },
  });
  const asked = await requested(city);
  strictMatch(t, asked, { lineCount: 1, amountFen: 150_000 });
  const late = `/v1/disbursements/${asked.id}/cancellation`;
  strictMatch(t, await city.call(city.payer, 'POST', late, { body, ifMatch: asked.version }), {
    status: 409,
  });
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { waiting: 150_000 } });
});

t.test(
  'a partial receipt pays complete lines in roster order as far as it reaches, and the others wait',
  async (t) => {
    const city = at(one, '360202', '360202001');
    for (const _ of [1, 2, 3]) await city.approved();
    const asked = await requested(city);
    strictMatch(t, await received(city, asked, 100_000), { status: 422, body: { code: 'receipt-mismatch' } });
    strictMatch(t, await received(city, asked, 100_000, true), { status: 422 }, 'that pays nobody');
    const first = await received(city, asked, 100_000, false);
    strictMatch(t, first, { status: 200, body: { state: 'funds-requested', unspentFen: 100_000 } });
    strictMatch(t, await received(city, first.body, 350_001, false), { status: 422 }, 'more than was asked');
    const last = await received(city, first.body, 220_000, true);
    strictMatch(t, last, {
      status: 200,
      body: {
        state: 'funded',
        lineCount: 2,
        released: { lineCount: 1, amountFen: 150_000 },
        unspentFen: 320_000,
      },
    });
    const lines = await city.linesOf(last.body);
    strictMatch(t, lines, [
      { state: 'waiting' },
      { state: 'waiting' },
      { state: 'released', releaseCause: 'not-funded' },
    ]);
    strictMatch(t, await city.reconciliation(), {
      balanced: true,
      figures: { received: 320_000, unspent: 320_000 },
    });
    strictMatch(t, await city.reconciliation('2025Q2'), { balanced: true, figures: { unspent: 320_000 } });

    // 200.00 yuan pay no line: they are returned, and not a fen more.
    const back = (amountFen: number) =>
      city.call<Problem>(city.payer, 'POST', `/v1/disbursements/${asked.id}/fund-returns`, {
        body: { amountFen, reference: '退-1', returnedOn: '2025-07-05' },
        ifMatch: last.body.version,
      });
    strictMatch(t, await back(20_001), { status: 422, body: { code: 'return-exceeds-unspent' } });
    strictMatch(t, await back(20_000), { status: 200, body: { unspentFen: 300_000 } });
    strictMatch(t, await city.reconciliation(), { balanced: true, figures: { returnedToFinance: 20_000 } });
    strictMatch(t, await gathered(city), { lineCount: 1, amountFen: 150_000 }, 'the rest is gathered next');
  },
);

t.test('a batch that the bank’s format cannot carry is refused with each line at fault', async (t) => {
  const city = at(one, '360222', '360222100');
  const [formula, rare] = [await city.resident(), await city.resident()];
  await city.approved({ ...formula, name: '=1+1' });
  await city.approved({ ...rare, name: '王\u{e000}' });
  await city.approved();
  const funded = await received(city, await requested(city), 450_000);
  const refused = await city.call<Problem>(
    city.payer,
    'POST',
    `/v1/disbursements/${funded.body.id}/payment`,
    {
      body: format,
      ifMatch: funded.body.version,
    },
  );
  strictMatch(t, refused, { status: 422, body: { code: 'payment-file-refused' } });
  t.strictSame(refused.body.errors.map(({ code }) => code).sort(), ['formula-start', 'not-printable']);
  const { state, paymentFiles } = await city.disbursement(funded.body);
  t.strictSame([state, paymentFiles], ['funded', []]);
});

t.test(
  'a bank gets its file in GB18030 and in its own order of columns, and every further download needs a reason',
  async (t) => {
    const city = at(one, '360281', '360281001');
    const somebody = await city.resident();
    await city.approved({ ...somebody, name: '王㐂𠮷' });
    const funded = await received(city, await requested(city), 150_000);
    const sent = await city.moneyAct(city.payer, funded.body, 'payment', { format: 'gb18030-csv' });
    const url = `/v1/disbursements/${sent.id}/payment/file`;
    const { rawPayload, headers } = await city.app.inject({
      method: 'GET',
      url,
      headers: { authorization: `Bearer ${await city.token(city.payer)}` },
    });
    t.match(headers['content-type'], /gb18030/);
    const [, head, , line] = new TextDecoder('gb18030').decode(rawPayload).split('\r\n');
    t.equal(head, `2025-07-05,${sent.number}-01,1,1500.00`);
    t.match(line, new RegExp(`^${somebody.account},王㐂𠮷,1500.00,[0-9a-f-]{36}$`));
    strictMatch(t, await city.call(city.payer, 'GET', url), {
      status: 422,
      body: { code: 'download-needs-reason' },
    });
    strictMatch(t, await city.call(city.payer, 'GET', url, { query: { reason: '银行要求重传' } }), {
      status: 200,
    });
    // A reviewer who became a payer may not see the accounts of cases decided by them.
    const turned = await city.tokenOf({ subject: city.reviewer, role: 'payer', agency: city.agency });
    strictMatch(t, await city.call(turned, 'GET', url, { query: { reason: '看看' } }), {
      status: 403,
      body: { code: 'officer-already-on-case' },
    });
  },
);

t.test(
  'the bank’s result file is refused if truncated, in a wrong encoding or with an unknown code, and applied once correct',
  async (t) => {
    const city = at(one, '3602G1', '360203400');
    for (const _ of [1, 2]) await city.approved();
    const sent = await city.inPayment();
    const url = `/v1/disbursements/${sent.id}/payment-result-files`;
    const good = await city.resultFileOf(sent, () => 'SUCCESS');
    const codesOf = async (body: Buffer) =>
      (await city.call<Problem>(city.payer, 'POST', url, { ...good, body })).body.errors.map(
        ({ code }) => code,
      );
    t.strictSame(await codesOf(Buffer.from([0xff, 0xfe, 0x41])), ['wrong-encoding']);
    t.strictSame(await codesOf(good.body.subarray(0, 60)), ['wrong-form']);
    const lines = good.body.toString().split('\r\n');
    t.strictSame(await codesOf(Buffer.from(lines.slice(0, -2).join('\r\n'))), [
      'missing-line',
      'total-differs',
      'total-differs',
    ]);
    t.strictSame(await codesOf(Buffer.from(good.body.toString().replaceAll('SUCCESS', 'Y7'))), [
      'unknown-code',
      'unknown-code',
    ]);
    t.strictSame(
      await codesOf(Buffer.from(good.body.toString().replace('1500.00,SUCCESS', '1500.01,SUCCESS'))),
      ['amount-differs', 'total-differs'],
    );
    const twice = lines.toSpliced(4, 1, lines[3] ?? '');
    t.strictSame(await codesOf(Buffer.from(twice.join('\r\n'))), ['duplicate-line', 'missing-line']);
    const altered = (lines[3] ?? '').replace('1500.00,SUCCESS', '1500.01,Y7');
    t.strictSame(
      await codesOf(Buffer.from(twice.toSpliced(3, 1, altered).join('\r\n'))),
      ['unknown-code', 'amount-differs', 'duplicate-line', 'missing-line'],
      'what can be read of a line is judged too',
    );
    const otherNumber = good.body
      .toString()
      .replace(sent.paymentFiles[0]?.batchNumber ?? '', 'FF25-99999-01');
    t.strictSame(await codesOf(Buffer.from(otherNumber.replace('1500.00,SUCCESS', '1500.01,SUCCESS'))), [
      'other-batch',
      'amount-differs',
      'total-differs',
    ]);
    strictMatch(
      t,
      await city.call(city.payer, 'POST', url, { ...good, query: { batchNumber: 'FF25-99999-01' } }),
      {
        status: 422,
      },
    );
    strictMatch(t, await city.disbursement(sent), { state: 'in-payment' });
    strictMatch(t, await city.call(city.payer, 'POST', url, good), {
      status: 200,
      body: { state: 'settled' },
    });
    strictMatch(t, await city.call(city.payer, 'POST', url, good), { status: 409 });
    strictMatch(t, await city.reconciliation(), { balanced: true, figures: { paid: 300_000 } });
  },
);

t.test('a corrected account needs two officers, and is paid by one new line in a later batch', async (t) => {
  const city = at(another, '360203', '360203007');
  const application = await city.approved();
  const sent = await city.inPayment();
  await city.settled(sent, () => ({ result: 'failed', failure: 'account-closed' }));
  const failed = await lineOf(city, sent, application);
  const account = { bank: '景德镇农商银行', number: '621700000000009999' };
  const body = { account, reason: '更换社会保障卡' };
  const propose = () => city.call(city.payer, 'POST', `${failed.url}/reissue`, { body });
  strictMatch(t, await propose(), {
    status: 200,
    body: { correction: { state: 'proposed' }, replacedBy: null },
  });
  strictMatch(t, await propose(), { status: 409 }, 'one at a time');
  const { body: audit } = await city.call<{ items: { change: unknown }[] }>(
    'auditor',
    'GET',
    '/v1/audit-entries',
    {
      query: { operation: 'reissuePayment' },
      status: 200,
    },
  );
  const digest = /^[0-9a-f]{64}$/;
  strictMatch(t, audit.items.at(-1)?.change, {
    before: { account: digest },
    after: { bank: account.bank, account: digest },
  });
  const confirm = (by: string) => city.call<Problem>(by, 'POST', `${failed.url}/reissue/confirmation`);
  strictMatch(t, await confirm(city.payer), { status: 403, body: { code: 'same-officer' } });
  const races = await Promise.all(Array.from({ length: 10 }, () => confirm(city.reviewer)));
  t.strictSame(
    races.map(({ status }) => status).sort(),
    [200, ...Array(9).fill(409)],
    'one line replaces it',
  );
  const again = await city.moneyAct(city.payer, await city.disbursement(sent), 'payment', format);
  t.equal(again.state, 'in-payment');
  t.equal(again.paymentFiles.length, 2);
  strictMatch(t, again.paymentFiles[1], { batchNumber: `${sent.number}-02`, lineCount: 1 });
  const { body: file } = await city.call<string>(
    city.payer,
    'GET',
    `/v1/disbursements/${sent.id}/payment/file`,
    {
      query: { batchNumber: `${sent.number}-02` },
      status: 200,
    },
  );
  t.match(file, account.number);
  strictMatch(t, await city.settled(again), {
    state: 'settled',
    unspentFen: 0,
    lineCount: 1,
    amountFen: 150_000,
  });
  strictMatch(t, await lineOf(city, sent, application), { state: 'paid', replacesLineId: failed.lineId });
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { paid: 150_000, unspent: 0 } });
});

t.test(
  'a returned payment is unspent; if its money is returned to finance, the next disbursement pays its months',
  async (t) => {
    const city = at(another, '360202', '360202001');
    const application = await city.approved();
    const settled = await city.settled(await city.inPayment());
    const paid = await lineOf(city, settled, application);
    const body = { amountFen: 150_000, reference: '退票-1', returnedOn: '2025-07-05', reason: '账户已销户' };
    strictMatch(
      t,
      await city.call(city.payer, 'POST', `${paid.url}/return`, { body: { ...body, amountFen: 149_999 } }),
      {
        status: 422,
      },
    );
    strictMatch(t, await city.call(city.payer, 'POST', `${paid.url}/return`, { body }), {
      status: 200,
      body: { unspentFen: 150_000 },
    });
    strictMatch(t, await city.call(city.payer, 'POST', `${paid.url}/return`, { body }), { status: 409 });
    strictMatch(t, await city.reconciliation(), {
      balanced: true,
      figures: { paid: 0, waiting: 150_000, returned: 150_000 },
    });
    const given = { amountFen: 150_000, reference: '退-1', returnedOn: '2025-07-05' };
    await city.moneyAct(city.payer, await city.disbursement(settled), 'fund-returns', given);
    await city.call(city.payer, 'POST', `${paid.url}/reissue`, {
      body: { reason: '账户已恢复' },
      status: 200,
    });
    strictMatch(
      t,
      await city.call(city.payer, 'POST', '/v1/disbursements'),
      { status: 409 },
      'not before it is confirmed',
    );
    const confirmed = await city.call(city.reviewer, 'POST', `${paid.url}/reissue/confirmation`);
    strictMatch(t, confirmed, { status: 200, body: { replacedBy: null, waitsForNextDisbursement: true } });
    const next = await city.settled(await city.inPayment());
    strictMatch(t, await city.linesOf(next), [{ state: 'paid', replacesLineId: paid.lineId }]);
    const chain = {
      balanced: true,
      figures: { paid: 150_000, received: 300_000, returnedToFinance: 150_000 },
    };
    strictMatch(t, await city.reconciliation(), chain);
  },
);

t.test(
  'a month recovered before payment leaves its disbursement, and the others wait for the next',
  async (t) => {
    const city = at(another, '360222', '360222100');
    const [application] = [await city.approved(), await city.approved()];
    const asked = await requested(city);
    strictMatch(t, await recovered(city, application.id, '2025-05'), {
      state: 'repaid',
      wasPaid: false,
      owedFen: 0,
    });
    const funded = await received(city, await city.disbursement(asked), 300_000);
    strictMatch(t, funded, { status: 200, body: { lineCount: 1, unspentFen: 300_000 } });
    const sent = await city.moneyAct(city.payer, funded.body, 'payment', format);
    await city.settled(sent);
    strictMatch(t, await city.reconciliation(), {
      balanced: true,
      figures: { paid: 150_000, unspent: 150_000, recoveredBeforePayment: 50_000, waiting: 100_000 },
    });
    strictMatch(t, await gathered(city), { lineCount: 1, amountFen: 100_000 });
  },
);

t.test('reversing a wrong recovery refunds what was repaid, and the month counts again', async (t) => {
  const city = at(another, '360281', '360281001');
  const application = await city.approved();
  await city.settled(await city.inPayment());
  const recovery = await recovered(city, application.id, '2025-04');
  const url = `/v1/recoveries/${recovery.id}`;
  const repayment = { amountFen: 20_000, reference: '退-1', receivedOn: '2025-07-05' };
  const key = 'repayment-of-april-0001';
  const repay = () =>
    city.call<RecoveryAnswer>(city.payer, 'POST', `${url}/repayments`, {
      body: repayment,
      ifMatch: 2,
      key,
    });
  const { body: partly } = await repay();
  strictMatch(t, partly, { state: 'confirmed', owedFen: 30_000 });
  const reverse = (refund?: object) =>
    city.call<Problem>(city.reviewer, 'POST', `${url}/reversal`, {
      body: { reason: '登记机关更正', ...(refund === undefined ? {} : { refund }) },
      ifMatch: 3,
    });
  const refund = { amountFen: 20_000, reference: '还-1', refundedOn: '2025-07-05' };
  strictMatch(t, await reverse(), { status: 422, body: { code: 'refund-missing' } });
  strictMatch(t, await reverse({ ...refund, amountFen: 19_999 }), { status: 422 });
  strictMatch(t, await reverse(refund), {
    status: 200,
    body: { state: 'reversed', refundedFen: 20_000, owedFen: 0 },
  });
  strictMatch(t, await repay(), { headers: { 'idempotency-replayed': 'true' } }, 'an old key replays');
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { paid: 150_000, repaid: 0, recoverable: 0, recovered: 0, net: 150_000 },
  });
  strictMatch(
    t,
    await city.call(city.payer, 'POST', '/v1/disbursements'),
    { status: 409 },
    'and nothing is paid twice',
  );
  const { rows } = await city.db.pool.query('select live_months from term where person_id = $1', [
    application.personId,
  ]);
  t.strictSame(rows, [{ live_months: 3 }]);
});

t.test('false material puts every month of the case in doubt, and no other', async (t) => {
  const city = at(another, '3602G1', '360203400');
  const [application, other] = [await city.approved(), await city.approved()];
  const url = `/v1/applications/${application.id}/false-material-reports`;
  const body = { grounds: '就业证明系伪造' };
  const { body: report } = await city.call<{ opened: RecoveryAnswer[] }>(city.handler, 'POST', url, {
    body,
    status: 201,
  });
  t.strictSame(
    report.opened.map(({ month, cause }) => [month, cause]),
    [
      ['2025-04', 'false-material'],
      ['2025-05', 'false-material'],
      ['2025-06', 'false-material'],
    ],
  );
  strictMatch(t, await city.call(city.handler, 'POST', url, { body }), { status: 409 });
  strictMatch(
    t,
    await city.linesOf(await gathered(city)),
    [{ caseNumber: other.caseNumber }],
    'in doubt, not paid',
  );
});

t.test('money returned to finance between two receipts is not posted twice', async (t) => {
  const city = at(await setup(t), '360203', '360203007');
  const recoveredLater = await city.approved();
  await city.approved();
  const part = await received(city, await requested(city), 200_000, false);
  // One line fewer to pay, and 50,000 fen unneeded.
  await recovered(city, recoveredLater.id, '2025-04');
  const given = { amountFen: 50_000, reference: '退-1', returnedOn: '2025-07-05' };
  const back = await city.moneyAct(city.payer, await city.disbursement(part.body), 'fund-returns', given);
  const last = await received(city, back, 100_000);
  strictMatch(t, last, { status: 200, body: { state: 'funded', unspentFen: 250_000 } });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { received: 300_000, returnedToFinance: 50_000, unspent: 250_000 },
  });
});
