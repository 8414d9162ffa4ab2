// Proposed policy values: every error by name, and a policy with these values on every day.

import t from 'tap';
import { assess } from '../../src/rules/assess.ts';
import { readChangedValues } from '../../src/rules/changed-values.ts';
import { parameters } from '../../src/rules/policy/parameters.ts';
import { changePolicy, inForce, policyOn } from '../../src/rules/policy/policy.ts';
import { strictMatch } from '../strict-match.ts';
import { claimOf, readCases } from './case-file.ts';

const policy = policyOn('2025-07-10', { statutoryAge: 'national' });
const [ordinary] = readCases('cases.yaml');

function fieldErrorsOf(written: unknown): readonly string[] {
  const reading = readChangedValues(written);
  return 'fieldErrors' in reading ? reading.fieldErrors : [];
}

t.test('each current policy value is a valid proposed value', async (t) => {
  const values = Object.fromEntries(
    Object.entries(parameters).map(([name, { values }]) => [name, values.at(-1)?.value]),
  );
  t.strictSame(readChangedValues(values), { values });
});

t.test('proposed values must be an object of names and values', async (t) => {
  for (const written of [null, undefined, 7, 'monthlyAmountFen', ['monthlyAmountFen']]) {
    t.strictSame(fieldErrorsOf(written), [
      '应为由参数名和值组成的对象 · an object of parameter names and values is expected',
    ]);
  }
  t.strictSame(fieldErrorsOf({}), ['至少应有一个改动的值 · at least one changed value is expected']);
});

t.test('every unknown parameter and every value of another shape is reported at once', async (t) => {
  const fieldErrors = fieldErrorsOf({
    monthlyAmount: 1,
    toString: 1,
    ordinaryCapMonths: '36',
    workingAgeYears: 16,
  });
  strictMatch(t, fieldErrors, [
    /^monthlyAmount: .* · no such parameter; known are monthlyAmountFen, firstMonth, /,
    /^toString: .* · no such parameter/,
    /^ordinaryCapMonths: .* · not of the shape of 36$/,
  ]);
  t.equal(fieldErrors.length, 3);
});

t.test('a proposed count, month, code and boolean must have that form', async (t) => {
  const isTaken = (name: string, value: unknown) => fieldErrorsOf({ [name]: value }).length === 0;
  const taken: [name: string, values: unknown[], refused: unknown[]][] = [
    ['monthlyAmountFen', [0, 1, 60_000], [-1, 0.5, Number.NaN, '1', null, true, {}]],
    ['firstMonth', ['2025-01'], ['2025-13', '2025', 'F50', '3602', '', 202501, null]],
    ['womenCategory', ['F50', 'F55', 'M60'], ['F60', '2024-12', '50', '', 50, null]],
    ['requiredInsurances', ['any', 'all', 'pension', 'medical'], ['both', 'F50', '36', '', null, true]],
    ['cityCode', ['36', '3602'], ['', '36a', 'F50', 3602, null]],
    ['nearWindowIsStrict', [true, false], [0, 1, 'true', null, {}]],
    ['nearCapMonths', [null, 0, 60], [-1, 1.5, '60', true, {}]],
    ['claimDeadlineMonths', [null, 0, 12], [-1, '12', false]],
  ];
  for (const [name, values, refused] of taken) {
    for (const value of values) t.ok(isTaken(name, value), `${name} ${JSON.stringify(value)}`);
    for (const value of refused) t.notOk(isTaken(name, value), `${name} ${JSON.stringify(value)}`);
  }
});

t.test('a proposed age table needs its three complete columns', async (t) => {
  const delay = { firstBirthMonth: '1966-01', everyMonths: 3, atMostMonths: 40 };
  const column = { baseYears: 60, delay };
  const isTaken = (statutoryAges: unknown) => fieldErrorsOf({ statutoryAges }).length === 0;
  t.ok(isTaken({ M60: column, F55: column, F50: column }));
  t.ok(
    isTaken({
      M60: { ...column, delay: null },
      F55: { ...column, delay: null },
      F50: { ...column, delay: null },
    }),
  );
  t.notOk(isTaken(null));
  t.notOk(isTaken('abc'));
  t.notOk(isTaken({ M60: column, F55: column, F50: null }));
  t.notOk(isTaken({ M60: column, F55: column }));
  t.notOk(isTaken({ M60: column, F55: column, F50: column, F45: column }));
  t.notOk(isTaken({ M60: column, F55: column, F45: column }));
  t.notOk(isTaken({ M60: column, F55: column, F50: { baseYears: 60 } }));
  t.notOk(isTaken({ M60: column, F55: column, F50: { baseYears: '60', delay } }));
  t.notOk(
    isTaken({ M60: column, F55: column, F50: { baseYears: 60, delay: { ...delay, everyMonths: '3' } } }),
  );
  t.notOk(isTaken({ M60: column, F55: column, F50: { baseYears: 60, delay: 7 } }));
});

t.test('a changed policy has the proposed values on every day, keeps the others and says so', async (t) => {
  if (ordinary === undefined) throw new Error('no case');
  const changed = changePolicy(policy, { monthlyAmountFen: 60_000, ordinaryCapMonths: 4 });
  t.equal(changed.version, 'jdz-2024-139/2025-01-01~rehearsed');
  t.equal(inForce(changed.parameters.monthlyAmountFen, '2024-12-31'), 60_000);
  t.equal(inForce(changed.parameters.monthlyAmountFen, '2025-06-30'), 60_000);
  t.equal(inForce(changed.parameters.firstMonth, '2025-06-30'), '2024-12');
  t.equal(inForce(changed.parameters.statutoryAges, '2024-12-31').M60.delay, null);
  t.ok(inForce(changed.parameters.statutoryAges, '2025-01-01').M60.delay);
  strictMatch(t, changed.parameters.monthlyAmountFen.values, [{ from: policy.from, value: 60_000 }]);
  const { amountFen, policyVersion } = assess(claimOf(ordinary), changed);
  t.strictSame([amountFen, policyVersion], [180_000, changed.version]);
});
