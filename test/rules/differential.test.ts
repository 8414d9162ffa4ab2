// The rules against a second, naive implementation, on random people near boundaries.

import * as fc from 'fast-check';
import t from 'tap';
import { assess } from '../../src/rules/assess.ts';
import { policyOn } from '../published-policies.ts';
import { ask, type Verdict } from './oracle.ts';
import { type Asked, asked } from './people.ts';

const seed = Number(process.env['RULES_SEED'] ?? 20241206);
const people = Number(process.env['RULES_PEOPLE'] ?? 100_000);

t.test(
  `two independent implementations agree on ${people} people, seed ${seed}`,
  { timeout: 600_000 },
  async (t) => {
    const seen = new Map<string, number>();
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1);
    fc.assert(
      fc.property(asked, (question) => {
        const expected = ask({ mode: question.mode, ...question.claim });
        const told = tell(question);
        if (JSON.stringify(told) !== JSON.stringify(expected)) {
          throw new Error(`rules: ${JSON.stringify(told)}\noracle: ${JSON.stringify(expected)}`);
        }
        count(told.outcome);
        count(told.near ? 'near' : 'not near');
        for (const { outcome, hits, unknowns } of told.months) {
          count(outcome);
          for (const code of hits) count(`${code} hit`);
          for (const code of unknowns) count(`${code} unknown`);
        }
      }),
      { seed, numRuns: people, unbiased: true },
    );
    t.comment(
      [...seen]
        .sort()
        .map(([what, times]) => `${what} ${times}`)
        .join(', '),
    );
    const rare = [...seen].filter(([, times]) => times < people / 1000);
    t.strictSame(rare, [], 'every outcome, reason and silence occurs often enough to be tested');
  },
);

function tell({ mode, claim }: Asked): Verdict {
  const assessment = assess(claim, policyOn(claim.decidedOn, { statutoryAge: mode }));
  const codes = (checks: (typeof assessment.months)[number]['checks'], wanted: string) =>
    checks.filter(({ answer }) => answer === wanted).map(({ code }) => code);
  return {
    near: assessment.term.near,
    retirement: assessment.retirement.on,
    months: assessment.months.map(({ month, outcome, checks, lateClaim }) => ({
      month,
      outcome,
      hits: codes(checks, 'hit'),
      unknowns: codes(checks, 'unknown'),
      late: lateClaim,
    })),
    amountFen: assessment.amountFen,
    outcome: assessment.outcome,
  };
}
