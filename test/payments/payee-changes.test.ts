// Mistakes about whom a case pays, mended before the bank has the payment or after it refused the name.

import t from 'tap';
import type { Static } from 'typebox';
import type { PayeeChange } from '../../src/payments/payee-changes/schemas.ts';
import { materialForm } from '../applications/material-form.ts';
import { type Problem, setup } from '../helper.ts';
import type { Application, DisbursementAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

const city = await setup(t);
const { call } = city;
const platform = 'platform-ganfutong';
const street = 'street-360203007';
const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const payer = 'payer-360203';
const account = { bank: '江西银行', number: '621700000000009999' };
const body = { account, reason: '更换社会保障卡，已核对新卡' };

type Change = Static<typeof PayeeChange>;

const urlOf = ({ id }: Pick<Application, 'id'>) => `/v1/applications/${id}`;

async function proposed(application: Application, by = platform): Promise<Change> {
  const url = `${urlOf(application)}/account-changes`;
  return (await call<Change>(by, 'POST', url, { body, status: 200 })).body;
}

async function answered(by: string, application: Application, { payeeChangeId }: Change, how: string) {
  const url = `${urlOf(application)}/payee-changes/${payeeChangeId}/${how}`;
  return await call<Change & Problem>(
    by,
    'POST',
    url,
    how === 'rejection' ? { body: { reason: '与新卡不符' } } : {},
  );
}

async function lineOf(batch: DisbursementAnswer, { caseNumber }: Application) {
  const line = (await city.linesOf(batch)).findLast((one) => one.caseNumber === caseNumber);
  if (line === undefined) throw new Error(`${caseNumber} has no line`);
  return line;
}

async function fileOf({ id, paymentFiles }: DisbursementAnswer, reason?: string): Promise<string> {
  const batchNumber = paymentFiles.at(-1)?.batchNumber ?? '';
  const query = { batchNumber, ...(reason === undefined ? {} : { reason }) };
  const url = `/v1/disbursements/${id}/payment/file`;
  return (await call<string>(payer, 'GET', url, { query, status: 200 })).body;
}

async function funded(verified: DisbursementAnswer) {
  const requested = await city.moneyAct(payer, verified, 'fund-request');
  const amountFen = requested.fundRequest?.amountFen;
  return await city.moneyAct('finance-360203', requested, 'fund-receipts', {
    amountFen,
    reference: `拨-${requested.number}`,
    receivedOn: '2025-07-05',
  });
}

async function noticesOf({ id }: Application): Promise<{ paragraphs: string[] }[]> {
  const { rows } = await city.db.pool.query<{ content: string }>(
    "select content from notice where application_id = $1 and kind = 'payee-change'",
    [id],
  );
  return rows.map(({ content }) => JSON.parse(content));
}

t.test(
  'an account changed after the roster was verified is paid once another officer has confirmed it',
  async (t) => {
    const application = await city.approved();
    const verified = await city.verified();
    const before = await lineOf(verified, application);
    const change = await proposed(application);
    strictMatch(t, change, { kind: 'account', state: 'proposed', bank: '江西银行', name: null });
    strictMatch(t, await lineOf(verified, application), { account: before.account, accountChangedAt: null });
    t.equal((await answered(handler, application, change, 'confirmation')).status, 200);
    const line = await lineOf(verified, application);
    t.match(line.account, /^6\*+9$/);
    t.type(line.accountChangedAt, 'string', 'the roster says when');
    const after = await city.disbursement(verified);
    t.equal(after.state, 'verified', 'two officers stand for the account; the street need not sign again');
    strictMatch(t, await call(platform, 'GET', urlOf(application)), {
      body: { account: { bank: '江西银行', number: line.account } },
    });
    const [notice] = await noticesOf(application);
    t.match(
      notice?.paragraphs[0] ?? '',
      /收款账户已更改为江西银行账户6\*+9。尚未发放的补贴按更正后的信息发放。$/,
    );
    t.match(notice?.paragraphs[1] ?? '', /如果不是您本人要求更正的/);
    const started = await city.moneyAct(payer, await funded(after), 'payment', { format: 'utf-8-csv' });
    t.match(await fileOf(started), account.number);
    await city.settled(started);
    strictMatch(t, await lineOf(started, application), { state: 'paid' });
    const { body: more } = await call<Problem>(platform, 'POST', `${urlOf(application)}/account-changes`, {
      body: { ...body, account: { ...account, number: '621700000000008888' } },
      status: 409,
    });
    t.equal(more.detail, '这笔补贴已经发放。今后的补贴请在下次申请时填写新的账户。');
  },
);

t.test('an account changed before the months are gathered is on the roster from the beginning', async (t) => {
  const application = await city.approved();
  const change = await proposed(application, street);
  const own = await answered(street, application, change, 'confirmation');
  t.equal(own.status, 403, 'a street confirms nothing');
  t.equal((await answered(reviewer, application, change, 'confirmation')).status, 200);
  strictMatch(t, await answered(reviewer, application, change, 'confirmation'), { status: 409 });
  const batch = await city.inPayment();
  t.match((await lineOf(batch, application)).account, /^6\*+9$/);
  t.match(await fileOf(batch), account.number);
  await city.settled(batch);
});

t.test('nothing changes for a payment that the bank may have', async (t) => {
  const application = await city.approved();
  const change = await proposed(application);
  const batch = await city.inPayment();
  const before = await fileOf(batch);
  const late = await answered(handler, application, change, 'confirmation');
  strictMatch(t, late, {
    status: 409,
    body: { detail: '这笔补贴已列入发放文件，请等银行结果：发放失败的，更正后重新发放。' },
  });
  const url = `${urlOf(application)}/account-changes`;
  t.equal((await call(street, 'POST', url, { body })).status, 409);
  t.equal(await fileOf(batch, '重新下载'), before);
  const { lineId } = await lineOf(batch, application);
  await t.rejects(
    city.db.pool.query('update payment_line set account_change_id = $1 where line_id = $2', [
      change.payeeChangeId,
      lineId,
    ]),
    { code: '23514', message: 'the bank may have this line' },
  );
  t.equal(
    (await answered(platform, application, change, 'rejection')).status,
    200,
    'its proposer withdraws it',
  );
  await city.settled(batch, () => ({ result: 'failed', failure: 'account-closed' }));
  const { body: failed } = await call<Problem>(platform, 'POST', url, { body, status: 409 });
  t.equal(failed.detail, '这笔补贴发放失败或被银行退回，请以“重新发放”更正账户。');
});

t.test('an account proposed before the payment arrived is not confirmed after it', async (t) => {
  const application = await city.approved();
  const change = await proposed(application);
  await city.settled(await city.inPayment(), () => ({ result: 'paid' }));
  strictMatch(t, await answered(handler, application, change, 'confirmation'), {
    status: 409,
    body: { detail: '这笔补贴已经发放。今后的补贴请在下次申请时填写新的账户。' },
  });
  t.equal((await answered(platform, application, change, 'rejection')).status, 200);
});

t.test('a change is refused with every reason, to strangers too, and waits alone', async (t) => {
  const application = await city.approved();
  const url = `${urlOf(application)}/account-changes`;
  strictMatch(
    t,
    await call<Problem>(platform, 'POST', url, { body: { account: { bank: '江', number: '' }, why: 1 } }),
    {
      status: 400,
    },
  );
  const { body: short } = await call<Problem>(platform, 'POST', url, {
    body: { ...body, account: { ...account, number: '12345' } },
  });
  t.equal(short.errors[0]?.pointer, '/body/account/number');
  for (const stranger of ['platform-wujia2', 'street-360203001'])
    t.equal((await call(stranger, 'POST', url, { body })).status, 404, stranger);
  for (const forbidden of [payer, reviewer, 'auditor'])
    t.equal((await call(forbidden, 'POST', url, { body })).status, 403, forbidden);
  const change = await proposed(application);
  t.equal((await call(street, 'POST', url, { body })).status, 409, 'one waits for its answer');
  t.equal((await answered('handler-360202', application, change, 'confirmation')).status, 404);
  t.equal((await answered(reviewer, application, change, 'rejection')).status, 200);
  t.equal((await answered(reviewer, application, change, 'confirmation')).status, 409);
  const again = await proposed(application, street);
  const { body: listed } = await call<{ items: Change[] }>(payer, 'GET', '/v1/payee-changes', {
    query: { applicationId: application.id },
    status: 200,
  });
  t.strictSame(
    listed.items.map(({ payeeChangeId, state }) => [payeeChangeId, state]),
    [
      [change.payeeChangeId, 'rejected'],
      [again.payeeChangeId, 'proposed'],
    ],
  );
  const draft = await city.drafted(await city.resident());
  t.equal((await call(platform, 'POST', `${urlOf(draft)}/account-changes`, { body })).status, 409);
});

t.test(
  'a wrong name that the bank refused is corrected by two officers and paid again, with no recovery',
  async (t) => {
    const application = await city.approved();
    const batch = await city.inPayment();
    await city.settled(batch, ({ caseNumber }) =>
      caseNumber === application.caseNumber
        ? { result: 'failed', failure: 'name-mismatch' }
        : { result: 'paid' },
    );
    const failed = await lineOf(batch, application);
    const url = `${urlOf(application)}/name-corrections`;
    const unknown = { name: '李晓梅', materialId: application.id, reason: '录入有误，已核对身份证原件' };
    const { body: refused } = await call<Problem>(handler, 'POST', url, { body: { ...unknown, name: ' ' } });
    t.strictSame(
      refused.errors.map(({ pointer, code }) => [pointer, code]),
      [
        ['/body/name', 'name-empty'],
        ['/body/materialId', 'no-identity-card'],
      ],
    );
    const { body: card } = await call<{ id: string }>(street, 'POST', `${urlOf(application)}/materials`, {
      ...materialForm('identity-card'),
      status: 201,
    });
    const right = { ...unknown, materialId: card.id };
    t.equal((await call(platform, 'POST', url, { body: right })).status, 403, 'a platform does not rename');
    const { body: change } = await call<Change>(handler, 'POST', url, { body: right, status: 200 });
    strictMatch(t, change, { kind: 'name', name: '李晓梅', account: null, materialId: card.id });
    strictMatch(t, await answered(handler, application, change, 'confirmation'), {
      status: 403,
      body: { code: 'same-officer' },
    });
    t.equal((await answered(reviewer, application, change, 'confirmation')).status, 200);
    strictMatch(t, await lineOf(batch, application), {
      name: failed.name,
      nameChangedAt: null,
      state: 'failed',
    });
    const [notice] = await noticesOf(application);
    t.match(notice?.paragraphs[0] ?? '', /申请人姓名已更正为李\*\*/);
    const { body: now } = await call<{ applicant: object }>(handler, 'GET', urlOf(application), {
      status: 200,
    });
    strictMatch(t, now.applicant, { name: '李晓梅' });

    const line = `/v1/disbursements/${batch.id}/lines/${failed.lineId}/reissue`;
    await call(payer, 'POST', line, { body: { reason: '姓名已更正' }, status: 200 });
    await call(reviewer, 'POST', `${line}/confirmation`, { status: 200 });
    const again = await city.moneyAct(payer, await city.disbursement(batch), 'payment', {
      format: 'utf-8-csv',
    });
    const sent = await fileOf(again);
    t.match(sent, '李晓梅');
    t.equal(sent, await fileOf(again, '核对'), 'the file is the same again');
    await city.settled(again);
    const paid = await lineOf(again, application);
    strictMatch(t, paid, { state: 'paid', name: '李晓梅', replacesLineId: failed.lineId });
    t.strictSame(await city.recoveries('suspected'), []);
    t.strictSame(await city.recoveries('confirmed'), []);
    strictMatch(t, await city.reconciliation(), { balanced: true });
  },
);

t.test('an officer lists what waits for confirmation across cases, within scope', async (t) => {
  const own = await setup(t);
  const cases = [await own.approved(), await own.approved()];
  const changes: string[] = [];
  for (const one of cases) {
    const url = `${urlOf(one)}/account-changes`;
    const { body: change } = await own.call<Change>(platform, 'POST', url, { body, status: 200 });
    changes.push(change.payeeChangeId);
  }
  const listed = async (by: string, query: Readonly<Record<string, string>> = { state: 'proposed' }) => {
    const options = { query, status: 200 };
    return (await own.call<{ items: Change[] }>(by, 'GET', '/v1/payee-changes', options)).body.items;
  };
  for (const by of [handler, reviewer, street, platform])
    t.strictSame(
      (await listed(by)).map(({ payeeChangeId }) => payeeChangeId),
      changes,
      by,
    );
  for (const by of ['handler-360202', 'street-360203001', 'platform-wujia2'])
    t.strictSame(await listed(by), [], by);
  const [first, second] = cases;
  const ofFirst = `${urlOf({ id: first?.id ?? '' })}/payee-changes/${changes[0]}/confirmation`;
  await own.call(handler, 'POST', ofFirst, { status: 200 });
  t.strictSame(
    (await listed(reviewer)).map(({ applicationId }) => applicationId),
    [second?.id],
  );
  t.equal((await listed(reviewer, { applicationId: first?.id ?? '' }))[0]?.state, 'confirmed');
});
