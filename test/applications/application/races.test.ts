// Concurrent claims of one month through several channels: one succeeds, the others are referred to its case. With 200
// people: `RACE_PEOPLE=200 npm test -- test/applications/application/races.test.ts --timeout=0`.

import t from 'tap';
import type { Db } from '../../../src/platform/database/connect.ts';
import { constraintOf } from '../../../src/platform/database/transaction.ts';
import { type Problem, patient, setup } from '../../helper.ts';
import { comesTrue } from '../../program.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const people = Number(process.env['RACE_PEOPLE'] ?? 8);
const platforms = ['platform-ganfutong', 'platform-hall', 'platform-wujia2'] as const;
const street = 'street-360203007';

/** Months of a person that are claimed or live more than once. */
async function doubled({ pool }: Db): Promise<{ month: string }[]> {
  const { rows } = await pool.query(
    `select person_id, month from subsidy_month where state in ('claimed', 'live') group by 1, 2 having count(*) > 1`,
  );
  return rows;
}

t.test(
  'when four channels claim a month at once, one gets it and three are referred to its case',
  async (t) => {
    const city = await setup(t);
    const call = patient(city.call);
    for (let person = 0; person < people; person += 1) {
      const applicant = await city.resident();
      const drafts = await Promise.all(
        [...platforms, street].map(async (by) => ({ by, draft: await city.drafted(applicant, { by }) })),
      );
      const answers = await Promise.all(
        drafts.map(({ by, draft }) =>
          call<Application & Problem>(by, 'POST', `/v1/applications/${draft.id}/submission`, { ifMatch: 1 }),
        ),
      );
      const taken = answers.filter(({ status }) => status === 200);
      t.equal(taken.length, 1);
      for (const { status, body } of answers.filter((answer) => answer.status !== 200)) {
        strictMatch(t, { status, body }, { status: 409, body: { code: 'month-already-claimed' } });
        t.strictSame(
          body.errors.map(({ pointer, code }) => [pointer, code]),
          [0, 1, 2].map((index) => [`/months/${index}`, 'claimed-elsewhere']),
        );
        for (const { detail } of body.errors) t.match(detail, taken[0]?.body.caseNumber ?? 'nobody');
      }
    }
    t.strictSame(await doubled(city.db), []);
  },
);

t.test(
  'a draft that waits for another one of the same person holds nothing which that one needs',
  async (t) => {
    const { db, call, resident, applicationOf } = await setup(t);
    const applicant = await resident();
    const { rows } = await db.pool.query<{ person_id: string }>('select person_id from person');
    const personId = rows[0]?.person_id;
    const other = await db.pool.connect();
    t.teardown(() => other.release(true));
    // Of the two it is the one that is aborted if each waits for the other.
    await other.query(`begin; set local deadlock_timeout = '10ms'`);
    await other.query(`insert into person_name values ($1, 'client:other', '', '', now())`, [personId]);
    const creating = call('platform-ganfutong', 'POST', '/v1/applications', {
      body: applicationOf(applicant),
      status: 201,
    });
    const isWaiting = async () => {
      const waiting = await db.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return waiting.rows.length > 0;
    };
    t.ok(await comesTrue(isWaiting));
    // As a case of this person that is inserted does.
    await other.query('select from person where person_id = $1 for update', [personId]);
    await other.query('commit');

    await creating;
  },
);

t.test(
  'the unique index refuses a second claim inserted in SQL, and without it the month is claimed twice',
  async (t) => {
    const race = async (isGuarded: boolean) => {
      const city = await setup(t);
      if (!isGuarded) await city.db.pool.query('drop index one_live_claim_per_person_month');
      const applicant = await city.resident();
      const drafts = await Promise.all(platforms.map((by) => city.drafted(applicant, { by })));
      const outcomes = await Promise.allSettled(
        drafts.map(({ id, personId }) =>
          city.db.pool.query(
            `insert into subsidy_month (person_id, month, application_id, state) values ($1, '2025-04', $2, 'claimed')`,
            [personId, id],
          ),
        ),
      );
      const refused = outcomes.filter((outcome) => outcome.status === 'rejected');
      return { refused: refused.map(({ reason }) => constraintOf(reason)), doubled: await doubled(city.db) };
    };
    const name = 'one_live_claim_per_person_month';
    t.strictSame(await race(true), { refused: [name, name], doubled: [] });
    const unguarded = await race(false);
    t.strictSame(unguarded.refused, []);
    t.strictSame(
      unguarded.doubled.map(({ month }) => month),
      ['2025-04'],
      'the watcher sees what it is for',
    );
  },
);
