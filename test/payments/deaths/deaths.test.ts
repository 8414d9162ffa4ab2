// A death that is reported late: nothing more goes to the bank until somebody has decided who is paid.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Flag } from '../../../src/applications/flags/operations.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { deathOf, keyOf } from '../../registers/residents.ts';
import type { DisbursementAnswer, Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const stepMs = 60;

const flag: Flag = {
  code: 'died',
  title: '申请人已去世',
  detail:
    '申请人已于2025年7月10日去世。去世前的月份仍属应得，由谁领取由经办机构确定；审核通过须写明理由，确定领取人之前不列入发放。',
  amountFen: null,
  needs: 'reason',
};
/** The same of a case, with its months. */
const flagOf = (granted: string, amountFen: number | null = null): Flag => ({
  ...flag,
  detail: `申请人已于2025年7月10日去世。去世前应得、尚未发放的月份：2025年4月至6月${granted}。由谁领取由经办机构确定：登记领取人，由另一人复核，确定之前不列入发放；无人领取的，提出结案。审核通过须写明理由。`,
  amountFen,
});
const holdReason = '登记显示申请人已于2025年7月10日去世，须由经办机构确定领取人后再发放。';

/** The constraint that a statement violates; null if it violates none. */
async function brokenBy(city: City, statement: string): Promise<string | null> {
  return await city.db.pool.query(statement).then(
    () => null,
    (error: { constraint?: string }) => error.constraint ?? '',
  );
}

async function dies(city: City, ...residents: readonly Resident[]) {
  await city.deliver(residents.map((resident) => deathOf(resident, '2025-07-10')));
  await city.work();
}

const fetched = (city: City, { id }: DisbursementAnswer, batchNumber?: string) =>
  city.call<Problem & string>('payer-360203', 'GET', `/v1/disbursements/${id}/payment/file`, {
    query: batchNumber === undefined ? {} : { batchNumber },
  });

const statesOf = async (city: City, run: DisbursementAnswer) =>
  (await city.linesOf(run)).map(({ caseNumber, state, holdReason: why }) => [caseNumber, state, why]);

t.test('after a death, a gathered line is held and a month that was not gathered yet is not', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const gathered = await city.approved(resident);
  const run = await city.verified();
  const later = await city.resident();
  await city.approved(later);
  const living = await city.approved();
  city.clock.set('2025-07-15');
  await dies(city, resident, later);
  t.strictSame(await statesOf(city, run), [[gathered.caseNumber, 'held', holdReason]]);
  t.strictSame((await city.linesOf(run))[0]?.flags, [flagOf('，已批准1500元', 150_000)]);
  const next = await city.verified();
  t.strictSame(await statesOf(city, next), [[living.caseNumber, 'waiting', null]]);
  t.strictSame(await city.recoveries(), [], 'what was earned before the death is not in doubt');
  strictMatch(t, await city.reconciliation(), { balanced: true });
});

t.test('a line of a person who died is left out of the payment file', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const living = await city.approved();
  const ready = await city.verified();
  const requested = await city.moneyAct('payer-360203', ready, 'fund-request');
  const receipt = { amountFen: 300_000, reference: '拨-1', receivedOn: '2025-07-05' };
  const funded = await city.moneyAct('finance-360203', requested, 'fund-receipts', receipt);
  city.clock.set('2025-07-15');
  await city.deliver([deathOf(resident, '2025-07-10')]);
  // The job that holds the line has not run yet.
  const batch = await city.moneyAct('payer-360203', funded, 'payment', { format: 'utf-8-csv' });
  t.strictSame(await statesOf(city, batch), [
    [application.caseNumber, 'waiting', null],
    [living.caseNumber, 'in-payment', null],
  ]);
});

t.test(
  'after a death, a payment file that nobody has downloaded is withdrawn and created again without the line',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const application = await city.approved(resident);
    const living = await city.approved();
    const batch = await city.inPayment();
    city.clock.set('2025-07-15');
    await dies(city, resident);
    t.strictSame(await statesOf(city, batch), [
      [application.caseNumber, 'held', holdReason],
      [living.caseNumber, 'waiting', null],
    ]);
    const taken = await city.disbursement(batch);
    t.equal(taken.state, 'funded');
    t.equal(typeof taken.paymentFiles[0]?.withdrawnAt, 'string');
    const refused = await fetched(city, batch);
    t.equal(refused.status, 409);
    t.equal(refused.body.code, 'state-conflict');
    t.ok(refused.body.detail.startsWith(`发放文件 ${batch.number}-01 已撤回`), refused.body.detail);
    strictMatch(t, await city.reconciliation(), { balanced: true });

    const anew = await city.moneyAct('payer-360203', taken, 'payment', { format: 'utf-8-csv' });
    const file = await fetched(city, anew);
    t.equal(file.status, 200);
    const lines = await city.linesOf(anew);
    t.strictSame(
      lines.map(({ lineId }) => file.body.includes(lineId)),
      [false, true],
      'the bank is sent the living alone',
    );
    const settled = await city.settled(anew);
    t.equal(settled.state, 'settled');
    t.equal(settled.unspentFen, 150_000);
    strictMatch(t, await city.reconciliation(), { balanced: true });
    const held = 'fetched_files_are_not_withdrawn';
    const withdraw =
      'update payment_file set is_withdrawn = true, withdrawn_at = now() where not is_withdrawn';
    t.equal(await brokenBy(city, withdraw), held, 'a file that was fetched stays');
    const fetch = `insert into payment_file_download (download_id, batch_number, downloaded_at, downloaded_by)
    select gen_random_uuid(), batch_number, now(), 'somebody' from payment_file where is_withdrawn`;
    t.equal(await brokenBy(city, fetch), held, 'a file that was taken back is fetched by nobody');
  },
);

t.test('a payment file is either downloaded or withdrawn, never both', async (t) => {
  const city = await setup(t);
  const runs = [];
  for (const _ of [1, 2, 3, 4]) {
    const resident = await city.resident();
    await city.approved(resident);
    runs.push({ resident, batch: await city.inPayment() });
  }
  city.clock.set('2025-07-15');
  for (const { resident } of runs) await city.deliver([deathOf(resident, '2025-07-10')]);
  // The payer acts at different moments of the job.
  const [, ...files] = await Promise.all([
    city.work(),
    ...runs.map(async ({ batch }, index) => {
      await delay(index * stepMs);
      return await fetched(city, batch);
    }),
  ]);
  for (const [index, { batch }] of runs.entries()) {
    const isFetched = files[index]?.status === 200;
    const [line] = await city.linesOf(batch);
    t.equal(line?.state, isFetched ? 'in-payment' : 'held', isFetched ? 'fetched' : 'taken back');
  }
  strictMatch(t, await city.reconciliation(), { balanced: true });
});

t.test('after a death, payments with the bank are left to it, and paid months to a recovery', async (t) => {
  const city = await setup(t);
  const paid = await city.resident();
  await city.approved(paid);
  const settled = await city.settled(await city.inPayment());
  const sent = await city.resident();
  await city.approved(sent);
  const batch = await city.inPayment();
  t.equal((await fetched(city, batch)).status, 200);
  city.clock.set('2025-07-15');
  // Both died before the last month ended.
  await city.deliver([deathOf(paid, '2025-06-20'), deathOf(sent, '2025-06-20')]);
  await city.work();
  t.strictSame(
    (await city.linesOf(settled)).map(({ state }) => state),
    ['paid'],
  );
  t.strictSame(
    (await city.linesOf(batch)).map(({ state }) => state),
    ['in-payment'],
  );
  t.strictSame(
    (await city.recoveries('suspected')).map(({ month, findings }) => [month, findings[0]?.check]),
    [
      ['2025-06', 'local-household'],
      ['2025-06', 'local-household'],
    ],
    'the month of the death, and not those that had ended',
  );
});

t.test('an open case of a person who died needs a reviewer’s decision with a reason', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.accepted(resident);
  const before = await city.compared(application);
  city.clock.set('2025-07-15');
  await dies(city, resident);
  const { call } = city;
  const check = await city.asked<{ flags: Flag[] }>(resident, {}, 'handler-360203');
  t.strictSame(check.body.flags, [flag], 'the pre-check of an officer says it');
  const atPlatform = await city.asked<{ flags: Flag[] }>(resident);
  t.strictSame(atPlatform.body.flags, [], 'and that of a platform does not');
  t.strictSame((await city.read(application)).flags, [flagOf('')], 'the case says it');
  const listed = await call<{ items: { id: string }[] }>('handler-360203', 'GET', '/v1/applications', {
    query: { flag: 'died' },
    status: 200,
  });
  t.strictSame(
    listed.body.items.map(({ id }) => id),
    [application.id],
  );
  const decide = (comparisonId: string, confirmations?: object[]) =>
    call<Problem>('reviewer-360203', 'POST', `/v1/applications/${application.id}/decision`, {
      body: { comparisonId, outcome: 'approved', ...(confirmations && { confirmations }) },
      ifMatch: application.version,
    });
  t.equal((await decide(before.id)).body.code, 'comparison-stale');
  const { id, flags } = await city.compared(application);
  t.strictSame(flags, [flagOf('')]);
  const batch = await call<{ done: number }>('reviewer-360203', 'POST', '/v1/decisions', {
    body: { items: [{ applicationId: application.id, version: application.version, comparisonId: id }] },
    status: 200,
  });
  t.equal(batch.body.done, 0, 'not in a batch');
  t.equal((await decide(id)).body.code, 'flags-unconfirmed');
  t.equal((await decide(id, [{ flag: 'died' }])).body.code, 'flags-unconfirmed');
  t.equal((await decide(id, [{ flag: 'died', reason: '去世前三个月均已缴费' }])).status, 201);
  t.equal((await call<Problem>('payer-360203', 'POST', '/v1/disbursements')).body.code, 'disbursement-empty');
});

t.test('a death reported in error holds no payment once it is withdrawn', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  city.clock.set('2025-07-15');
  await dies(city, resident);
  const { identityNumber } = resident;
  const sourceKey = `death-${keyOf({ identityNumber })}`;
  await city.deliver([{ kind: 'death', sourceKey, version: 2, identityNumber, removed: true }]);
  await city.work();
  t.strictSame((await city.read(application)).flags, []);
  t.strictSame(await statesOf(city, await city.verified()), [[application.caseNumber, 'waiting', null]]);
});
