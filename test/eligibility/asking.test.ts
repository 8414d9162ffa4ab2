// Who may ask about whom, what the answer contains, and that every question is stored, counted and reported to the
// person.

import t from 'tap';
import { type Answer, type City, type Problem, setup } from '../helper.ts';
import { deathOf, held, type Resident } from '../registers/residents.ts';
import { questionAbout } from '../steps.ts';

const city = await setup(t);
const { asked, lookedUp, resident, nextResident, deliver, call, db } = city;
const platform = 'platform-ganfutong';
const handler = 'handler-360203';
/** A handler of an agency without any of these people. */
const stranger = 'handler-360281';

interface Told {
  readonly assessment: {
    readonly outcome: string;
    readonly months: readonly { readonly outcome: string; readonly whatToDo: readonly string[] }[];
  };
}
type Either = Told & Problem;

interface Trace {
  readonly entryId: number | null;
  readonly operation: string;
  readonly role: string;
  readonly facts: readonly string[];
  readonly purpose: string | null;
}

const codesOf = ({ status, body }: Answer<Problem>) => [
  status,
  ...body.errors.map(({ pointer, code }) => `${pointer} ${code}`),
];
const statedBy = (somebody: Resident) => {
  const stated = questionAbout(somebody);
  if ('purpose' in stated) throw new Error('a platform states no purpose');
  return stated;
};
const ask = (body: object, by: string, at = '/v1/eligibility-checks') =>
  call<Problem>(by, 'POST', at, { body, key: null });

t.test(
  'a platform must state name, login and consent in a question, not only an identity number',
  async (t) => {
    const { identityNumber } = await resident();
    const missing = ['/body/name required', '/body/authentication required', '/body/consent required'];
    t.strictSame(codesOf(await ask({ identityNumber, quarter: '2025Q2' }, platform)), [400, ...missing]);
    t.strictSame(codesOf(await ask({ identityNumber }, platform, '/v1/people/look-ups')), [400, ...missing]);
  },
);

t.test(
  'a login in the future is refused, and so are grounds of a platform from an officer and the reverse',
  async (t) => {
    const somebody = await resident();
    const stated = statedBy(somebody);
    const tomorrow = { ...stated, authentication: { ...stated.authentication, at: '2025-07-06T00:00:00Z' } };
    t.strictSame(codesOf(await ask({ ...tomorrow, quarter: '2025Q2' }, platform)), [
      400,
      '/body/authentication/at in-future',
    ]);
    const purpose = { code: 'complaint', text: '核实信访件' };
    t.strictSame(codesOf(await ask({ ...stated, purpose, quarter: '2025Q2' }, platform)), [
      400,
      '/body/purpose not-for-this-role',
    ]);
    t.strictSame(codesOf(await ask({ ...stated, quarter: '2025Q2' }, handler)), [
      400,
      '/body/authentication not-for-this-role',
      '/body/consent not-for-this-role',
    ]);
  },
);

/** An answer without the parts that differ in every request. */
function bytesOf({ status, body, headers }: Answer<object>): string {
  const { date: _, 'x-request-id': _1, 'request-id': _2, ...same } = headers;
  return JSON.stringify([status, body, same]);
}

t.test('a question with a wrong name gets exactly the answer for an unknown number', async (t) => {
  const known = await resident();
  // With the same sex and birthday, which the number contains.
  const unknown = nextResident();
  for (const by of [platform, stranger]) {
    const nobody = bytesOf(await asked(unknown, {}, by));
    t.equal(bytesOf(await asked({ ...known, name: '张三丰' }, {}, by)), nobody, by);
    t.not(bytesOf(await asked(known, {}, by)), nobody, `${by} hears of the right name`);
    t.equal(await lookedUp({ ...known, name: '张三丰' }, by), null);
    t.match(await lookedUp(known, by), /^[0-9a-f-]{36}$/);
  }
  const dotted = await resident();
  await deliver([{ ...held('skills-training', dotted, '2023-01-01', '2023-01-31'), name: '买买提·艾力' }]);
  t.not(await lookedUp({ ...dotted, name: ' 买买提•艾力 ' }), null, 'names are compared as they are kept');
});

t.test('a name that a platform entered in a draft does not identify a person', async (t) => {
  const somebody = await resident();
  await city.drafted({ ...somebody, name: '随便写的' });
  t.equal(await lookedUp({ ...somebody, name: '随便写的' }), null);
  const nameless = nextResident();
  await deliver([{ ...held('skills-training', nameless, '2025-01-01', '2025-01-31'), name: undefined }]);
  await city.drafted(nameless);
  t.equal(await lookedUp(nameless), null, 'where no register tells a name, nobody is known');
});

t.test(
  'a platform gets months and what to do, and no days, records or cases of other channels',
  async (t) => {
    const somebody = await resident();
    await deliver([held('employer-insurance', somebody, '2025-05-06', '2025-05-10')]);
    const { caseNumber } = await city.applied(somebody, { months: ['2025-04'] });
    const { body } = await asked<Told>(somebody, {}, 'platform-hall');
    t.strictSame(Object.keys(body).sort(), [
      'assessment',
      'claimable',
      'claimedMonths',
      'flags',
      'grantedMonths',
      'materialsToSupply',
    ]);
    t.strictSame(
      body.assessment.months.map(({ outcome, whatToDo }) => [outcome, whatToDo]),
      [
        ['claimed-elsewhere', []],
        ['excluded', ['当月有用人单位参保记录的，不能享受补贴；如登记有误，请向登记机关申请更正。']],
        ['payable', []],
      ],
    );
    const text = JSON.stringify(body).replace('jdz-2024-139/2025-01-01', '');
    t.notMatch(
      text,
      /\d{4}-\d{2}-\d{2}|年\d+月\d+日|[0-9a-f]{8}-[0-9a-f]{4}/,
      'no day and no id of a record',
    );
    t.notOk(text.includes(caseNumber));
  },
);

t.test(
  'a platform’s answers do not distinguish imprisonment, public pay, the dishonesty list and death',
  async (t) => {
    const answers: string[] = [];
    for (const kind of ['imprisonment', 'public-payroll', 'dishonesty', 'death']) {
      const somebody = await resident();
      await deliver([
        kind === 'death' ? deathOf(somebody, '2025-05-20') : held(kind, somebody, '2025-05-02'),
      ]);
      const answer = await asked<Told>(somebody);
      t.strictSame(
        answer.body.assessment.months.map(({ outcome, whatToDo }) => [outcome, whatToDo]),
        [1, 2, 3].map(() => ['undetermined', ['请到户籍所在地街道核实。']]),
        kind,
      );
      answers.push(bytesOf(answer));
    }
    t.equal(new Set(answers).size, 1);
  },
);

t.test('only officers may suppose, because supposing a record away reveals that it exists', async (t) => {
  const somebody = await resident();
  for (const whatIf of [{ withoutKinds: ['imprisonment'] }, { records: [] }, { submittedOn: '2025-08-01' }]) {
    const refused = await asked<Either>(somebody, { whatIf });
    t.strictSame(codesOf(refused), [400, '/body/whatIf not-for-this-role']);
    t.equal((await asked(somebody, { whatIf }, handler)).status, 200);
  }
});

t.test('an officer asks about people in scope by number, about others with name and purpose', async (t) => {
  const somebody = await resident();
  const { identityNumber, name } = somebody;
  const byNumber = { identityNumber, quarter: '2025Q2' };
  for (const by of [handler, 'street-360203007'])
    t.equal((await ask(byNumber, by)).status, 200, `${by}: the household is theirs`);
  const outside = [400, '/body/name out-of-scope', '/body/purpose out-of-scope'];
  for (const by of [stranger, 'street-360203001']) {
    t.strictSame(codesOf(await ask(byNumber, by)), outside, by);
    t.strictSame(
      codesOf(await ask({ ...byNumber, identityNumber: nextResident().identityNumber }, by)),
      outside,
      'and of nobody alike',
    );
    t.strictSame(codesOf(await ask({ ...byNumber, name }, by)), [400, '/body/purpose out-of-scope']);
    t.equal((await asked(somebody, {}, by)).status, 200, 'with name and purpose');
  }
  // A case is enough, even if the household is elsewhere.
  const moved = await resident();
  await city.applied(moved);
  await deliver([{ ...held('household', moved, '1990-01-01'), street: '360281001', version: 2 }]);
  t.equal((await ask({ ...byNumber, identityNumber: moved.identityNumber }, handler)).status, 200);
});

t.test('an entitlement is shown only for a case, a household in scope or a question today', async (t) => {
  const somebody = await resident();
  const { personId } = await city.approved(somebody);
  const url = `/v1/people/${personId}/entitlement`;
  const seenBy = async (by: string) => (await call(by, 'GET', url)).status;
  t.strictSame(
    [await seenBy(platform), await seenBy(handler), await seenBy('street-360203007')],
    [200, 200, 200],
    'by their case',
  );
  for (const by of ['platform-hall', stranger]) {
    t.equal(await seenBy(by), 404, by);
    await lookedUp({ ...somebody, name: '张三丰' }, by);
    t.equal(await seenBy(by), 404, `${by} guessed`);
    await lookedUp(somebody, by);
    t.equal(await seenBy(by), 200, `${by} asked`);
  }
  t.equal(await seenBy('platform-wujia2'), 404, 'what another asked is not theirs');
  const { body } = await call<object>('platform-hall', 'GET', url);
  t.strictSame(Object.keys(body).sort(), [
    'claimable',
    'claimedMonths',
    'importedMonths',
    'liveMonths',
    'personId',
    'term',
  ]);
  t.notMatch(JSON.stringify(body), /\d{4}-\d{2}-\d{2}|caseNumber/);
  city.clock.set('2025-07-06');
  t.equal(await seenBy('platform-hall'), 404, 'the next day it is over');
  city.clock.set('2025-07-05');
});

t.test('every question is stored with its grounds and appears in the person’s access report', async (t) => {
  const somebody = await resident();
  await asked(somebody);
  await asked({ ...somebody, name: '张三丰' }, {}, 'platform-hall');
  await asked(somebody, {}, stranger);
  const personId = await lookedUp(somebody);
  await call(platform, 'GET', `/v1/people/${personId}/entitlement`, { status: 200 });
  const { body } = await call<{ items: Trace[] }>('auditor', 'GET', `/v1/people/${personId}/access-report`, {
    status: 200,
  });
  t.strictSame(
    body.items.map(({ entryId, operation, role, facts, purpose }) => [
      entryId === null ? 'look' : 'entry',
      operation,
      role,
      facts,
      purpose,
    ]),
    [
      ['entry', 'checkEligibility', 'platform', ['entitlement', 'payment', 'recovery'], 'serve-applicant'],
      ['entry', 'checkEligibility', 'platform', [], null],
      ['entry', 'checkEligibility', 'handler', ['entitlement', 'payment', 'recovery'], 'counter-inquiry'],
      ['entry', 'lookUpPerson', 'platform', [], null],
      ['look', 'getEntitlement', 'platform', ['entitlement'], 'serve-applicant'],
    ],
    'each question once, with what was shown, and that they asked under a wrong name',
  );
  const { rows } = await db.pool.query(
    `select ground, person_id is not null as answered, authentication_method as method, consent_version as consent,
       purpose, purpose_text as text from question
     where identity_hash = (select identity_hash from identity_index where person_id = $1) order by question_id`,
    [personId],
  );
  const consented = { ground: 'consent', method: 'provincial-identity', consent: 'gft-2025-1' };
  const none = { purpose: null, text: null };
  t.strictSame(
    rows.map((row) => ({ ...row })),
    [
      { ground: 'consent', answered: true, ...consentOf(consented), ...none },
      { ground: 'consent', answered: false, ...consentOf(consented), ...none },
      {
        ground: 'purpose',
        answered: true,
        method: null,
        consent: null,
        purpose: 'counter-inquiry',
        text: '居民到窗口询问补贴',
      },
      { ground: 'consent', answered: true, ...consentOf(consented), ...none },
    ],
  );
  const text = (await db.pool.query('select question::text as text from question')).rows
    .map((row) => row.text)
    .join();
  for (const personal of [somebody.identityNumber, somebody.name, 'session-of-a-test'])
    t.notOk(text.includes(personal), 'encrypted');
});

const consentOf = ({ method, consent }: { method: string; consent: string }) => ({ method, consent });

async function budgeted(budget: number): Promise<City> {
  const limits = { client: budget, officer: budget };
  return await setup(t, {}, { config: { peopleAskedPerDay: limits } });
}

t.test(
  'a client can ask about no more people per day than its limit, even with concurrent questions',
  async (t) => {
    const { asked, nextResident, db, clock } = await budgeted(8);
    const people: Resident[] = Array.from({ length: 12 }, () => nextResident());
    const answers = await Promise.all(people.map((one) => asked<Problem>(one)));
    t.equal(answers.filter(({ status }) => status === 200).length, 8);
    const refused = answers.filter(({ status }) => status === 429);
    t.strictSame(
      refused.map(({ body }) => body.code),
      [1, 2, 3, 4].map(() => 'too-many-people'),
    );
    // It is 10:00; the day ends in fourteen hours.
    t.equal(refused[0]?.headers['retry-after'], String(14 * 3_600));
    const { rows } = await db.pool.query(
      `select d.people, count(*)::int as counted from asked_day d join asked_person using (asker, day) group by 1`,
    );
    t.strictSame({ ...rows[0] }, { people: 8, counted: 8 });
    const among = people[answers.findIndex(({ status }) => status === 200)];
    if (among === undefined) throw new Error('somebody was answered');
    t.equal((await asked(among)).status, 200, 'of whom was asked today may be asked again');
    t.equal(
      (await asked(nextResident(), {}, 'platform-hall')).status,
      200,
      'another client is not concerned',
    );
    clock.set('2025-07-06');
    t.equal((await asked(nextResident())).status, 200, 'tomorrow is another day');
  },
);

t.test('three times the usual number of people raises an alarm in the log and in the audit', async (t) => {
  const { asked, nextResident, call, clock, logs } = await budgeted(20);
  const alarms = async () => {
    const { body } = await call<{ items: { change: { alarm?: string; people?: number; usual?: number } }[] }>(
      'auditor',
      'GET',
      '/v1/audit-entries',
      { query: { targetKind: 'asker' }, status: 200 },
    );
    return body.items.map(({ change }) => [change.alarm, change.people, change.usual]);
  };
  for (const [day, count] of [
    ['2025-07-05', 2],
    ['2025-07-06', 3],
    ['2025-07-07', 4],
  ] as const) {
    clock.set(day);
    for (let at = 0; at < count; at += 1) await asked(nextResident());
  }
  const before = await alarms();
  t.strictSame(before, [['many-people', 2, 0]], 'on the first day a tenth of the budget is unusual');
  clock.set('2025-07-08');
  for (let at = 0; at < 12; at += 1) await asked(nextResident());
  t.strictSame((await alarms()).slice(1), [['many-people', 9, 3]], 'once');
  const warnings = logs.filter(
    ({ level, msg }) => level === 40 && /more people than usual/.test(String(msg)),
  );
  t.strictSame(
    warnings.map(({ people, usual }) => [people, usual]),
    [
      [2, 0],
      [9, 3],
    ],
  );
});
