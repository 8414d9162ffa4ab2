// Sixteen clients race for the last months of many people, two disbursements at a time gather them, and a checker reads the
// tables meanwhile.

import t from 'tap';
import { testDatabase } from '../database.ts';
import { type Problem, patient } from '../helper.ts';
import { brokenWhile } from '../payments/invariants.ts';
import { contribution, priorBenefit } from '../registers/residents.ts';
import { standing, takingTurns } from '../replicas.ts';
import { type Application, createSteps } from '../steps.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, tell } from './run.ts';

t.setTimeout(900_000);

const people = isLong ? 200 : 8;
const clients = 16;
const used = 35;
const firstQuarter = { quarter: '2025Q1', months: ['2025-01', '2025-02', '2025-03'] };

/** Does all of it, so many at a time. */
async function atOnce<Item>(items: readonly Item[], act: (item: Item, client: number) => Promise<void>) {
  const waiting = items.values();
  await Promise.all(
    Array.from({ length: clients }, async (_, client) => {
      for (const item of waiting) await act(item, client);
    }),
  );
}

for (const count of counts)
  t.test(
    `${clients} clients race for the last month of ${people} people: nobody is over 36, no month is paid twice; processes: ${count}`,
    async (t) => {
      const { db, serviceUrl } = await testDatabase(t);
      const { urls } = await startReplicas(t, serviceUrl, { count });
      const call = patient(takingTurns(urls.map((url) => ({ url }))));
      const steps = createSteps(call, standing);
      const cases: Application[] = [];
      await atOnce(Array.from({ length: people }), async () => {
        const applicant = await steps.resident();
        const paid = firstQuarter.months.map((month) => contribution(applicant, month));
        await steps.deliver([...paid, priorBenefit(applicant, used)]);
        cases.push(await steps.accepted(applicant), await steps.accepted(applicant, firstQuarter));
      });
      const outcomes: string[] = [];
      let gathered = 0;

      /** Compares and decides repeatedly until the case is closed or its months are used up. */
      async function decide({ id, version }: Application, client: number): Promise<void> {
        const reviewer = client % 2 === 0 ? 'reviewer-360203' : 'second-reviewer-360203';
        const url = `/v1/applications/${id}`;
        for (;;) {
          const { body } = await call<{ id: string; assessment: { outcome: string } }>(
            reviewer,
            'POST',
            `${url}/comparisons`,
            { status: 201 },
          );
          const outcome = body.assessment.outcome === 'approvable' ? 'approved' : 'refused';
          const decision = { ifMatch: version, body: { comparisonId: body.id, outcome } };
          const answer = await call<Problem>(reviewer, 'POST', `${url}/decision`, decision);
          if (answer.status === 201) return void outcomes.push(outcome);
          if (answer.body.code !== 'comparison-stale') throw new Error(JSON.stringify(answer.body));
        }
      }
      /** Two payers of one agency at once; when one has gathered, the other may find nothing left. */
      async function gather(): Promise<void> {
        const both = [1, 2].map(() => call<Problem>('payer-360203', 'POST', '/v1/disbursements'));
        for (const { status, body } of await Promise.all(both)) {
          if (status === 201) gathered += 1;
          else t.equal(body.code, 'disbursement-empty');
        }
      }
      async function race(): Promise<void> {
        const deciding = atOnce(cases, decide);
        while (outcomes.length < cases.length) await gather();
        await deciding;
        await gather();
      }
      t.strictSame(await brokenWhile(db, race()), [], 'at every moment');
      t.strictSame(outcomes.toSorted(), [
        ...Array(people).fill('approved'),
        ...Array(people).fill('refused'),
      ]);
      const { rows } = await db.pool.query(`
      select t.imported_months, t.live_months, t.cap, (
        select count(*)::int from payment_line_month m where m.person_id = t.person_id and m.live
      ) as paid from term t`);
      t.strictSame(rows, Array(people).fill({ imported_months: used, live_months: 1, cap: 36, paid: 1 }));
      tell(t, {
        fault: `${clients} clients race for the last months of ${people} people`,
        processes: count,
        often: `${gathered} disbursements, two at a time`,
        held: 'nobody over 36, no month granted or paid twice, at any moment',
        worstMs: null,
      });
    },
  );
