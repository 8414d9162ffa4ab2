// After an applicant's death: an heir whom two officers have found is paid the months earned before it, or the case is
// closed. Nobody else is paid, and no month after it.

import t from 'tap';
import type { Static } from 'typebox';
import type { Application as CaseAnswer } from '../../../src/applications/application/schemas.ts';
import type { PayeeChange } from '../../../src/payments/payee-changes/schemas.ts';
import { materialForm } from '../../applications/material-form.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { deathOf, keyOf } from '../../registers/residents.ts';
import type { Application, DisbursementAnswer, Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const street = 'street-360203007';
const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const payer = 'payer-360203';

type Change = Static<typeof PayeeChange>;

const heir = {
  name: '李晓梅',
  identityNumber: '360299197608150020',
  relation: 'spouse',
  account: { bank: '江西银行', number: '621700000000009999' },
};

const urlOf = ({ id }: Pick<Application, 'id'>) => `/v1/applications/${id}`;

async function dies(city: City, resident: Pick<Resident, 'identityNumber'>, on = '2025-07-03') {
  await city.deliver([deathOf(resident as Resident, on)]);
  await city.work();
}

async function paperOf({ call }: City, application: Application, kind: string): Promise<string> {
  const sent = { ...materialForm(kind), status: 201 };
  return (await call<{ id: string }>(street, 'POST', `${urlOf(application)}/materials`, sent)).body.id;
}

async function papersOf(city: City, application: Application) {
  const deathCertificateId = await paperOf(city, application, 'death-certificate');
  const relationProofId = await paperOf(city, application, 'kinship-proof');
  return { deathCertificateId, relationProofId, reason: '已核对死亡证明和亲属关系证明' };
}

async function proposed(city: City, application: Application, more: object = {}): Promise<Change> {
  const body = { heir, ...(await papersOf(city, application)), ...more };
  return (await city.call<Change>(street, 'POST', `${urlOf(application)}/heirs`, { body, status: 200 })).body;
}

async function confirmed(city: City, application: Application, { payeeChangeId }: Change, by = reviewer) {
  const url = `${urlOf(application)}/payee-changes/${payeeChangeId}/confirmation`;
  return await city.call<Change & Problem>(by, 'POST', url);
}

async function lineOf(city: City, batch: DisbursementAnswer, { caseNumber }: Application) {
  const line = (await city.linesOf(batch)).findLast((one) => one.caseNumber === caseNumber);
  if (line === undefined) throw new Error(`${caseNumber} has no line`);
  return line;
}

async function released(city: City, batch: DisbursementAnswer, application: Application) {
  const { lineId } = await lineOf(city, batch, application);
  const url = `/v1/disbursements/${batch.id}/lines/${lineId}/release`;
  await city.call(street, 'POST', url, { body: { reason: '领取人已复核' }, status: 200 });
}

async function fileOf({ call }: City, { id, paymentFiles }: DisbursementAnswer): Promise<string> {
  const query = { batchNumber: paymentFiles.at(-1)?.batchNumber ?? '' };
  return (await call<string>(payer, 'GET', `/v1/disbursements/${id}/payment/file`, { query, status: 200 }))
    .body;
}

const caseOf = async ({ call }: City, application: Application, by = handler) =>
  (await call<CaseAnswer>(by, 'GET', urlOf(application), { status: 200 })).body;

t.test('an heir whom two officers have found is paid what was earned before the death', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const held = await city.verified();
  await dies(city, resident);
  const before = await caseOf(city, application);
  strictMatch(t, before.afterDeath, {
    diedOn: '2025-07-03',
    months: ['2025-04', '2025-05', '2025-06'],
    amountFen: 150_000,
    payee: 'undecided',
    heir: null,
  });
  t.equal((await caseOf(city, application, 'platform-ganfutong')).afterDeath, null, 'a platform is not told');
  const { body: work } = await city.call<{ items: { flags: { code: string; amountFen: number }[] }[] }>(
    handler,
    'GET',
    '/v1/applications',
    { query: { flag: 'died' }, status: 200 },
  );
  strictMatch(t, work.items[0]?.flags, [{ code: 'died', amountFen: 150_000 }]);

  const change = await proposed(city, application);
  strictMatch(t, change, {
    kind: 'heir',
    state: 'proposed',
    name: '李晓梅',
    identityNumber: '3****************0',
    relation: 'spouse',
  });
  strictMatch(
    t,
    await confirmed(city, application, change, street),
    { status: 403 },
    'a street confirms nothing',
  );
  t.equal((await confirmed(city, application, change)).status, 200);
  strictMatch(t, (await caseOf(city, application)).afterDeath, {
    payee: 'heir',
    heir: { name: '李晓梅', identityNumber: '3****************0', relation: 'spouse' },
  });
  await released(city, held, application);
  const batch = await city.inPayment();
  strictMatch(t, await lineOf(city, batch, application), {
    name: resident.name,
    heir: { name: '李晓梅', relation: 'spouse' },
    account: '6****************9',
    amountFen: 150_000,
  });
  const file = await fileOf(city, batch);
  t.match(file, '李晓梅');
  t.match(file, heir.account.number);
  t.notMatch(file, resident.name, 'the holder is the heir');
  await city.settled(batch);
  strictMatch(t, await lineOf(city, batch, application), { state: 'paid' });
  strictMatch(t, await city.reconciliation(), { balanced: true });

  const { body: sheet } = await city.call<{ cases: { payments: object[] }[] }>(
    reviewer,
    'GET',
    `/v1/people/${application.personId}/months/2025-04/explanation`,
    { status: 200 },
  );
  strictMatch(t, sheet.cases[0]?.payments.at(-1), {
    heirRelation: 'spouse',
    heirIdentityNumber: '3****************0',
  });
  const body = {
    applicationId: application.id,
    month: '2025-04',
    grounds: '与用人单位核实，该月已由单位参保',
  };
  const { body: recovery } = await city.call(handler, 'POST', '/v1/recoveries', { body, status: 201 });
  strictMatch(t, recovery, { heir: { name: '李晓梅', relation: 'spouse' } });
  const { body: outcomes } = await city.call<{ items: object[] }>(
    'provincial-system',
    'GET',
    '/v1/payment-outcomes',
    { status: 200 },
  );
  strictMatch(t, outcomes.items.at(-1), {
    person: { name: resident.name },
    heir: { name: '李晓梅', identityNumber: heir.identityNumber, relation: 'spouse' },
  });
});

t.test('the heir is told in an access report of their own who saw and used their data', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  await dies(city, resident);
  const change = await proposed(city, application);
  await confirmed(city, application, change);
  await caseOf(city, application);
  const batch = await city.inPayment();
  await fileOf(city, batch);
  const { rows } = await city.db.pool.query<{ heir: string }>(
    'select heir_person_id as heir from payee_change',
  );
  const { body: report } = await city.call<{ items: { operation: string; shown: string[] }[] }>(
    'auditor',
    'GET',
    `/v1/people/${rows[0]?.heir}/access-report`,
    { status: 200 },
  );
  const seen = new Map(report.items.map(({ operation, shown }) => [operation, shown]));
  t.strictSame(seen.get('proposeHeir'), ['name']);
  t.strictSame(seen.get('confirmPayeeChange'), ['name']);
  t.strictSame(seen.get('getApplication'), ['name']);
  t.strictSame(seen.get('getPaymentFile'), ['name', 'account']);
});

t.test('a month in or after that of the death is never paid, and the dead never are', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const batch = await city.verified();
  await dies(city, resident, '2025-06-20');
  const suspected = await city.recoveries('suspected');
  strictMatch(t, suspected, [{ month: '2025-06' }]);
  await city.call(reviewer, 'POST', `/v1/recoveries/${suspected[0]?.id}/dismissal`, {
    body: { reason: '误以为不必追回' },
    ifMatch: suspected[0]?.version ?? 0,
    status: 200,
  });
  const change = await proposed(city, application);
  await confirmed(city, application, change);
  await released(city, batch, application);
  const again = await city.verified();
  strictMatch(t, await lineOf(city, again, application), { months: ['2025-04', '2025-05'] });

  // The database refuses it, whatever the program does. Shown by taking it away.
  const send = (lines: string) =>
    `update payment_line set state = 'in-payment', batch_number = '1' where ${lines}`;
  const wrong = `person_id = '${application.personId}' and state = 'waiting'`;
  const asApplicant = `update payment_line set name_change_id = null, account_change_id = null where ${wrong}`;
  const withLaterMonth = `insert into payment_line_month (person_id, line_id, month, application_id, amount_fen)
    select person_id, line_id, '2025-06', application_id, 50000 from payment_line where ${wrong}`;
  const refused = /after a death its heir alone is paid/;
  for (const [what, first] of [
    ['to the dead', asApplicant],
    ['for a month after the death', withLaterMonth],
  ] as const) {
    const client = await city.db.pool.connect();
    try {
      await client.query('begin');
      await client.query(`insert into payment_file (batch_number, disbursement_id, line_count, amount_fen, format,
        content_digest, made_at, made_by) values ('1', '${again.id}', 1, 100000, 'utf-8-csv', '', now(), 'x')`);
      await client.query(first);
      await client.query('savepoint before_sending');
      await t.rejects(client.query(send(wrong)), refused, what);
      await client.query('rollback to savepoint before_sending');
      await client.query('alter table payment_line disable trigger pay_heirs_alone_after_death');
      t.equal((await client.query(send(wrong))).rowCount, 1, `${what}: nothing else holds it`);
    } finally {
      await client.query('rollback');
      client.release();
    }
  }
});

t.test('an heir is proposed with every fault told, by who may, and confirmed by another', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const url = `${urlOf(application)}/heirs`;
  const papers = await papersOf(city, application);
  const body = { heir, ...papers };
  const { body: alive } = await city.call<Problem>(handler, 'POST', url, { body, status: 409 });
  t.equal(alive.detail, '登记数据中没有该申请人去世的记录，补贴照常发放。');
  const otherCase = await city.approved();
  const foreign = await paperOf(city, otherCase, 'kinship-proof');
  await dies(city, resident);
  const { body: faults } = await city.call<Problem>(handler, 'POST', url, {
    body: {
      heir: {
        ...heir,
        name: ' ',
        identityNumber: '360299197608150021',
        account: { bank: '江西银行', number: '1' },
      },
      ...papers,
      deathCertificateId: papers.relationProofId,
      relationProofId: foreign,
    },
    status: 400,
  });
  t.strictSame(
    faults.errors.map(({ pointer }) => pointer),
    [
      '/body/heir/name',
      '/body/heir/identityNumber',
      '/body/heir/account/number',
      '/body/deathCertificateId',
      '/body/relationProofId',
    ],
  );
  const { body: oneself } = await city.call<Problem>(handler, 'POST', url, {
    body: { ...body, heir: { ...heir, identityNumber: resident.identityNumber } },
    status: 400,
  });
  strictMatch(t, oneself.errors, [{ pointer: '/body/heir/identityNumber', code: 'heir-is-applicant' }]);
  for (const by of ['platform-ganfutong', payer, reviewer, 'auditor', 'finance-360203'])
    t.equal((await city.call(by, 'POST', url, { body })).status, 403, `${by} may not`);
  for (const by of ['handler-360202', 'street-360203001'])
    t.equal((await city.call(by, 'POST', url, { body })).status, 404, `${by} sees no such case`);
  const { body: change } = await city.call<Change>(handler, 'POST', url, { body, status: 200 });
  t.equal((await city.call(handler, 'POST', url, { body })).status, 409, 'one waits for its answer');
  strictMatch(t, await confirmed(city, application, change, handler), {
    status: 403,
    body: { code: 'same-officer' },
  });
  t.equal((await confirmed(city, application, change, 'reviewer-360202')).status, 404, 'nor another agency');
  const listed = async (by: string) =>
    (
      await city.call<{ items: Change[] }>(by, 'GET', `/v1/payee-changes?applicationId=${application.id}`, {
        status: 200,
      })
    ).body.items.length;
  t.strictSame([await listed(street), await listed('platform-ganfutong')], [1, 0]);
  const rejection = `${urlOf(application)}/payee-changes/${change.payeeChangeId}/rejection`;
  t.equal(
    (await city.call('platform-ganfutong', 'POST', rejection, { body: { reason: '不是' } })).status,
    404,
  );
  const { body: account } = await city.call<Problem>(
    'platform-ganfutong',
    'POST',
    `${urlOf(application)}/account-changes`,
    {
      body: { account: heir.account, reason: '更换账户' },
      status: 409,
    },
  );
  t.match(account.detail, /申请人已去世/);
  await t.rejects(
    city.db.pool.query(
      `update payee_change set state = 'confirmed', answered_by = proposed_by, answered_at = now()`,
    ),
    /two_officers_per_payee_change/,
  );
});

t.test(
  'an heir’s payment that failed is paid again to the heir, and that of the dead to the heir too',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const application = await city.approved(resident);
    const batch = await city.inPayment();
    await fileOf(city, batch);
    await dies(city, resident);
    const failed = await city.settled(batch, () => ({ result: 'failed', failure: 'account-closed' }));
    const { lineId } = await lineOf(city, failed, application);
    const line = `/v1/disbursements/${batch.id}/lines/${lineId}/reissue`;
    const { body: early } = await city.call<Problem>(payer, 'POST', line, {
      body: { reason: '重发' },
      status: 409,
    });
    t.match(early.detail, /请先登记领取人/);
    await confirmed(city, application, await proposed(city, application));
    await city.call(payer, 'POST', line, { body: { reason: '改由领取人领取' }, status: 200 });
    await city.call(reviewer, 'POST', `${line}/confirmation`, { status: 200 });
    const again = await city.moneyAct(payer, await city.disbursement(batch), 'payment', {
      format: 'utf-8-csv',
    });
    const file = await fileOf(city, again);
    t.match(file, /李晓梅.*621700000000009999|621700000000009999.*李晓梅/);
    const second = await city.settled(again, () => ({ result: 'failed', failure: 'no-account' }));
    const failedAgain = await lineOf(city, second, application);
    const next = `/v1/disbursements/${batch.id}/lines/${failedAgain.lineId}/reissue`;
    const account = { bank: '江西银行', number: '621700000000007777' };
    await city.call(payer, 'POST', next, { body: { account, reason: '账号有误' }, status: 200 });
    await city.call(reviewer, 'POST', `${next}/confirmation`, { status: 200 });
    const last = await city.moneyAct(payer, await city.disbursement(batch), 'payment', {
      format: 'utf-8-csv',
    });
    t.match(await fileOf(city, last), /李晓梅.*621700000000007777|621700000000007777.*李晓梅/);
    await city.settled(last);
    const { account: own } = await caseOf(city, application);
    t.equal(
      own.number.at(-1),
      resident.account?.at(-1) ?? own.number.at(-1),
      'the applicant’s account is untouched',
    );
  },
);

t.test(
  'a case that nobody inherits is closed by two officers: what was held is released and not paid',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const application = await city.approved(resident);
    const batch = await city.verified();
    const url = `${urlOf(application)}/closures-after-death`;
    const body = { reason: '家属书面表示不再领取' };
    t.equal((await city.call(handler, 'POST', url, { body })).status, 409, 'the applicant lives');
    await dies(city, resident);
    for (const by of ['platform-ganfutong', payer, reviewer])
      t.equal((await city.call(by, 'POST', url, { body })).status, 403, `${by} may not`);
    const { body: change } = await city.call<Change>(handler, 'POST', url, { body, status: 200 });
    strictMatch(t, await confirmed(city, application, change, handler), {
      status: 403,
      body: { code: 'same-officer' },
    });
    strictMatch(t, await confirmed(city, application, change), {
      status: 200,
      body: { kind: 'nobody', state: 'confirmed' },
    });
    strictMatch(t, await lineOf(city, batch, application), { state: 'released', releaseCause: 'closed' });
    const { afterDeath, flags } = await caseOf(city, application);
    strictMatch(t, afterDeath, { payee: 'closed', amountFen: 150_000 });
    t.match(flags[0]?.detail ?? '', /本案已结案，不再发放。$/);
    const { body: empty } = await city.call<Problem>(payer, 'POST', '/v1/disbursements', { status: 409 });
    t.equal(empty.code, 'disbursement-empty');
    const { body: overview } = await city.call<{
      months: { money: { state: string } | null }[];
      money: object;
    }>(handler, 'GET', `/v1/people/${application.personId}/overview`, { status: 200 });
    t.strictSame(
      overview.months.map(({ money }) => money?.state),
      ['closed', 'closed', 'closed'],
    );
    strictMatch(t, overview.money, { waitingFen: 0 });
    strictMatch(t, await city.reconciliation(), { balanced: true });

    await confirmed(city, application, await proposed(city, application));
    strictMatch(
      t,
      (await caseOf(city, application)).afterDeath,
      { payee: 'heir' },
      'an heir who turns up later',
    );
    await city.settled(await city.inPayment());
  },
);

t.test('an heir is paid no more once dead, or once the death turns out to be an error', async (t) => {
  const city = await setup(t);
  const [widowed, mistaken] = [await city.resident(), await city.resident()];
  const [first, second] = [await city.approved(widowed), await city.approved(mistaken)];
  for (const resident of [widowed, mistaken]) await dies(city, resident);
  await confirmed(city, first, await proposed(city, first));
  await confirmed(city, second, await proposed(city, second));
  const batch = await city.inPayment();
  await dies(city, { identityNumber: heir.identityNumber }, '2025-07-04');
  for (const one of [first, second]) {
    const { state, holdReason } = await lineOf(city, batch, one);
    t.equal(state, 'held');
    t.match(holdReason ?? '', /领取人已于2025年7月4日去世/);
  }
  strictMatch(t, (await caseOf(city, first)).afterDeath, { payee: 'undecided' });

  const other = { ...heir, identityNumber: '360299199001010012', name: '王小明', relation: 'child' };
  await confirmed(city, second, await proposed(city, second, { heir: other }));
  await released(city, batch, second);
  const next = await city.verified();
  const { identityNumber } = mistaken;
  const sourceKey = `death-${keyOf({ identityNumber })}`;
  await city.deliver([{ kind: 'death', sourceKey, version: 2, identityNumber, removed: true }]);
  await city.work();
  const requested = await city.moneyAct(payer, next, 'fund-request');
  const receipt = { amountFen: 150_000, reference: '拨-9', receivedOn: '2025-07-05' };
  const funded = await city.moneyAct('finance-360203', requested, 'fund-receipts', receipt);
  const sent = await city.call<Problem>(payer, 'POST', `/v1/disbursements/${next.id}/payment`, {
    body: { format: 'utf-8-csv' },
    ifMatch: funded.version,
  });
  t.equal(sent.status, 409, 'nobody inherits from the living');
});
