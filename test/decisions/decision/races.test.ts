// Concurrent officers must not decide a case twice or take a person over the cap. The full run is 1,000 rounds and 200
// people: `RACE_ROUNDS=1000 RACE_PEOPLE=200 npm test -- test/decisions/decision/races.test.ts --timeout=0`.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import type { Db } from '../../../src/platform/database/connect.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type Problem, patient, setup } from '../../helper.ts';
import { held, priorBenefit } from '../../registers/residents.ts';
import type { Application, ComparisonAnswer } from '../../steps.ts';
import { randomOf } from '../generated.ts';

const rounds = Number(process.env['RACE_ROUNDS'] ?? 6);
const people = Number(process.env['RACE_PEOPLE'] ?? 2);
const seed = 35;
const reviewers = 16;
// Sixteen concurrent clients are slow on two cores, and tap's default timeout would end the test.
const patience = { timeout: 85_000 * people };

t.test('of two reviewers who decide a case at once, one decides and one gets a conflict', async (t) => {
  const { call: callOnce, accepted, compared, db } = await setup(t);
  const call = patient(callOnce);
  for (let round = 0; round < rounds; round += 1) {
    const { id, version } = await accepted();
    const comparison = await compared({ id, agencyCode: '360203' } as Application); // compared reads only these fields
    const decide = (by: string) =>
      call<Problem>(by, 'POST', `/v1/applications/${id}/decision`, {
        body: { comparisonId: comparison.id, outcome: 'approved' },
        ifMatch: version,
      });
    const answers = await Promise.all([decide('reviewer-360203'), decide('second-reviewer-360203')]);
    t.strictSame(answers.map(({ status }) => status).sort(), [201, 412], `round ${round}`);
  }
  const { rows } = await db.pool.query(
    'select count(*), count(distinct application_id) as cases from decision',
  );
  t.strictSame(rows, [{ count: rounds, cases: rounds }]);
});

t.test(
  'a record that arrives while a case is decided counts before the decision or after it, never halfway',
  async (t) => {
    const { call: callOnce, resident, accepted, compared, deliver, work, recoveries, read } = await setup(t);
    const call = patient(callOnce);
    let [approved, stale] = [0, 0];
    for (let round = 0; round < rounds; round += 1) {
      const person = await resident();
      const application = await accepted(person);
      const comparison = await compared(application);
      const [decision] = await Promise.all([
        call<Problem>('reviewer-360203', 'POST', `/v1/applications/${application.id}/decision`, {
          body: { comparisonId: comparison.id, outcome: 'approved' },
          ifMatch: application.version,
        }),
        deliver([held('public-post', person, '2025-06-01')]),
      ]);
      if (decision.status === 201) approved += 1;
      else {
        t.match(decision.body.code, /comparison-stale|precondition-failed/, `round ${round}`);
        t.equal((await read(application)).state, 'accepted');
        stale += 1;
      }
    }
    await work();
    t.equal(approved + stale, rounds);
    t.equal((await recoveries('suspected')).length, approved, 'what was decided first is looked at again');
  },
);

t.test(
  `${reviewers} reviewers race for the last months of people at 34 of 36: nobody gets more`,
  patience,
  async (t) => {
    const city = await setup(t);
    const { tokenOf, resident, accepted, db } = city;
    const call = patient(city.call);
    const cases: Application[] = [];
    for (let index = 0; index < people; index += 1) {
      const person = await resident();
      await city.deliver([priorBenefit(person, 34)]);
      for (const month of ['2025-04', '2025-05', '2025-06'])
        cases.push(await accepted(person, { months: [month] }));
    }
    const random = randomOf(seed);
    const decide = async (reviewer: number) => {
      const by = await tokenOf({ subject: `reviewer-${reviewer}`, role: 'reviewer', agency: '360203' });
      const own = [...cases].sort(() => random() - 0.5);
      for (const { id, version } of own) {
        // Until the case is closed: approved by this or another reviewer, or excluded by the cap.
        for (let attempt = 0; attempt < 50; attempt += 1) {
          const compared = await call<ComparisonAnswer>(by, 'POST', `/v1/applications/${id}/comparisons`);
          if (compared.status === 409) break;
          if (compared.status !== 201 || compared.body.assessment.outcome === 'refused') break;
          const body = { comparisonId: compared.body.id, outcome: 'approved' };
          const { status } = await call(by, 'POST', `/v1/applications/${id}/decision`, {
            body,
            ifMatch: version,
          });
          if (status === 201 || status === 412) break;
        }
      }
    };
    const { over, looks } = await whileWatching(db, () =>
      Promise.all(Array.from({ length: reviewers }, (_, index) => decide(index))),
    );
    t.strictSame(over, [], `seed ${seed}; looked ${looks} times`);
    const { rows } = await db.pool.query(
      'select imported_months + live_months as used, count(*) from term group by 1',
    );
    t.strictSame(rows, [{ used: 36, count: people }], 'and everybody got what was left');
  },
);

t.test(
  'the database enforces the cap even for writers without a lock, and the checker sees a breach without it',
  async (t) => {
    const race = async (isGuarded: boolean) => {
      const city = await setup(t);
      const { resident, applied, db } = city;
      const claims: { personId: string; month: string; applicationId: string }[] = [];
      for (let index = 0; index < people; index += 1) {
        const { personId, id } = await applied(await resident());
        await transact(db, null, (tx) =>
          tx
            .insertInto('term')
            .values({
              personId,
              firstApprovedOn: '2022-02-10',
              retirementMonth: '2035-05',
              near: false,
              cap: 36,
              policyVersion: 'jdz-2024-139/2025-01-01',
              importedMonths: 35,
            })
            .execute(),
        );
        for (const month of ['2025-04', '2025-05', '2025-06'])
          claims.push({ personId, month, applicationId: id });
      }
      if (!isGuarded) await db.pool.query('alter table term drop constraint months_within_cap');
      const grant = async (claim: (typeof claims)[number]) => {
        try {
          await transact(db, null, (tx) =>
            tx
              .updateTable('subsidyMonth')
              .set({ state: 'live', amountFen: 50_000 })
              .where('personId', '=', claim.personId)
              .where('month', '=', claim.month)
              .where('applicationId', '=', claim.applicationId)
              .execute(),
          );
          return true;
        } catch {
          return false;
        }
      };
      const { over } = await whileWatching(db, () => Promise.all(claims.map(grant)));
      return over.length;
    };
    t.equal(await race(true), 0);
    t.not(await race(false), 0, 'without the constraint the same watcher sees people over the cap');
  },
);

/** Checks for people over the cap and months claimed or granted twice, during the work and at its end. */
async function whileWatching(
  db: Db,
  work: () => Promise<unknown>,
): Promise<{ over: unknown[]; looks: number }> {
  const over: unknown[] = [];
  let isOver = false;
  let looks = 0;
  const look = async () => {
    const { rows } = await db.pool.query(
      `select person_id, null as month from subsidy_month join term using (person_id)
       where state = 'live' and cap is not null group by person_id, cap, imported_months
       having count(*) + imported_months > cap
       union all
       select person_id, month from subsidy_month where state in ('claimed', 'live')
       group by person_id, month having count(*) > 1`,
    );
    over.push(...rows);
    looks += 1;
  };
  const watching = (async () => {
    while (!isOver) {
      await look();
      await delay(5);
    }
  })();
  await work();
  isOver = true;
  await watching;
  await look();
  return { over, looks };
}
