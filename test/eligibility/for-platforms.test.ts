// A platform's answers do not distinguish imprisonment, public pay, the dishonesty list and death, whatever is on file.

import * as fc from 'fast-check';
import t from 'tap';
import { assessForPlatforms, verifyAtStreet } from '../../src/eligibility/for-platforms.ts';
import type { Claim } from '../../src/rules/assess.ts';
import type { Fact } from '../../src/rules/facts.ts';
import type { Policy } from '../../src/rules/policy/policy.ts';
import { policyOn } from '../published-policies.ts';
import { type Asked, asked } from '../rules/people.ts';
import { fullyCovered, residentOf } from './clean-claim.ts';

const confidential = ['imprisonment', 'public-payroll', 'dishonesty', 'death'] as const;

function policyOf({ mode, claim }: Asked): Policy {
  return policyOn(claim.decidedOn, { statutoryAge: mode });
}

/** One of the four facts, covering the whole life and so every relevant month. */
const always = (kind: (typeof confidential)[number]): Fact => ({
  id: 'c',
  kind,
  from: '2000-01-01',
  to: null,
});

const withFacts = (claim: Claim, ...more: readonly Fact[]): Claim => ({
  ...claim,
  facts: [...claim.facts.filter(({ kind }) => !(confidential as readonly string[]).includes(kind)), ...more],
});

t.test(
  'a platform gets one of the same two answers for any imprisonment, public pay, dishonesty or death on file',
  async () => {
    fc.assert(
      fc.property(
        asked,
        fc.array(
          fc.record({
            kind: fc.constantFrom(...confidential),
            month: fc.integer({ min: -6, max: 6 }),
            isOpen: fc.boolean(),
          }),
          { minLength: 1, maxLength: 3 },
        ),
        (question, drawn) => {
          const policy = policyOf(question);
          const { claim } = question;
          const [first = ''] = claim.months;
          const day = (months: number) => Temporal.PlainDate.from(`${first}-15`).add({ months }).toString();
          const facts = drawn.map(({ kind, month, isOpen }, at): Fact => {
            const from = day(month);
            return { id: `drawn-${at}`, kind, from, to: isOpen || kind === 'death' ? null : from };
          });
          const told = JSON.stringify(assessForPlatforms(withFacts(claim, ...facts), policy));
          const plain = JSON.stringify(assessForPlatforms(withFacts(claim), policy));
          const marked = confidential.map((kind) =>
            JSON.stringify(assessForPlatforms(withFacts(claim, always(kind)), policy)),
          );
          if (new Set(marked).size !== 1) throw new Error(`told apart: ${marked.join('\n')}`);
          if (told !== plain && told !== marked[0]) throw new Error(`a third answer: ${told}`);
          if (/服刑|财政|失信|去世|死亡|imprison|payroll|dishonest|death/.test(told))
            throw new Error(`named: ${told}`);
        },
      ),
      { seed: Number(process.env['RULES_SEED'] ?? 20241206), numRuns: 1_000, unbiased: true },
    );
  },
);

t.test(
  'a confidential exclusion in one month marks every month of the quarter that is not otherwise settled',
  async (t) => {
    const claim = residentOf('2025-07-05');
    const policy = policyOn('2025-07-05', { statutoryAge: 'national' });
    const april: Fact = { id: 'x', kind: 'imprisonment', from: '2025-04-02', to: '2025-04-20' };
    const outcomesOf = (one: Claim) =>
      assessForPlatforms(one, policy).months.map(({ month, outcome, whatToDo }) => [
        month,
        outcome,
        whatToDo,
      ]);
    t.strictSame(outcomesOf(claim), [
      ['2025-04', 'payable', []],
      ['2025-05', 'payable', []],
      ['2025-06', 'payable', []],
    ]);
    const inMay = outcomesOf({ ...withFacts(claim, april), months: ['2025-05'] });
    t.strictSame(inMay, [['2025-05', 'undetermined', [verifyAtStreet]]]);
    const employer: Fact = { id: 'y', kind: 'employer-insurance', from: '2025-06-01', to: null };
    const answer = assessForPlatforms(withFacts(claim, april, employer), policy);
    t.strictSame(
      answer.months.map(({ outcome, amountFen, whatToDo }) => [outcome, amountFen, whatToDo]),
      [
        ['undetermined', 0, [verifyAtStreet]],
        ['undetermined', 0, [verifyAtStreet]],
        ['excluded', 0, ['当月有用人单位参保记录的，不能享受补贴；如登记有误，请向登记机关申请更正。']],
      ],
    );
    t.strictSame([answer.outcome, answer.amountFen], ['undetermined', 0]);
  },
);

t.test(
  'a confidential register without coverage leaves the month undetermined and is not named',
  async (t) => {
    const claim = residentOf('2025-07-05');
    const { imprisonment: _, ...coverage } = fullyCovered;
    const { months } = assessForPlatforms(
      { ...claim, coverage },
      policyOn('2025-07-05', { statutoryAge: 'national' }),
    );
    t.strictSame(
      months.map(({ outcome, whatToDo }) => [outcome, whatToDo]),
      [1, 2, 3].map(() => ['undetermined', ['有关部门的数据尚未到齐，请等数据更新后再查询。']]),
    );
  },
);
