// Eligibility checks change nothing, create nobody, and are refused unless the whole question is valid.

import t from 'tap';
import { type Problem, setup } from '../helper.ts';
import { fingerprint } from '../platform/http/fingerprint.ts';
import { contribution, held, priorBenefit } from '../registers/residents.ts';
import { type ComparisonAnswer, type Resident, secondQuarter } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';

interface Eligibility extends Pick<ComparisonAnswer, 'assessment'> {
  readonly materialsToSupply: readonly { readonly kind: string }[];
}

interface ClaimedAnswer extends Eligibility {
  readonly assessment: Eligibility['assessment'] & { readonly explanation: string };
  readonly claimedMonths: readonly string[];
  readonly claimable: readonly { readonly month: string }[];
}

const city = await setup(t);
const { call, db, resident, nextResident, deliver } = city;
const platform = 'platform-ganfutong';

/** Asks as an officer, who sees every check. */
function ask(somebody: Pick<Resident, 'identityNumber' | 'name'>, more: object = {}) {
  return city.asked<Eligibility & Problem>(somebody, more, 'handler-360203');
}

const outcomesOf = ({ assessment }: Eligibility) => assessment.months.map(({ outcome }) => outcome);

t.test('an eligibility check stores only the question and creates no person', async (t) => {
  const [known, stranger] = [await resident(), nextResident()];
  const before = await fingerprint(db);
  for (const by of [platform, 'handler-360203']) {
    for (const somebody of [known, stranger]) {
      t.equal((await city.asked(somebody, {}, by)).status, 200);
      const personId = await city.lookedUp(somebody, by);
      t.equal(personId !== null, somebody === known);
    }
  }
  const after = await fingerprint(db);
  const changed = Object.keys(after).filter((table) => after[table] !== before[table]);
  t.strictSame(
    changed,
    ['asked_day', 'asked_person', 'audit_entry', 'look', 'officer_name', 'question'],
    'and its trace',
  );
});

t.test(
  'for a person without any records, every month is undetermined and every paper is required',
  async (t) => {
    const silent = await setup(t);
    const unknown = await silent.asked<Eligibility>(silent.nextResident());
    t.strictSame(outcomesOf(unknown.body), ['undetermined', 'undetermined', 'undetermined']);
    strictMatch(t, unknown.body, { assessment: { outcome: 'undetermined', amountFen: 0 } });
    t.strictSame(unknown.body.materialsToSupply.map(({ kind }) => kind).sort(), [
      'contribution-proof',
      'flexible-employment-proof',
      'identity-card',
    ]);
  },
);

t.test('a person without records is never excluded, even if every register is complete', async (t) => {
  const stranger = nextResident();
  const { body } = await ask(stranger);
  strictMatch(t, body, { assessment: { outcome: 'undetermined', amountFen: 0 } });
  for (const { checks } of body.assessment.months) {
    const hits = checks.filter(({ answer }) => answer === 'hit').map(({ code }) => code);
    t.strictSame(hits, []);
  }
  // Supposed records are assessed; everything else stays unknown.
  const pension = { kind: 'pension', from: '2025-05-01' };
  const supposed = await ask(stranger, { whatIf: { records: [pension] } });
  t.strictSame(outcomesOf(supposed.body), ['undetermined', 'excluded', 'excluded']);
  // With one record on file the registers know the person.
  const training = held('skills-training', stranger, '2024-01-01', '2024-01-31');
  await deliver([{ ...training, name: stranger.name }]);
  t.strictSame(outcomesOf((await ask(stranger)).body), ['excluded', 'excluded', 'excluded']);
});

t.test('an eligibility check gives the same result as a decision of the same day', async (t) => {
  const person = await resident();
  await deliver([held('skills-training', person, '2025-05-06', '2025-05-10')]);
  const asked = await ask(person);
  const decided = await city.decided(await city.accepted(person));
  t.strictSame(
    asked.body.assessment.months.map(({ checks }) => checks.map(({ code, answer }) => [code, answer])),
    decided.assessment.months.map(({ checks }) => checks.map(({ code, answer }) => [code, answer])),
  );
  t.equal(asked.body.assessment.amountFen, decided.amountFen);
});

t.test('a question with an unknown property is refused, never ignored', async (t) => {
  const somebody = await resident();
  const misunderstood: [pointer: string, body: object][] = [
    ['/body/month', { month: ['2025-04'] }],
    ['/body/excludeKinds', { excludeKinds: ['household'] }],
    ['/body/whatIf/withoutKind', { whatIf: { withoutKind: ['household'] } }],
    ['/body/whatIf/withoutKinds/0', { whatIf: { withoutKinds: ['households'] } }],
    [
      '/body/whatIf/records/0/kind',
      { whatIf: { records: [{ kind: 'unemployment-benefits', from: '2025-04-01' }] } },
    ],
    [
      '/body/whatIf/records/0/until',
      { whatIf: { records: [{ kind: 'public-post', from: '2025-04-01', until: '2025-04-30' }] } },
    ],
    ['/body/months/1', { months: ['2025-04', 'May'] }],
  ];
  for (const [pointer, body] of misunderstood) {
    const answer = await ask(somebody, body);
    strictMatch(t, answer, { status: 400, body: { code: 'invalid-fields' } }, pointer);
    t.ok(
      answer.body.errors.some((fieldError) => fieldError.pointer === pointer),
      pointer,
    );
  }
});

t.test('a list request with a misspelt filter is refused, never answered unfiltered', async (t) => {
  await city.applied();
  const lists: [url: string, caller: string][] = [
    ['/v1/applications', 'auditor'],
    ['/v1/disbursements', 'auditor'],
    ['/v1/recoveries', 'auditor'],
    ['/v1/audit-entries', 'auditor'],
  ];
  for (const [url, caller] of lists) {
    for (const query of [
      { status: 'submitted' },
      { State: 'submitted' },
      { 'state[]': 'submitted' },
      { state: 'Submitted' },
      { state: 'submitted,accepted' },
    ]) {
      strictMatch(
        t,
        await call<Problem>(caller, 'GET', url, { query }),
        { status: 400 },
        `${url} ${JSON.stringify(query)}`,
      );
    }
  }
});

t.test(
  'a delivered exclusion with a misspelt kind leaves its month undetermined, never payable',
  async (t) => {
    const person = await resident();
    const rows = [{ ...held('unemployment-benefit', person, '2025-04-01'), kind: 'unemployment-benefits' }];
    const { body } = await call<{ totals: object; refused: { errors: unknown[] }[] }>(
      'provincial-system',
      'POST',
      '/v1/record-deliveries',
      { body: { source: 'jx-human-resources', rows } },
    );
    strictMatch(t, body, {
      totals: { refused: 1 },
      refused: [{ errors: [{ pointer: '/body/rows/0/kind', code: 'unknown-value' }] }],
    });
    const coverage = [
      { kind: 'unemployment-benefits', throughMonth: '2025-06', asOf: '2025-07-05T01:00:00Z' },
    ];
    const stated = await call<Problem>('provincial-system', 'POST', '/v1/record-deliveries', {
      body: { source: 'jx-human-resources', rows: [], coverage },
    });
    strictMatch(t, stated, { status: 400, body: { errors: [{ pointer: '/body/coverage/0/kind' }] } });
  },
);

t.test('a supposition (whatIf) affects only its own answer', async (t) => {
  const person = await resident();
  const whatIf = { records: [{ kind: 'employer-insurance', from: '2025-05-01', to: '2025-05-31' }] };
  t.strictSame(outcomesOf((await ask(person, { whatIf })).body), ['payable', 'excluded', 'payable']);
  t.strictSame(outcomesOf((await ask(person, { whatIf: { withoutKinds: ['household'] } })).body), [
    'excluded',
    'excluded',
    'excluded',
  ]);
  t.strictSame(outcomesOf((await ask(person)).body), ['payable', 'payable', 'payable']);
});

t.test(
  'months supposed to be granted elsewhere use up the term, and months supposed away do not',
  async (t) => {
    const person = await resident();
    const { kind, firstApprovedOn, near, months } = priorBenefit(person, 35);
    const whatIf = { records: [{ kind, firstApprovedOn, near, months }] };
    const { body } = await ask(person, { whatIf });
    strictMatch(t, body.assessment.term, { forecast: false, firstApprovedOn, used: 35, left: 1 });
    t.strictSame(outcomesOf(body), ['payable', 'excluded', 'excluded']);
    await deliver([priorBenefit(person, 36)]);
    t.strictSame(outcomesOf((await ask(person)).body), ['excluded', 'excluded', 'excluded']);
    const without = await ask(person, { whatIf: { withoutKinds: ['prior-benefit'] } });
    strictMatch(t, without.body.assessment.term, { forecast: true, used: 0, left: 36 });
    t.strictSame(outcomesOf(without.body), ['payable', 'payable', 'payable']);
  },
);

t.test(
  'a question about months that have not ended or of another quarter is refused with a pointer to each',
  async (t) => {
    const { status, body } = await ask(nextResident(), {
      quarter: '2025Q3',
      months: ['2025-07', '2025-06', '2025-07'],
    });
    t.equal(status, 400);
    t.strictSame(body.errors.map(({ pointer, code }) => `${code} ${pointer}`).sort(), [
      'month-not-ended /body/months/0',
      'month-not-ended /body/months/2',
      'month-outside-quarter /body/months/1',
      'month-twice /body/months/2',
    ]);
  },
);

t.test('all errors of a question are reported together, each with its pointer and remedy', async (t) => {
  const records = [
    { kind: 'pension', from: '2025-05-02', to: '2025-05-01' },
    { kind: 'contribution', scheme: 'employees', insurance: 'pension', payer: 'individual', refunded: false },
    { kind: 'hardship-recognition', category: 'poor', from: '2025-04-01' },
    { kind: 'lottery', from: '2025-04-01' },
  ];
  const { status, body } = await ask(nextResident(), {
    quarter: '2025Q3',
    whatIf: { bornOn: '2025-12-31', records },
  });
  t.equal(status, 400);
  t.strictSame(body.errors.map(({ pointer }) => pointer).sort(), [
    '/body/quarter',
    '/body/whatIf/bornOn',
    '/body/whatIf/records/0/to',
    '/body/whatIf/records/1/month',
    '/body/whatIf/records/2/category',
    '/body/whatIf/records/3/kind',
  ]);
  for (const { code, detail } of body.errors) t.match(detail, /\p{Script=Han}/u, code);
});

t.test('a month granted here and also reported by a register counts once against the cap', async (t) => {
  const person = await resident();
  const { personId } = await city.approved(person);
  const { months } = priorBenefit(person, 10);
  const told = { ...priorBenefit(person, 10), months: [...(months as string[]), ...secondQuarter] };
  await deliver([told]);
  const { body } = await call<object>('handler-360203', 'GET', `/v1/people/${personId}/entitlement`);
  strictMatch(t, body, { liveMonths: [...secondQuarter], term: { used: 13, left: 23 } });
});

t.test('an entitlement shows the months granted, the months left and the basis of the term', async (t) => {
  const person = await resident();
  await deliver([priorBenefit(person, 10)]);
  const { personId, caseNumber } = await city.approved(person);
  const { body } = await call<object>('handler-360203', 'GET', `/v1/people/${personId}/entitlement`, {
    status: 200,
  });
  strictMatch(t, body, {
    liveMonths: [...secondQuarter],
    term: {
      near: false,
      forecast: false,
      cap: 36,
      used: 13,
      left: 23,
      evidence: { source: 'decision', caseNumber },
    },
  });
  await deliver([contribution(person, '2025-03')]);
  const later = await call<{ claimable: { month: string }[] }>(
    'handler-360203',
    'GET',
    `/v1/people/${personId}/entitlement`,
  );
  for (const month of secondQuarter)
    t.notOk(
      later.body.claimable.some((one) => one.month === month),
      `${month} cannot be claimed again`,
    );
});

t.test('the policy in force is published, and an unknown version is not found', async (t) => {
  const { body } = await call<{ items?: { version: string }[]; versions?: { version: string }[] }>(
    platform,
    'GET',
    '/v1/policies',
    { status: 200 },
  );
  t.match(JSON.stringify(body), 'jdz-2024-139/2025-01-01');
  const url = (version: string) => `/v1/policies/${encodeURIComponent(version)}`;
  strictMatch(t, await call(platform, 'GET', url('jdz-2024-139/2025-01-01')), { status: 200 });
  strictMatch(t, await call(platform, 'GET', url('jdz-2024-139/2025-01-02')), {
    status: 404,
    body: { code: 'not-found' },
  });
});

t.test(
  'a month in an open application is shown as claimed, whatever the channel, and never as payable',
  async (t) => {
    const person = await resident();
    const { caseNumber } = await city.applied(person, { months: ['2025-04'] });
    const asked = async (months: readonly string[]) => {
      const answer = await city.asked<ClaimedAnswer>(person, { months }, 'platform-hall');
      return { ...answer.body, text: JSON.stringify(answer.body) };
    };
    const one = await asked(['2025-04']);
    t.strictSame(
      [
        one.assessment.outcome,
        one.assessment.amountFen,
        one.assessment.months[0]?.outcome,
        one.claimedMonths,
      ],
      ['refused', 0, 'claimed-elsewhere', ['2025-04']],
    );
    t.equal(
      one.assessment.months[0]?.explanation,
      '2025年4月已在一件正在办理的申请中提出，请等待该申请办结，不要重复申请。',
    );
    t.equal(one.assessment.explanation, '所问月份都已在正在办理的申请中提出，请等待办结，不要重复申请。');
    t.notOk(one.text.includes(caseNumber), 'the case of another channel is not named');
    t.notOk(one.claimable.some(({ month }) => month === '2025-04'));
    const whole = await asked(secondQuarter);
    t.strictSame(outcomesOf(whole), ['claimed-elsewhere', 'payable', 'payable']);
    t.equal(whole.assessment.explanation, '可以核定2个月，补贴1000元。');
  },
);
