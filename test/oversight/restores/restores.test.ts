// After a restore to an earlier moment: what was written since is lost, and others have seen it. A database is copied at
// the moment; the service goes on with the one, which is lost, and is started again on the copy.

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import type { Checkpoint } from '../../../src/oversight/audit/checkpoint.ts';
import { beginCheckpoints, exportCheckpoint } from '../../../src/runtime/jobs/checkpoints.ts';
import { sealAll } from '../../../src/runtime/jobs/sealing.ts';
import { openBoth, type TestDatabase } from '../../database.ts';
import { type City, cityOn, type Problem, setup } from '../../helper.ts';
import { hookTo, pass, sendAll, startReceiver } from '../../notifications/webhooks/receiver.ts';
import { administer, withDatabase } from '../../server.ts';
import { strictMatch } from '../../strict-match.ts';

const moment = '2025-07-05T02:30:00Z';
const lostTime = '2025-07-05T03:00:00Z';

interface Feed {
  readonly items: readonly { readonly id: string; readonly applicationId: string }[];
  readonly next: string;
}

/** The data of now under another name. */
async function copyOf(test: Test, { url, ownerUrl, serviceUrl }: TestDatabase): Promise<TestDatabase> {
  const [from, copy] = [new URL(url).pathname.slice(1), `test_${randomBytes(6).toString('hex')}`];
  const server = withDatabase(url, 'postgres');
  await administer(server, `alter database ${from} allow_connections false`);
  await administer(
    server,
    `select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = '${from}'`,
  );
  const owner = new URL(ownerUrl).username;
  await administer(server, `create database ${copy} template ${from} owner ${owner}`);
  await administer(server, `alter database ${from} allow_connections true`);
  await administer(server, `revoke temporary on database ${copy} from public`);
  test.teardown(() => administer(server, `drop database ${copy} with (force)`));
  const [ofSuperuser, ofOwner, ofService] = [url, ownerUrl, serviceUrl].map((one) => withDatabase(one, copy));
  return openBoth(test, { url: ofSuperuser ?? '', ownerUrl: ofOwner ?? '', serviceUrl: ofService ?? '' });
}

const root = join(import.meta.dirname, '../../..');

/** Runs a command of the operator. */
async function run(url: string, command: string, ...options: string[]) {
  const env = { PATH: process.env['PATH'], DATABASE_URL: url };
  return await promisify(execFile)(process.execPath, ['src/start.js', command, ...options], {
    cwd: root,
    env,
  });
}

/** The service on the copy, once the command has been run. */
async function restored(test: Test, city: City, copy: TestDatabase, ...options: string[]): Promise<City> {
  await run(copy.ownerUrl, 'after-restore', '--moment', moment, ...options);
  const again = await cityOn(test, copy, { SUBSIDY_DATA_DIR: city.dataDir });
  // It meets other people than the city did.
  for (let met = 0; met < 10; met += 1) again.nextResident();
  return again;
}

async function feed({ call }: City, url: string, after?: string): Promise<Feed> {
  const query: Record<string, string> = after === undefined ? {} : { after };
  return (await call<Feed>('provincial-system', 'GET', url, { query, status: 200 })).body;
}

t.test('no number and no version that others may have seen is given again', async (t) => {
  const city = await setup(t);
  const seen = await city.applied();
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  const lost = await city.applied();
  await city.act('handler-360203', seen, 'acceptance');
  const lostNotices = await city.db.pool.query('select notice_number from notice order by 1');

  const again = await restored(t, city, copy, '--ahead', '0', '--case-number', lost.caseNumber);
  const next = await again.applied();
  t.equal(Number(next.caseNumber.split('-')[1]), Number(lost.caseNumber.split('-')[1]) + 1);
  const { body } = await again.call<Problem>(
    'handler-360203',
    'POST',
    `/v1/applications/${seen.id}/acceptance`,
    {
      body: { reason: '已告知申请人，待审核' },
      ifMatch: seen.version,
      status: 412,
    },
  );
  t.equal(body.code, 'precondition-failed', 'a page of before is to be read again');
  const { version } = await again.read(seen);
  t.ok(version > seen.version + 100);
  await again.act('handler-360203', { ...seen, version }, 'acceptance');
  const notices = await again.db.pool.query('select notice_number from notice order by 1');
  const given = new Set(lostNotices.rows.map(({ notice_number }) => notice_number));
  t.ok(given.size > 0 && notices.rows.length > 0);
  t.strictSame(
    notices.rows.filter(({ notice_number }) => given.has(notice_number)),
    [],
    'papers too',
  );
  const sequences = await again.db.pool.query(
    `select sequencename from pg_sequences where schemaname = 'public' and last_value is null`,
  );
  t.strictSame(sequences.rows, [], 'every sequence was moved');
});

t.test('a cursor that has passed lost events is refused and told from where to go on', async (t) => {
  const city = await setup(t);
  const seen = await city.approved();
  const feeds = ['/v1/events', '/v1/decisions', '/v1/payment-outcomes'];
  const before = new Map<string, Feed>();
  for (const url of feeds) before.set(url, await feed(city, url));
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  const lost = await city.approved();
  await city.settled(await city.inPayment());
  const after = new Map<string, Feed>();
  for (const url of feeds) after.set(url, await feed(city, url, before.get(url)?.next));
  t.ok(after.get('/v1/events')?.items.some(({ applicationId }) => applicationId === lost.id));

  const early = await cityOn(t, copy, { SUBSIDY_DATA_DIR: city.dataDir });
  const query = { after: after.get('/v1/events')?.next ?? '' };
  await early.call('provincial-system', 'GET', '/v1/events', { query, status: 409 });
  const again = await restored(t, city, copy);
  const anew = await again.approved();
  for (const url of feeds) {
    const query = { after: after.get(url)?.next ?? '' };
    const { body } = await again.call<Problem>('provincial-system', 'GET', url, { query, status: 409 });
    t.equal(body.code, 'cursor-ahead', url);
    const from = /续读位置：([\w-]+)$/.exec(body.detail)?.[1];
    t.strictSame(
      (await feed(again, url, from)).items,
      (await feed(again, url, before.get(url)?.next)).items,
      'as from a cursor of before the moment, which holds on',
    );
    const cases = (await feed(again, url, from)).items.map(({ applicationId }) => applicationId);
    if (url !== '/v1/payment-outcomes') t.ok(cases.includes(anew.id), 'what is new is read');
    t.notOk(cases.includes(lost.id) || cases.includes(seen.id));
  }
  const heard = await feed(again, '/v1/events');
  t.strictSame((await feed(again, '/v1/events', heard.next)).items, [], 'a new cursor holds');
  t.equal(new Set(heard.items.map(({ id }) => id)).size, heard.items.length);
});

t.test('a request whose effect was lost is done anew under the same key', async (t) => {
  const city = await setup(t);
  const applicant = await city.resident();
  const kept = { body: city.applicationOf(await city.resident()), key: 'kept-before-the-moment' };
  const first = await city.call<{ id: string }>('platform-ganfutong', 'POST', '/v1/applications', kept);
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  const request = { body: city.applicationOf(applicant), key: 'lost-with-its-answer' };
  const lost = await city.call<{ id: string }>('platform-ganfutong', 'POST', '/v1/applications', request);
  const again = await restored(t, city, copy);
  await again.call('platform-ganfutong', 'GET', `/v1/applications/${lost.body.id}`, { status: 404 });
  const anew = await again.call<{ id: string }>('platform-ganfutong', 'POST', '/v1/applications', {
    ...request,
    status: 201,
  });
  t.not(anew.body.id, lost.body.id);
  t.equal(anew.headers['idempotency-replayed'], undefined);
  const replayed = await again.call<{ id: string }>('platform-ganfutong', 'POST', '/v1/applications', kept);
  t.strictSame([replayed.body.id, replayed.headers['idempotency-replayed']], [first.body.id, 'true']);
});

t.test(
  'a webhook is sent again what was delivered after the moment, known by the id of the event, and never what was lost',
  async (t) => {
    const city = await setup(t);
    const receiver = await startReceiver(t);
    await hookTo(city, receiver.url, { eventTypes: ['application-submitted'] });
    const heard = await city.applied();
    await sendAll(city);
    await receiver.goDown();
    const waiting = await city.applied();
    await sendAll(city);
    const justDone = await city.applied();
    const copy = await copyOf(t, city);
    await receiver.comeBack();
    city.clock.set(lostTime);
    const lost = await city.applied();
    await sendAll(city);
    const before = receiver.messages.splice(0);
    const inOrder = [heard, waiting, justDone, lost].map(({ id }) => id);
    t.strictSame(
      before.map(({ event }) => event.applicationId),
      inOrder,
    );

    const again = await restored(t, city, copy);
    again.clock.set(lostTime);
    const anew = await again.applied();
    await sendAll(again);
    t.strictSame(
      receiver.messages.map(({ event }) => event.applicationId),
      [waiting.id, justDone.id, anew.id],
    );
    const [first, second] = receiver.messages;
    t.strictSame(
      [first?.event, second?.event],
      [before[1]?.event, before[2]?.event],
      'the same events under the same ids',
    );
    t.equal(first?.id, before[1]?.id, 'and webhook-id, where it stood in line at the moment');
    pass(again, { hours: 1 });
    await sendAll(again);
    t.equal(receiver.messages.length, 3, 'once');
  },
);

t.test('a payment file that the bank has and the restore has lost is told, and not paid again', async (t) => {
  const city = await setup(t);
  await city.approved();
  const notFetched = await city.inPayment();
  await city.approved();
  await city.approved();
  const ready = await city.verified();
  const requested = await city.moneyAct('payer-360203', ready, 'fund-request');
  const funded = await city.moneyAct('finance-360203', requested, 'fund-receipts', {
    amountFen: requested.fundRequest?.amountFen,
    reference: '拨-1',
    receivedOn: '2025-07-05',
  });
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  const sent = await city.moneyAct('payer-360203', funded, 'payment', { format: 'utf-8-csv' });
  const file = `/v1/disbursements/${sent.id}/payment/file`;
  const atTheBank = await city.call<string>('payer-360203', 'GET', file, { status: 200 });
  const results = await city.resultFileOf(sent);

  const again = await restored(t, city, copy);
  const url = `/v1/disbursements/${sent.id}/payment-result-files`;
  const unknown = await again.call<Problem>('payer-360203', 'POST', url, { ...results, status: 422 });
  strictMatch(t, unknown.body, { code: 'results-refused', errors: [{ code: 'other-batch' }] });

  const made = await again.moneyAct('payer-360203', await again.disbursement(sent), 'payment', {
    format: 'utf-8-csv',
  });
  const held = await again.call<Problem>('payer-360203', 'GET', file, { status: 409 });
  t.match(held.body.detail, /请向银行核实已收到哪些发放文件/, 'nothing leaves before the banks were asked');
  strictMatch(t, (await again.call('payer-360203', 'POST', url, { ...results, status: 200 })).body, {
    state: 'settled',
  });
  t.equal((await again.reconciliation()).balanced, true);
  await run(copy.ownerUrl, 'after-restore', '--bank-asked');
  const same = await again.call<string>('payer-360203', 'GET', file, { status: 200 });
  t.equal(same.body, atTheBank.body, 'the file that was made anew is the one that the bank has');
  t.equal(made.paymentFiles.length, 1);
  const doubted = `/v1/disbursements/${notFetched.id}/payment/file`;
  const { body } = await again.call<Problem>('payer-360203', 'GET', doubted, { status: 422 });
  t.equal(body.code, 'download-needs-reason', 'one that may have been fetched is not fetched unawares');
  const { rows } = await again.db.pool.query(
    'select reason, downloaded_by from payment_file_download where batch_number = $1',
    [notFetched.paymentFiles[0]?.batchNumber],
  );
  strictMatch(t, rows, [{ reason: /数据库恢复/, downloaded_by: 'urn:subsidy|service' }]);
});

t.test('results of a disbursement that was itself lost are refused as unknown', async (t) => {
  const city = await setup(t);
  await city.approved();
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  const sent = await city.inPayment();
  const results = await city.resultFileOf(sent);
  const again = await restored(t, city, copy);
  const url = (id: string) => `/v1/disbursements/${id}/payment-result-files`;
  await again.call('payer-360203', 'POST', url(sent.id), { ...results, status: 404 });
  // Gathered anew, it has other lines: none of them is taken for one of the lost file.
  const anew = await again.inPayment();
  t.not(anew.number, sent.number);
  const renamed = { ...results, query: { batchNumber: anew.paymentFiles[0]?.batchNumber ?? '' } };
  const { body } = await again.call<Problem>('payer-360203', 'POST', url(anew.id), {
    ...renamed,
    status: 422,
  });
  t.ok(body.errors.some(({ code }) => code === 'other-batch'));
  t.ok(body.errors.some(({ code }) => code === 'unknown-line'));
});

t.test('the command refuses data of after the moment, and bad options all at once', async (t) => {
  const city = await setup(t);
  await city.applied();
  city.clock.set(lostTime);
  await city.applied();
  await t.rejects(run(city.ownerUrl, 'after-restore', '--moment', moment), {
    code: 1,
    stdout: /没有改动任何内容：.* · nothing was changed: the database has an audit entry of 2025-07-05T03:00/,
  });
  t.strictSame((await city.db.pool.query('select from restore')).rows, []);
  const bad = ['--moment', '2099-01-01T00:00:00Z', '--ahead', 'x', '--case-number', 'JDZ25-0000001-0'];
  await t.rejects(run(city.ownerUrl, 'after-restore', ...bad, '--disbursement-number', 'FF'), {
    code: 2,
    stderr: /--moment: [\s\S]*--ahead: [\s\S]*--case-number: [\s\S]*--disbursement-number: /,
  });
  await t.rejects(
    run(city.serviceUrl, 'after-restore', '--moment', lostTime),
    { code: 1 },
    'nor the service',
  );
});

t.test('verify-audit says which checkpoint is of a lost time, and what to do', async (t) => {
  const city = await setup(t);
  await city.applied();
  await sealAll(city.db, 'sha256');
  const { body: before } = await city.call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint');
  await city.applied();
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  await city.applied();
  await sealAll(city.db, 'sha256');
  const { body: lost } = await city.call<Checkpoint>('auditor', 'GET', '/v1/audit-checkpoint');
  const file = (checkpoint: Checkpoint) => {
    const path = join(t.testdir({}), 'checkpoint.json');
    writeFileSync(path, JSON.stringify(checkpoint));
    return path;
  };
  await t.rejects(run(copy.serviceUrl, 'verify-audit', '--checkpoint', file(lost)), {
    code: 1,
    stdout:
      /tail-cut\n.*请改用该时刻之前最新的校验点.* · .*use the newest checkpoint from before it; if not, somebody changed/,
  });
  const again = await restored(t, city, copy);
  const verified = await run(copy.serviceUrl, 'verify-audit', '--checkpoint', file(before));
  t.match(verified.stdout, /intact/, 'sealed by the command, whatever waited for its seal at the moment');
  for (let more = 0; more < 5; more += 1) await again.applied();
  await sealAll(copy.db, 'sha256');
  await t.rejects(run(copy.serviceUrl, 'verify-audit', '--checkpoint', file(lost)), {
    code: 1,
    stdout: new RegExp(
      `checkpoint-differs\n.*${lostTime}.*2025-07-05T02:30:00.* · the checkpoint .* was lost`,
    ),
  });
});

t.test('the service starts on no database that lacks entries of a checkpoint in its folder', async (t) => {
  const city = await setup(t);
  const folder = t.testdir({});
  const write = async (one: City) => {
    await sealAll(one.db, 'sha256');
    return await exportCheckpoint(one.services, folder);
  };
  await city.applied();
  await write(city);
  const copy = await copyOf(t, city);
  city.clock.set(lostTime);
  await city.applied();
  await write(city);
  const start = (one: City) => beginCheckpoints(one.services, folder);
  const early = await cityOn(t, copy, { SUBSIDY_DATA_DIR: city.dataDir });
  await t.rejects(
    start(early),
    { message: /npm run after-restore/ },
    'restored, and the command was forgotten',
  );
  await run(copy.ownerUrl, 'after-restore', '--moment', moment);
  await start(early);
  await write(early);
  t.equal(readdirSync(folder).length, 3);
  await t.rejects(start(city), { message: /已被取代的旧库/ }, 'the old one, when it comes back');
  t.ok(readdirSync(folder).every((name) => readFileSync(join(folder, name)).length > 0));
});
