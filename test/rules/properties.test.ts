// General properties: more exclusions never help, irrelevant input does not matter, and the same claim gives
// the same bytes.

import * as fc from 'fast-check';
import t from 'tap';
import { type Assessment, assess, type Claim } from '../../src/rules/assess.ts';
import type { Fact, Kind } from '../../src/rules/facts.ts';
import type { Policy } from '../../src/rules/policy/policy.ts';
import { policyOn } from '../published-policies.ts';
import { type Asked, asked } from './people.ts';

const seed = Number(process.env['RULES_SEED'] ?? 20241206);
const numRuns = Number(process.env['RULES_RUNS'] ?? 4_000);
const runs = { seed, numRuns, unbiased: true };

function policyOf({ mode, claim }: Asked): Policy {
  return policyOn(claim.decidedOn, { statutoryAge: mode });
}

function assessed(question: Asked, changed: Partial<Claim> = {}): Assessment {
  return assess({ ...question.claim, ...changed }, policyOf(question));
}

function payable(assessment: Assessment): readonly string[] {
  return assessment.months.filter(({ outcome }) => outcome === 'payable').map(({ month }) => month);
}

function must(isTrue: boolean, what: () => string): void {
  if (!isTrue) throw new Error(what());
}

const excluding = [
  'unemployment-benefit',
  'skills-training',
  'public-post',
  'imprisonment',
  'public-payroll',
  'employer-insurance',
  'pension',
  'dishonesty',
  'death',
] as const satisfies Kind[];

t.comment(`seed ${seed}`);

t.test('adding an exclusion never makes another month payable', async () => {
  fc.assert(
    fc.property(asked, fc.constantFrom(...excluding), fc.nat({ max: 2 }), (question, kind, at) => {
      const month = question.claim.months[at % question.claim.months.length] ?? '';
      const added: Fact = { id: 'added', kind, from: `${month}-28`, to: null };
      const before = payable(assessed(question));
      const after = payable(assessed(question, { facts: [...question.claim.facts, added] }));
      must(after.length <= before.length, () => `${before} became ${after}`);
      must(kind === 'death' || !after.includes(month), () => `${month} is paid in spite of ${kind}`);
    }),
    runs,
  );
});

t.test('missing information never makes a month payable', async () => {
  fc.assert(
    fc.property(
      asked,
      fc.constantFrom(...excluding, 'contribution' as const, 'household' as const),
      (question, kind) => {
        const { [kind]: _, ...coverage } = question.claim.coverage;
        const before = payable(assessed(question));
        const after = payable(assessed(question, { coverage }));
        must(
          after.every((month) => before.includes(month)),
          () => `without ${kind}: ${before} became ${after}`,
        );
      },
    ),
    runs,
  );
});

t.test(
  'without coverage and records, no month is payable and none is refused for a missing record',
  async () => {
    fc.assert(
      fc.property(asked, (question) => {
        for (const { month, checks } of assessed(question, { facts: [], coverage: {} }).months) {
          for (const { code, answer } of checks) {
            const isOfAgeOrLedger = [
              'working-age',
              'past-retirement',
              'term-exhausted',
              'local-household',
            ].includes(code);
            must(isOfAgeOrLedger || answer === 'unknown', () => `${month} ${code} is ${answer}`);
          }
        }
      }),
      runs,
    );
  },
);

t.test('the order of records, months and coverage does not matter', async () => {
  fc.assert(
    fc.property(asked, (question) => {
      const { facts, months, coverage } = question.claim;
      const reversed = {
        facts: facts.toReversed(),
        months: months.toReversed(),
        coverage: Object.fromEntries(Object.entries(coverage).reverse()),
      };
      const [one, other] = [assessed(question), assessed(question, reversed)].map((told) =>
        JSON.stringify(told),
      );
      must(one === other, () => `${one}\n${other}`);
    }),
    runs,
  );
});

t.test('a month’s outcome depends on other months only through the cap', async () => {
  fc.assert(
    fc.property(asked, (question) => {
      let usedMonths = question.claim.usedMonths;
      for (const together of assessed(question).months) {
        const [alone] = assessed(question, { months: [together.month], usedMonths }).months;
        must(
          JSON.stringify(alone) === JSON.stringify(together),
          () => `${together.month} alone is ${JSON.stringify(alone)}`,
        );
        if (together.outcome === 'payable') usedMonths += 1;
      }
    }),
    runs,
  );
});

t.test('the same claim gives the same bytes, even after storage, and is not modified', async () => {
  fc.assert(
    fc.property(asked, (question) => {
      const stored = JSON.stringify(question);
      const told = JSON.stringify(assessed(question));
      must(JSON.stringify(question) === stored, () => 'the claim was changed');
      const replayed = JSON.stringify(assessed(JSON.parse(stored)));
      must(told === replayed, () => `${told}\n${replayed}`);
    }),
    runs,
  );
});

t.test('an assessment’s amounts, months and outcome are consistent', async () => {
  fc.assert(
    fc.property(asked, (question) => {
      const { months, outcome, amountFen, term } = assessed(question);
      const counted = (wanted: string) => months.filter((month) => month.outcome === wanted).length;
      must(amountFen === 50_000 * counted('payable'), () => `${amountFen} fen`);
      must(
        months.every((month) => month.amountFen === (month.outcome === 'payable' ? 50_000 : 0)),
        () => 'a month',
      );
      const expected =
        counted('undetermined') > 0 ? 'undetermined' : counted('payable') > 0 ? 'approvable' : 'refused';
      must(outcome === expected, () => `${outcome}, not ${expected}`);
      must(
        term.left === null || counted('payable') <= term.left,
        () => `${counted('payable')} of ${term.left} left`,
      );
    }),
    runs,
  );
});

t.test('every check names only facts of the claim, each once', async () => {
  fc.assert(
    fc.property(asked, (question) => {
      const ids = new Set(question.claim.facts.map(({ id }) => id));
      for (const { checks } of assessed(question).months) {
        for (const { code, facts } of checks) {
          must(
            facts.every((id) => ids.has(id)),
            () => `${code} names ${facts}`,
          );
          must(new Set(facts).size === facts.length, () => `${code} names one twice: ${facts}`);
        }
      }
    }),
    runs,
  );
});
