// Invalid claims and records: every error, each with its place and what to do.

import t from 'tap';
import { kinds } from '../../src/rules/facts.ts';
import { versionsOf } from '../../src/rules/policy/policy.ts';
import { fieldErrorsOfBirth, fieldErrorsOfMonths } from '../../src/rules/validation/claims.ts';
import { fieldErrorsOfFact, type WrittenFact } from '../../src/rules/validation/facts.ts';
import type { FieldError } from '../../src/values/field-errors.ts';
import { parameters, policyOn } from '../published-policies.ts';

const today = '2025-07-10';
const policy = policyOn(today, { statutoryAge: 'national' });

function told(fieldErrors: readonly FieldError[]): string[] {
  return fieldErrors.map(({ pointer, code }) => `${pointer} ${code}`);
}

function ofMonths(quarter: string, months?: string[], on = today): string[] {
  return told(fieldErrorsOfMonths(months === undefined ? { quarter } : { quarter, months }, on, policy, ''));
}

function ofFact(written: WrittenFact): string[] {
  return told(fieldErrorsOfFact(written, '/0'));
}

t.test('one to three ended months of one quarter are valid, in any order', async (t) => {
  t.strictSame(ofMonths('2025Q2'), []);
  t.strictSame(ofMonths('2025Q2', ['2025-06', '2025-04', '2025-05']), []);
  t.strictSame(ofMonths('2024Q4', ['2024-11']), [], 'what lies outside the measure is judged, not refused');
  t.strictSame(ofMonths('2025Q2', ['2025-06'], '2025-07-01'), []);
});

t.test('a month can be claimed from the first day after it', async (t) => {
  t.strictSame(ofMonths('2025Q2', ['2025-05', '2025-06'], '2025-06-30'), ['/months/1 month-not-ended']);
  t.strictSame(ofMonths('2025Q3', ['2025-07', '2025-08']), [
    '/months/0 month-not-ended',
    '/months/1 month-not-ended',
  ]);
});

t.test('a quarter claimed whole must have ended', async (t) => {
  t.strictSame(ofMonths('2025Q2', undefined, '2025-06-30'), ['/quarter quarter-not-ended']);
  t.strictSame(ofMonths('2025Q2', undefined, '2025-07-01'), []);
  t.strictSame(ofMonths('2099Q1'), ['/quarter quarter-not-ended']);
});

t.test('every error of the claimed months is reported at once', async (t) => {
  t.strictSame(ofMonths('2025Q2', ['2025-04', '2025-04', '2025-03', '2025-13', '2025-07', '2025-07']), [
    '/months/1 month-twice',
    '/months/2 month-outside-quarter',
    '/months/3 month-form',
    '/months/4 month-outside-quarter',
    '/months/4 month-not-ended',
    '/months/5 month-twice',
    '/months/5 month-outside-quarter',
    '/months/5 month-not-ended',
  ]);
  t.strictSame(ofMonths('2025Q2', []), ['/months months-missing']);
  t.strictSame(ofMonths('2025-Q2', ['2025-04']), ['/quarter quarter-form']);
});

t.test('a month after the city’s deadline is an error', async (t) => {
  const { claimDeadlineMonths } = parameters;
  const values = [
    ...claimDeadlineMonths.values,
    { from: '2025-02-01', value: 2, article: '-', source: '-', reason: '-' },
  ];
  const [latest] = versionsOf(
    { ...parameters, claimDeadlineMonths: { ...claimDeadlineMonths, values } },
    'national',
  ).toReversed();
  const fieldErrors = fieldErrorsOfMonths(
    { quarter: '2025Q2', months: ['2025-04', '2025-05'] },
    today,
    latest ?? policy,
    '/body',
  );
  t.strictSame(told(fieldErrors), ['/body/months/0 month-past-deadline']);
});

t.test('a birth date must be a valid day and not in the future', async (t) => {
  t.strictSame(told(fieldErrorsOfBirth('1972-05-11', today, '/born')), []);
  t.strictSame(told(fieldErrorsOfBirth(today, today, '/born')), []);
  t.strictSame(told(fieldErrorsOfBirth('2025-07-11', today, '/born')), ['/born birth-in-future']);
  t.strictSame(told(fieldErrorsOfBirth('1972-02-30', today, '/born')), ['/born day-form']);
});

const days = { from: '2025-04-01', to: '2025-04-30' };
const contribution = {
  kind: 'contribution',
  month: '2025-04',
  scheme: 'employees',
  insurance: 'pension',
  payer: 'individual',
  refunded: false,
};
const priorBenefit = {
  kind: 'prior-benefit',
  firstApprovedOn: '2024-01-10',
  near: false,
  months: ['2024-12', '2025-01'],
};
const particulars: Record<string, object> = {
  household: { ...days, street: '360203007' },
  'hardship-recognition': { ...days, category: 'disabled' },
  'retirement-category': { ...days, category: 'F55' },
  contribution,
  'contribution-refund': { month: '2025-04', insurance: 'medical', refundedOn: '2025-06-02' },
  'prior-benefit': priorBenefit,
};

t.test('a complete record of each kind is valid', async (t) => {
  for (const kind of kinds) t.strictSame(ofFact({ kind, ...(particulars[kind] ?? days) }), [], kind);
  t.strictSame(ofFact({ kind: 'pension', from: '2025-04-01', to: null }), []);
  t.strictSame(ofFact({ kind: 'pension', from: '2025-04-01' }), []);
  t.strictSame(ofFact({ kind: 'pension', from: '2025-04-01', to: '2025-04-01' }), []);
  t.strictSame(ofFact({ ...contribution, paidOn: '2025-05-02', place: '330100' }), []);
});

t.test('an unknown kind of record is rejected without further guesses', async (t) => {
  for (const kind of ['lottery', '', undefined, null, 7, 'Household', 'toString']) {
    t.strictSame(ofFact({ kind, from: 'x' }), ['/0/kind kind-unknown']);
  }
});

const saidByMonths = ['contribution', 'contribution-refund', 'prior-benefit'];

t.test('every record with days needs a first day, and an end not before it', async (t) => {
  for (const kind of kinds.filter((kind) => !saidByMonths.includes(kind))) {
    const more = particulars[kind] ?? {};
    t.strictSame(ofFact({ kind, ...more, from: undefined, to: null }), ['/0/from day-form'], kind);
    t.strictSame(
      ofFact({ kind, ...more, from: '2025-04-02', to: '2025-04-01' }),
      ['/0/to end-before-start'],
      kind,
    );
  }
  t.strictSame(ofFact({ kind: 'pension', from: 20250401, to: '2025-02-29' }), [
    '/0/from day-form',
    '/0/to day-form',
  ]);
});

t.test('all invalid fields of a record are reported together', async (t) => {
  t.strictSame(ofFact({ kind: 'household', from: 'x', street: '36020300' }), [
    '/0/from day-form',
    '/0/street street-form',
  ]);
  t.strictSame(ofFact({ kind: 'household', ...days, street: 360203007 }), ['/0/street street-form']);
  t.strictSame(ofFact({ kind: 'hardship-recognition', ...days, category: 'poor' }), [
    '/0/category category-unknown',
  ]);
  t.strictSame(ofFact({ kind: 'retirement-category', ...days, category: 'disabled' }), [
    '/0/category category-unknown',
  ]);
});

t.test('a contribution without a month is rejected together with its other errors', async (t) => {
  t.strictSame(ofFact({ kind: 'contribution' }), [
    '/0/month month-missing',
    '/0/scheme scheme-unknown',
    '/0/insurance insurance-unknown',
    '/0/payer payer-unknown',
    '/0/refunded yes-or-no',
  ]);
  t.strictSame(ofFact({ ...contribution, month: '2025-13', paidOn: '2025-04-31' }), [
    '/0/month month-form',
    '/0/paidOn day-form',
  ]);
  t.strictSame(ofFact({ ...contribution, month: 202504 }), ['/0/month month-form']);
  t.strictSame(ofFact({ ...contribution, refunded: 'no' }), ['/0/refunded yes-or-no']);
  t.strictSame(ofFact({ ...contribution, insurance: 'injury' }), ['/0/insurance insurance-unknown']);
});

t.test('a refund must have a month and an insurance', async (t) => {
  t.strictSame(ofFact({ kind: 'contribution-refund' }), [
    '/0/month month-missing',
    '/0/insurance insurance-unknown',
  ]);
  const refund = { kind: 'contribution-refund', month: '2025-04', insurance: 'pension' };
  t.strictSame(ofFact(refund), []);
  t.strictSame(ofFact({ ...refund, month: '2025-00', refundedOn: '2025-04-31' }), [
    '/0/month month-form',
    '/0/refundedOn day-form',
  ]);
});

t.test(
  'a benefit granted elsewhere must have its months, first approval and whether it was near',
  async (t) => {
    t.strictSame(ofFact({ kind: 'prior-benefit' }), [
      '/0/firstApprovedOn day-form',
      '/0/near yes-or-no',
      '/0/months months-missing',
    ]);
    t.strictSame(ofFact({ ...priorBenefit, months: [] }), ['/0/months months-missing']);
    t.strictSame(ofFact({ ...priorBenefit, months: ['2024-12', '2024-13', '2024-12', 5] }), [
      '/0/months/1 month-form',
      '/0/months/2 month-twice',
      '/0/months/3 month-form',
    ]);
  },
);

t.test('every validation error says what to do', async (t) => {
  const fieldErrors = [
    ...fieldErrorsOfFact({ kind: 'contribution' }, ''),
    ...fieldErrorsOfMonths({ quarter: 'x' }, today, policy, ''),
  ];
  for (const { code, detail } of fieldErrors) t.match(detail, /^[\p{Script=Han}].*。$/u, code);
});
