// Policy versions: what is in force when, that past versions never change, and that a new value needs only
// data.

import t from 'tap';
import { type Assessment, assess } from '../../src/rules/assess.ts';
import { type CheckCode, contradictsGrant } from '../../src/rules/checks.ts';
import { hardshipCategories, kinds } from '../../src/rules/facts.ts';
import { catalogue, hardshipTitles, kindTitles } from '../../src/rules/policy/catalogue.ts';
import type { Parameter, Parameters } from '../../src/rules/policy/parameters.ts';
import {
  changedBy,
  changePolicy,
  inForce,
  policyNamed,
  readPolicy,
  serialisePolicy,
  versionsOf,
} from '../../src/rules/policy/policy.ts';
import { changed, parameters, policies, policyOn } from '../published-policies.ts';
import { claimOf, readCases } from './case-file.ts';

const national = { statutoryAge: 'national' } as const;
const document = { statutoryAge: 'document' } as const;
const codes = Object.keys(catalogue) as CheckCode[];

t.test('the national ages add a policy version in 2025, the document’s ages do not', async (t) => {
  t.strictSame(
    versionsOf(parameters, national.statutoryAge).map(({ version }) => version),
    ['jdz-2024-139/2024-12-06', 'jdz-2024-139/2025-01-01'],
  );
  t.strictSame(
    versionsOf(parameters, document.statutoryAge).map(({ version }) => version),
    ['jdz-2024-139/2024-12-06+document'],
  );
});

t.test('a decision has the policy version in force on its day', async (t) => {
  t.equal(policyOn('2024-12-06', national).version, 'jdz-2024-139/2024-12-06');
  t.equal(policyOn('2024-12-31', national).version, 'jdz-2024-139/2024-12-06');
  t.equal(policyOn('2025-01-01', national).version, 'jdz-2024-139/2025-01-01');
  t.equal(policyOn('2999-12-31', document).version, 'jdz-2024-139/2024-12-06+document');
});

t.test('before the measure was issued there is no policy', async (t) => {
  t.throws(() => policyOn('2024-12-05', national), RangeError);
});

t.test('a policy version is found by its name, in either mode of ages', async (t) => {
  for (const policy of policies.versions) t.equal(policyNamed(policy.version, policies), policy);
  t.equal(policyNamed('jdz-2024-139/2023-01-01', policies), undefined);
});

t.test('every parameter has dated values with article, source and reason, oldest first', async (t) => {
  for (const [name, { title, titleEn, values }] of Object.entries(parameters)) {
    t.ok(title && titleEn, name);
    t.ok(values.length > 0, `${name} has a value`);
    t.equal(values[0]?.from, '2024-12-06', `${name} begins with the measure`);
    t.strictSame(
      values.map(({ from }) => from),
      [...new Set(values.map(({ from }) => from))].sort(),
      name,
    );
    for (const { article, source, reason } of values) t.ok(article && source && reason, name);
  }
});

t.test(
  'a value is in force from its day until the next one’s, and the first also before its day',
  async (t) => {
    const amount = {
      ...parameters.monthlyAmountFen,
      values: [50_000, 60_000, 70_000].map((value, at) => ({
        from: `202${5 + at}-07-01`,
        value,
        article: '-',
        source: '-',
        reason: '-',
      })),
    };
    t.equal(inForce(amount, '2020-01-01'), 50_000);
    t.equal(inForce(amount, '2025-07-01'), 50_000);
    t.equal(inForce(amount, '2026-06-30'), 50_000);
    t.equal(inForce(amount, '2026-07-01'), 60_000);
    t.equal(inForce(amount, '2027-06-30'), 60_000);
    t.equal(inForce(amount, '2027-07-01'), 70_000);
    t.throws(() => inForce({ ...amount, values: [] }, '2025-07-01'), RangeError);
  },
);

/** A future policy: 600 yuan and a cap of 48 months from 15 June 2025. */
function laidOver(): Parameters {
  const why = { article: '-', source: 'a later notice', reason: '-' };
  const { monthlyAmountFen, ordinaryCapMonths } = parameters;
  return {
    ...parameters,
    monthlyAmountFen: {
      ...monthlyAmountFen,
      values: [...monthlyAmountFen.values, { from: '2025-06-15', value: 60_000, ...why }],
    },
    ordinaryCapMonths: {
      ...ordinaryCapMonths,
      values: [...ordinaryCapMonths.values, { from: '2025-06-15', value: 48, ...why }],
    },
  };
}

t.test('a future value needs only data: each month has the amount in force on its last day', async (t) => {
  const { months, amountFen, policyVersion } = assessedBy(
    laidOver(),
    'an ordinary quarter pays all three months',
  );
  t.equal(policyVersion, 'jdz-2024-139/2025-06-15');
  t.strictSame(
    months.map((month) => month.amountFen),
    [50_000, 50_000, 60_000],
  );
  t.equal(amountFen, 160_000);
});

t.test(
  'parameters decide whether the months of retirement and of the first pension are payable',
  async (t) => {
    const why = { from: '2025-02-01', article: '-', source: '-', reason: '-' };
    const { retirementMonthPayable, pensionMonthPayable } = parameters;
    const changed: Parameters = {
      ...parameters,
      retirementMonthPayable: {
        ...retirementMonthPayable,
        values: [...retirementMonthPayable.values, { ...why, value: false }],
      },
      pensionMonthPayable: {
        ...pensionMonthPayable,
        values: [...pensionMonthPayable.values, { ...why, value: true }],
      },
    };
    const outcomes = (name: string) => assessedBy(changed, name).months.map(({ outcome }) => outcome);
    t.strictSame(outcomes('retirement month pays and the following one does not'), [
      'payable',
      'excluded',
      'excluded',
    ]);
    t.strictSame(outcomes('a pension from the next first leaves the month before it'), [
      'payable',
      'payable',
      'payable',
    ]);
    t.strictSame(outcomes('a pension from the last day of a month takes that month'), [
      'payable',
      'payable',
      'excluded',
    ]);
  },
);

t.test(
  'parameters of the decision use the decision day’s values, even those set after the submission',
  async (t) => {
    // The cases are submitted on 5 July and decided on 10 July, the last one on 8 and 15 October.
    const on = <T>(parameter: Parameter<T>, value: T, from = '2025-07-08'): Parameter<T> => {
      const dated = { from, value, article: '-', source: '-', reason: '-' };
      return { ...parameter, values: [...parameter.values, dated] };
    };
    const told = (changed: Partial<Parameters>, name = 'an ordinary quarter pays all three months') =>
      assessedBy({ ...parameters, ...changed }, name).months;
    const outcomes = (changed: Partial<Parameters>, name?: string) =>
      told(changed, name).map(({ outcome }) => outcome);
    const { firstMonth, cityCode, lateClaimQuarters, retirementMonthPayable, pensionMonthPayable } =
      parameters;
    t.strictSame(outcomes({ firstMonth: on(firstMonth, '2025-05') }), [
      'outside-policy',
      'payable',
      'payable',
    ]);
    t.strictSame(outcomes({ cityCode: on(cityCode, '3601') }), ['excluded', 'excluded', 'excluded']);
    t.strictSame(
      told({ lateClaimQuarters: on(lateClaimQuarters, 0) }).map(({ lateClaim }) => lateClaim),
      [true, true, true],
    );
    t.strictSame(
      outcomes(
        { pensionMonthPayable: on(pensionMonthPayable, true) },
        'a pension from the last day of a month takes that month',
      ),
      ['payable', 'payable', 'excluded'],
    );
    t.strictSame(
      outcomes(
        { retirementMonthPayable: on(retirementMonthPayable, false, '2025-10-10') },
        'retirement month pays and the following one does not',
      ),
      ['payable', 'excluded', 'excluded'],
    );
  },
);

function assessedBy(dated: Parameters, name: string): Assessment {
  const written = [...readCases('cases.yaml'), ...readCases('boundary-cases.yaml')].find(
    (one) => one.name === name,
  );
  const policy = versionsOf(dated, national.statutoryAge).at(-1);
  if (written === undefined || policy === undefined) throw new Error(`no case ${name}, or no version`);
  return assess(claimOf(written), policy);
}

t.test('a future value leaves every earlier version as it was, to the byte', async (t) => {
  for (const choice of [national, document]) {
    const before = versionsOf(parameters, choice.statutoryAge).map(serialisePolicy);
    t.strictSame(
      versionsOf(laidOver(), choice.statutoryAge).map(serialisePolicy).slice(0, before.length),
      before,
    );
  }
});

t.test('a version’s stored line has values and grounds, no titles, in one order', async (t) => {
  const changedBy = (change: Partial<Parameters['monthlyAmountFen']>): Parameters => ({
    ...parameters,
    monthlyAmountFen: { ...parameters.monthlyAmountFen, ...change },
  });
  const lines = (dated: Parameters) => versionsOf(dated, 'national').map(serialisePolicy);
  t.strictSame(lines(changedBy({ title: 'another title' })), lines(parameters));
  const values = parameters.monthlyAmountFen.values.map((value) => ({ ...value, reason: 'another reason' }));
  t.not(lines(changedBy({ values }))[0], lines(parameters)[0]);
  const reversed = Object.fromEntries(Object.entries(parameters).reverse()) as unknown as Parameters; // in reverse order
  t.strictSame(lines(reversed), lines(parameters));
});

t.test('an adopted change makes the version that a file would have made', async (t) => {
  for (const mode of ['national', 'document'] as const) {
    const newest = versionsOf(parameters, mode).at(-1);
    const expected = versionsOf(laidOver(), mode).at(-1);
    if (newest === undefined || expected === undefined) throw new Error('no version');
    const why = { article: '-', source: 'a later notice', reason: '-' };
    const change = {
      from: '2025-06-15',
      values: { monthlyAmountFen: { value: 60_000, ...why }, ordinaryCapMonths: { value: 48, ...why } },
    };
    t.equal(serialisePolicy(changedBy(newest, change)), serialisePolicy(expected));
  }
});

t.test('a rehearsed policy has the changed values on every day, and the others as they were', async (t) => {
  const [ordinary] = readCases('cases.yaml');
  if (ordinary === undefined) throw new Error('no case');
  const policy = policyOn('2025-07-10', national);
  const rehearsed = changePolicy(policy, changed({ monthlyAmountFen: 60_000, ordinaryCapMonths: 4 }));
  t.equal(rehearsed.version, 'jdz-2024-139/2025-01-01~rehearsed');
  t.equal(inForce(rehearsed.parameters.monthlyAmountFen, '2024-12-31'), 60_000);
  t.equal(inForce(rehearsed.parameters.monthlyAmountFen, '2025-06-30'), 60_000);
  t.equal(inForce(rehearsed.parameters.firstMonth, '2025-06-30'), '2024-12');
  t.equal(inForce(rehearsed.parameters.statutoryAges, '2024-12-31').M60.delay, null);
  t.ok(inForce(rehearsed.parameters.statutoryAges, '2025-01-01').M60.delay);
  const { amountFen, policyVersion } = assess(claimOf(ordinary), rehearsed);
  t.strictSame([amountFen, policyVersion], [180_000, rehearsed.version]);
});

t.test('a policy read from its stored line decides as before, whatever the code now contains', async (t) => {
  for (const choice of [national, document]) {
    for (const policy of versionsOf(laidOver(), choice.statutoryAge)) {
      const read = readPolicy(serialisePolicy(policy));
      const { version, from, statutoryAge } = policy;
      t.strictSame([read.version, read.from, read.statutoryAge], [version, from, statutoryAge]);
      t.equal(serialisePolicy(read), serialisePolicy(policy));
      for (const written of readCases('cases.yaml')) {
        const claim = claimOf(written);
        t.equal(JSON.stringify(assess(claim, read)), JSON.stringify(assess(claim, policy)), written.name);
      }
    }
  }
});

t.test('a parameter missing from the stored line has no value', async (t) => {
  const line = JSON.parse(serialisePolicy(policyOn('2025-07-10', national)));
  delete line.values.lateClaimQuarters;
  const read = readPolicy(JSON.stringify(line));
  t.throws(() => inForce(read.parameters.lateClaimQuarters, '2025-07-10'), RangeError);
  t.notMatch(serialisePolicy(read), /lateClaimQuarters/);
});

t.test('the parameters have the measure’s values', async (t) => {
  const now = policyOn('2025-07-10', national).parameters;
  const values = Object.fromEntries(
    Object.entries(now).map(([name, { values }]) => [name, values.at(-1)?.value]),
  );
  t.strictSame(values, {
    monthlyAmountFen: 50_000,
    firstMonth: '2024-12',
    ordinaryCapMonths: 36,
    nearWindowYears: 5,
    nearWindowIsStrict: true,
    nearCapMonths: null,
    statutoryAges: {
      M60: { baseYears: 60, delay: { firstBirthMonth: '1965-01', everyMonths: 4, atMostMonths: 36 } },
      F55: { baseYears: 55, delay: { firstBirthMonth: '1970-01', everyMonths: 4, atMostMonths: 36 } },
      F50: { baseYears: 50, delay: { firstBirthMonth: '1975-01', everyMonths: 2, atMostMonths: 60 } },
    },
    womenCategory: 'F50',
    requiredInsurances: 'any',
    workingAgeYears: 16,
    cityCode: '3602',
    retirementMonthPayable: true,
    pensionMonthPayable: false,
    claimableAfterMonths: 1,
    claimDeadlineMonths: null,
    lateClaimQuarters: 1,
    acceptanceWorkingDays: 5,
    reviewWorkingDays: 20,
    noticeWorkingDays: 3,
  });
});

t.test('the catalogue names every check, every kind and every category', async (t) => {
  t.equal(codes.length, 15);
  t.strictSame(Object.keys(kindTitles), [...kinds]);
  t.strictSame(Object.keys(hardshipTitles), [...hardshipCategories]);
  for (const [code, { article, title, titleEn, meaning }] of Object.entries(catalogue)) {
    t.ok(article && title && titleEn && meaning.clear && meaning.hit && meaning.unknown, code);
  }
  t.equal(new Set(Object.values(kindTitles)).size, kinds.length);
  t.equal(new Set(Object.values(hardshipTitles)).size, 9);
});

t.test(
  'a later hit contradicts a granted month by any prerequisite or exclusion, except the cap',
  async (t) => {
    const reclaiming = codes.filter(contradictsGrant);
    t.strictSame(reclaiming, [
      'local-household',
      'working-age',
      'hardship-recognised',
      'flexibly-employed',
      'sequence',
      'contributed',
      'unemployment-benefit',
      'skills-training',
      'public-post',
      'imprisonment',
      'public-payroll',
      'past-retirement',
      'employer-insured',
    ]);
  },
);
