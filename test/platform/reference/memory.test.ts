// Reference data in the memory of two processes of the service: what a change does to answers and to due days.

import { setTimeout as delay } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { openDatabase } from '../../../src/platform/database/connect.ts';
import { ask, transact } from '../../../src/platform/database/transaction.ts';
import { testDatabase } from '../../database.ts';
import { flightsOf } from '../../flights.ts';
import { type City, cityOn } from '../../helper.ts';
import { type Network, openNetwork } from '../../network.ts';
import { comesTrue } from '../../program.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

t.setTimeout(180_000);

const goodForMs = 1_000;
const ofListeners = `from pg_stat_activity where datname = current_database()
  and query in ('listen reference', 'select version from reference_version')`;
const platform = 'platform-ganfutong';
/** The working day on which five working days reach into the next year. */
const lateInTheYear = '2026-12-29';
const byWeekdays = '2027-01-05';
const byCalendar = '2027-01-06';
const year2027 = {
  year: 2027,
  announcement: 'https://www.gov.cn/zhengce/',
  off: [{ day: '2027-01-01', name: '元旦' }],
  work: [],
};

interface Processes {
  readonly one: City;
  /** Hears of changes through the network, and does everything else past it. */
  readonly other: City;
  readonly network: Network;
}

async function twoProcesses(test: Test): Promise<Processes> {
  const database = await testDatabase(test);
  const one = await cityOn(test, database, {});
  const network = await openNetwork(test, database.serviceUrl);
  const usual = { url: network.url, random: Math.random, onIdleError: () => {} };
  const service = {
    ...database.service,
    direct: (changes: object) => openDatabase({ ...usual, poolSize: 1, ...changes }),
  };
  const other = await cityOn(test, { ...database, service }, { SUBSIDY_DATA_DIR: one.dataDir });
  for (const { clock } of [one, other]) clock.set(lateInTheYear);
  const listening = async () => (await one.db.pool.query(`select ${ofListeners}`)).rowCount === 2;
  if (!(await comesTrue(listening))) throw new Error('nobody listens');
  return { one, other, network };
}

interface Answered {
  readonly begunAt: number;
  readonly unannouncedYears: readonly number[] | undefined;
}

/**
 * Reads the case again and again, until an answer has begun after the moment from which it must tell the change.
 *
 * @param onFirst called after the first answer
 */
async function readOn(
  city: City,
  { id }: Application,
  mustTellFrom: () => number,
  onFirst: () => void,
): Promise<Answered[]> {
  const answers: Answered[] = [];
  do {
    const begunAt = performance.now();
    const { body } = await city.call<Application>(platform, 'GET', `/v1/applications/${id}`, { status: 200 });
    answers.push({ begunAt, unannouncedYears: body.timeLimit?.unannouncedYears });
    onFirst();
    await delay(10);
  } while ((answers.at(-1)?.begunAt ?? 0) <= mustTellFrom());
  return answers;
}

/** Adds the year while both processes are asked, and holds every answer against the promise. */
async function changeWhileAsked(test: Test, { one, other }: Processes): Promise<void> {
  const application = await one.applied();
  let mustTellFrom = Number.POSITIVE_INFINITY;
  const firsts = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const reading = [one, other].map((city, index) =>
    readOn(
      city,
      application,
      () => mustTellFrom,
      () => firsts[index]?.resolve(),
    ),
  );
  await Promise.all(firsts.map(({ promise }) => promise));
  await one.call('administrator', 'POST', '/v1/calendar-years', { body: year2027, status: 201 });
  mustTellFrom = performance.now() + goodForMs;
  for (const answers of await Promise.all(reading)) {
    test.strictSame(answers[0]?.unannouncedYears, [2027], 'not announced yet');
    test.strictSame(answers.at(-1)?.unannouncedYears, [], 'a second after the change');
  }
}

t.test('a change is known to every process within a second', async (t) => {
  await changeWhileAsked(t, await twoProcesses(t));
});

t.test('no answer is older than a second where changes are not heard of', async (t) => {
  for (const state of ['cut', 'swallow'] as const) {
    const processes = await twoProcesses(t);
    processes.network[state]();
    await changeWhileAsked(t, processes);
    processes.network.heal();
  }
});

t.test('a process whose listening connection is killed listens again and trusts its memory', async (t) => {
  const processes = await twoProcesses(t);
  const { one, other } = processes;
  const { rowCount } = await one.db.pool.query(`select pg_terminate_backend(pid) ${ofListeners}`);
  t.equal(rowCount, 2);
  await changeWhileAsked(t, processes);
  const application = await one.applied();
  const statements = await flightsOf(
    () => other.call(platform, 'GET', `/v1/applications/${application.id}`, { status: 200 }),
    /start transaction/,
  );
  t.notMatch(statements.flat().join('\n'), /reference_version|working_calendar|street_agency/);
});

t.test('a due day is stored at the first try, and not by the calendar of a moment ago', async (t) => {
  const { one, other, network } = await twoProcesses(t);
  const draft = await other.drafted(await other.resident());
  network.swallow();
  await one.call('administrator', 'POST', '/v1/calendar-years', { body: year2027, status: 201 });
  const submission = { ifMatch: draft.version, status: 200 };
  const { body } = await other.call<Application>(
    platform,
    'POST',
    `/v1/applications/${draft.id}/submission`,
    submission,
  );
  strictMatch(t, body.timeLimit, { dueOn: byCalendar, unannouncedYears: [] });
  network.heal();
});

t.test(
  'a transaction that is repeated because the reference data have changed reads them anew',
  async (t) => {
    const { one, other, network } = await twoProcesses(t);
    const versions: number[] = [];
    await transact(other.services.db, null, async (tx) => {
      const { version } = await other.services.referenceIn(tx);
      if (versions.push(version) === 1) {
        network.swallow();
        await one.call('administrator', 'POST', '/v1/calendar-years', { body: year2027, status: 201 });
      }
      await ask(tx, 'select require_reference($1)', [version]);
    });
    const [before = 0, after = 0, ...more] = versions;
    t.ok(after > before);
    t.strictSame(more, [], 'repeated once');
    network.heal();
  },
);

t.test('a due day that is being stored while the year is added is recounted', async (t) => {
  const { one, other } = await twoProcesses(t);
  const draft = await other.drafted(await other.resident());
  const holder = await one.db.pool.connect();
  // The submission has counted its due day and waits before its commit.
  await holder.query('begin; lock table idempotency_key in share mode');
  const submission = other.act(platform, draft, 'submission');
  await delay(300);
  await one.db.pool.query(`insert into working_calendar_year (year, announcement) values (2027, 'announced');
    insert into working_calendar_exception (day, year, works, name) values ('2027-01-01', 2027, false, '元旦');
    select graphile_worker.add_job('recount-time-limits', '{"year": 2027}', job_key => 'recount-time-limits 2027')`);
  const work = one.work();
  await delay(300);
  await holder.query('commit');
  holder.release();
  strictMatch(t, (await submission).timeLimit, { dueOn: byWeekdays, unannouncedYears: [2027] });
  await work;
  const { body } = await one.call<Application>(platform, 'GET', `/v1/applications/${draft.id}`, {
    status: 200,
  });
  strictMatch(t, body.timeLimit, { dueOn: byCalendar, unannouncedYears: [] });
});
