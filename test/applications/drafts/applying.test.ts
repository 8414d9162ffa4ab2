// Applying: through every channel, with all errors reported together, signed, and handled where the household is.

import { createHash } from 'node:crypto';
import t from 'tap';
import { channels } from '../../../src/applications/application/schemas.ts';
import { undertakingOn } from '../../../src/applications/undertakings/undertaking.ts';
import { type Problem, setup } from '../../helper.ts';
import { cleanRecords, householdIn } from '../../registers/residents.ts';
import { type Application, secondQuarter } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call, db, clock, resident, nextResident, applicationOf } = city;
const platform = 'platform-ganfutong';
const street = 'street-360203007';

const fieldErrorsOf = ({ body }: { body: Problem }) =>
  body.errors.map(({ pointer, code }) => [pointer, code]);

t.test('an application by any channel of the measure reaches the agency that handles it', async (t) => {
  for (const [channel, { isOnline }] of Object.entries(channels)) {
    const by = isOnline ? platform : street;
    const body = { ...applicationOf(await resident()), channel };
    const draft = (await call<Application>(by, 'POST', '/v1/applications', { body, status: 201 })).body;
    const submitted = await city.act(by, draft, 'submission');
    strictMatch(t, submitted, { state: 'submitted', channel, agencyCode: '360203', streetCode: '360203007' });
    strictMatch(t, submitted.progress, { actor: '经办人员', next: '经办人员正在核对材料是否齐全。' });
    strictMatch(t, submitted.timeLimit, { name: 'acceptance', dueOn: '2025-07-11' });
  }
});

t.test(
  'schema errors and business errors of a draft are reported together, each with its pointer',
  async (t) => {
    const good = applicationOf(nextResident());
    const number = good.applicant.identityNumber;
    const wrongDigit = `${number.slice(0, -1)}${number.endsWith('1') ? '2' : '1'}`;
    const body = {
      ...good,
      channel: 'wujia2-home',
      months: ['2025-04', '2025-09'],
      applicant: { identityNumber: wrongDigit, name: '张三', phone: '12345' },
      household: { streetCode: '360102001' },
      account: { bank: '行', number: 'not a number at all', holder: '李四' },
      work: { kind: 'platform', since: '2026-01-01' },
      undertaking: { version: 'another', signedAt: '2026-01-01T00:00:00Z', method: 'handwritten' },
      unheardOf: 1,
    };
    const answer = await call<Problem>(platform, 'POST', '/v1/applications', { body, status: 400 });
    t.strictSame(fieldErrorsOf(answer).sort(), [
      ['/body/account/bank', 'out-of-range'],
      ['/body/account/holder', 'account-holder-name'],
      ['/body/account/number', 'account-number-form'],
      ['/body/applicant/identityNumber', 'identity-number-check-character'],
      ['/body/applicant/phone', 'phone-number-form'],
      ['/body/channel', 'channel-not-yours'],
      ['/body/household/streetCode', 'unknown-street'],
      ['/body/months/1', 'month-not-ended'],
      ['/body/months/1', 'month-outside-quarter'],
      ['/body/undertaking/signedAt', 'in-future'],
      ['/body/undertaking/version', 'unknown-version'],
      ['/body/unheardOf', 'unknown-field'],
      ['/body/work/place', 'required'],
      ['/body/work/since', 'in-future'],
    ]);
    for (const { pointer, detail } of answer.body.errors) t.match(detail, /\p{Script=Han}.*。$/u, pointer);
    t.notMatch(JSON.stringify(answer.body), wrongDigit, 'the field is named and not the number');
    for (const broken of [null, 'x', [], { applicant: null, months: 'x' }, { account: [], work: 1 }])
      t.equal((await call(platform, 'POST', '/v1/applications', { body: broken })).status, 400);
  },
);

t.test(
  'all errors of a change to a draft are reported together, validated with the parts that do not change',
  async (t) => {
    const draft = await city.drafted(await city.resident());
    const change = (body: object, id = draft.id) =>
      call<Application & Problem>(platform, 'PATCH', `/v1/applications/${id}`, { body, ifMatch: 1 });
    t.strictSame(
      fieldErrorsOf(
        await change({
          favourite: true,
          months: ['2025-4'],
          quarter: '2025Q3',
          applicant: { name: '张三', phone: 139 },
          account: { bank: '景德镇农商银行', number: '62170012', holder: '李四' },
          household: { streetCode: '360203999' },
          work: { kind: 'platform', since: '2025-07-06', place: '珠山区' },
        }),
      ).sort(),
      [
        ['/body/account/holder', 'account-holder-name'],
        ['/body/account/number', 'account-number-short'],
        ['/body/applicant/phone', 'wrong-type'],
        ['/body/favourite', 'unknown-field'],
        ['/body/household/streetCode', 'unknown-street'],
        ['/body/months/0', 'wrong-format'],
        ['/body/work/since', 'in-future'],
      ],
    );
    // A quarter is validated with the unchanged months, an account holder with the unchanged name.
    t.strictSame(
      fieldErrorsOf(
        await change({
          quarter: '2025Q1',
          account: { bank: '农商行', number: '6217000000000', holder: '李四' },
          x: 1,
        }),
      ).map(([pointer]) => pointer),
      ['/body/x', '/body/months/0', '/body/months/1', '/body/months/2', '/body/account/holder'],
    );
    t.strictSame(
      fieldErrorsOf(await change({ applicant: { name: '王建国', phone: 139 } })),
      [
        ['/body/applicant/phone', 'wrong-type'],
        ['/body/account', 'required'],
      ],
      'a name is changed with its account',
    );
    strictMatch(t, await change({}, 'no-uuid'), {
      status: 400,
      body: { errors: [{ pointer: '/params/id' }] },
    });
  },
);

t.test('a draft can be printed before it is signed, and is submitted only when signed', async (t) => {
  const { undertaking, ...unsigned } = applicationOf(await resident());
  const draft = (
    await call<Application>(platform, 'POST', '/v1/applications', { body: unsigned, status: 201 })
  ).body;
  t.equal(draft.undertaking, null);
  await call(platform, 'GET', `/v1/applications/${draft.id}/undertaking/file`, { status: 200 });
  const submit = (ifMatch: number) =>
    call<Problem>(platform, 'POST', `/v1/applications/${draft.id}/submission`, { ifMatch });
  strictMatch(t, await submit(1), { status: 409, body: { code: 'undertaking-unsigned' } });
  await t.rejects(
    db.pool.query(
      `update application set state = 'submitted', submitted_at = now() where application_id = $1`,
      [draft.id],
    ),
    /signed_before_submission/,
    'by the database too',
  );

  const { body: texts } = await call<{ items: { version: string; text: string; sha256: string }[] }>(
    platform,
    'GET',
    '/v1/undertakings',
    { status: 200 },
  );
  const [text] = texts.items;
  strictMatch(t, text, {
    version: 'jdz-2024-139',
    from: '2024-12-06',
    isCurrent: true,
    text: /愿意遵守此项补贴政策/,
  });
  const sha256 = createHash('sha256')
    .update(text?.text ?? '')
    .digest('hex');
  t.equal(text?.sha256, sha256);

  const sign = (more: object) =>
    call<Application & Problem>(platform, 'PATCH', `/v1/applications/${draft.id}`, {
      body: { undertaking: { ...undertaking, ...more } },
      ifMatch: 1,
    });
  t.strictSame(fieldErrorsOf(await sign({ sha256: '0'.repeat(64), signedAt: '2024-12-05T00:00:00Z' })), [
    ['/body/undertaking/version', 'not-in-force'],
    ['/body/undertaking/sha256', 'other-text'],
  ]);
  const signed = await sign({ sha256, method: 'fingerprint' });
  strictMatch(t, signed.body.undertaking, { version: 'jdz-2024-139', sha256, method: 'fingerprint' });
  t.equal((await submit(2)).status, 200);
  const { rows } = await db.pool.query(
    'select undertaking_taken_by, undertaking_digest from application where application_id = $1',
    [draft.id],
  );
  t.match(rows[0].undertaking_taken_by, /\|platform-ganfutong$/, 'before whom it was signed');
  t.equal(rows[0].undertaking_digest.toString('hex'), sha256);
});

t.test('the undertaking in force on the day of the signature must be signed', (t) => {
  const digest = Buffer.alloc(32);
  const published = [
    { version: 'a', from: '2024-12-06', text: '', digest },
    { version: 'b', from: '2026-01-01', text: '', digest },
  ];
  t.equal(undertakingOn('2024-12-05', published), null);
  t.equal(undertakingOn('2025-12-31', published)?.version, 'a');
  t.equal(undertakingOn('2026-01-01', published)?.version, 'b');
  t.end();
});

t.test('after a move in the city the new agency handles new applications, not earlier ones', async (t) => {
  const person = await resident();
  const first = await city.applied(person, { months: ['2025-04'] });
  const moved = { ...applicationOf(person, { months: ['2025-05'] }), household: { streetCode: '360203400' } };
  await city.deliver([householdIn(person, '360203400', 2)]);
  const second = await call<Application>(platform, 'POST', '/v1/applications', { body: moved, status: 201 });
  strictMatch(
    t,
    second.body,
    { agencyCode: '3602G1', personId: first.personId },
    'a zone that handles a street',
  );
  strictMatch(t, await city.act(platform, second.body, 'submission'), { agencyCode: '3602G1' });
  strictMatch(t, await city.read(first), { agencyCode: '360203', version: first.version });
  await city.deliver([householdIn(person, '360222100', 3)]);
  const again = { ...moved, months: ['2025-04'], household: { streetCode: '360222100' } };
  const third = await call<Application>(platform, 'POST', '/v1/applications', { body: again, status: 201 });
  const refused = await call<Problem>(platform, 'POST', `/v1/applications/${third.body.id}/submission`, {
    ifMatch: 1,
  });
  strictMatch(t, refused.body, { code: 'month-already-claimed' });
  t.match(refused.body.errors[0]?.detail, first.caseNumber, 'paid once in the whole city');
});

t.test(
  'when a zone takes over a street, a draft goes to the agency that has the street on the day of submission',
  async (t) => {
    const one = await setup(t);
    const at = async (streetCode: string) => {
      const body = {
        ...one.applicationOf(await one.resident({ street: streetCode })),
        household: { streetCode },
      };
      return (await one.call<Application>(platform, 'POST', '/v1/applications', { body, status: 201 })).body;
    };
    const [before, closing] = [await at('360202001'), await at('360202002')];
    t.equal(before.agencyCode, '360202');
    await one.db.pool.query(
      `insert into street_agency (street_code, agency_code, valid_from) values ('360202001', '3602G2', '2025-07-10')`,
    );
    await one.db.pool.query(`update street set valid_to = '2025-07-09' where street_code = '360202002'`);
    t.equal((await at('360202001')).agencyCode, '360202', 'not before its day');
    one.clock.set('2025-07-10');
    t.equal((await at('360202001')).agencyCode, '3602G2', '昌南新区');
    const submitted = await one.call<Application>(
      platform,
      'POST',
      `/v1/applications/${before.id}/submission`,
      {
        ifMatch: 1,
        status: 200,
      },
    );
    t.equal(submitted.body.agencyCode, '3602G2');
    await one.call('handler-360202', 'GET', `/v1/applications/${before.id}`, { status: 404 });

    const refused = await one.call<Problem>(platform, 'POST', `/v1/applications/${closing.id}/submission`, {
      ifMatch: 1,
      status: 409,
    });
    t.strictSame(fieldErrorsOf(refused), [['/household/streetCode', 'unknown-street']]);
    const moved = await one.call<Application>(platform, 'PATCH', `/v1/applications/${closing.id}`, {
      body: { household: { streetCode: '360203007' } },
      ifMatch: 1,
      status: 200,
    });
    strictMatch(t, moved.body, { streetCode: '360203007', agencyCode: '360203' });
    t.equal((await one.act(platform, moved.body, 'submission')).state, 'submitted');
  },
);

t.test('each paper of a case is shown as required, or with the register that waives it', async (t) => {
  const person = nextResident();
  await city.deliver(cleanRecords(person, ['2025-04', '2025-05']));
  const partly = await city.drafted(person, { months: ['2025-04', '2025-05'] });
  t.strictSame(
    partly.materialsRequired.map(({ kind, waivedBy, waivedByTitle }) => [kind, waivedBy, waivedByTitle]),
    [
      ['identity-card', 'household', '户籍登记'],
      ['flexible-employment-proof', 'flexible-employment', '灵活就业登记'],
      ['contribution-proof', 'contribution', '社会保险缴费'],
    ],
  );
  const newcomer = await setup(t);
  const unknown = newcomer.nextResident();
  await newcomer.deliver(cleanRecords(unknown, ['2025-04']));
  const { materialsRequired } = await newcomer.drafted(unknown, { months: secondQuarter });
  strictMatch(
    t,
    materialsRequired.find(({ kind }) => kind === 'contribution-proof'),
    { waivedBy: null, waivedByTitle: null, supplied: false },
    'one month of three, and no word that this is all',
  );
});

t.test('a case is found by its number, and a number with a wrong digit is refused', async (t) => {
  const submitted = await city.applied();
  const find = (by: string, query: Record<string, string>) =>
    call<{ items: { id: string }[] } & Problem>(by, 'GET', '/v1/applications', { query });
  const { caseNumber, personId } = submitted;
  for (const by of [platform, street, 'handler-360203', 'auditor']) {
    strictMatch(t, (await find(by, { caseNumber })).body.items, [{ id: submitted.id }], by);
    strictMatch(t, (await find(by, { personId })).body.items, [{ id: submitted.id }], by);
  }
  for (const stranger of ['platform-hall', 'street-360203001', 'handler-360202'])
    t.strictSame((await find(stranger, { caseNumber })).body.items, [], stranger);
  const misread = `${caseNumber.slice(0, -1)}${(Number(caseNumber.at(-1)) + 1) % 10}`;
  t.strictSame(fieldErrorsOf(await find(street, { caseNumber: misread })), [
    ['/query/caseNumber', 'check-digit'],
  ]);
});

t.test('a list shows flags of its cases, but flags about names only to officers', async (t) => {
  const one = await setup(t);
  const person = await one.resident();
  const late = await one.applied({ ...person, name: '另一名' }, { months: ['2024-12'], quarter: '2024Q4' });
  const fine = await one.applied();
  const flagsSeenBy = async (by: string, query: Record<string, string> = {}) => {
    const { body } = await one.call<{ items: { id: string; flags: { code: string }[] }[] }>(
      by,
      'GET',
      '/v1/applications',
      {
        query,
        status: 200,
      },
    );
    return Object.fromEntries(body.items.map(({ id, flags }) => [id, flags.map(({ code }) => code)]));
  };
  t.strictSame(await flagsSeenBy('handler-360203'), {
    [late.id]: ['late-claim', 'names-differ'],
    [fine.id]: [],
  });
  t.strictSame(await flagsSeenBy('handler-360203', { flag: 'names-differ', order: 'waiting' }), {
    [late.id]: ['late-claim', 'names-differ'],
  });
  t.strictSame(await flagsSeenBy(platform), { [late.id]: ['late-claim'], [fine.id]: [] });
  const guess = await one.call<Problem>(platform, 'GET', '/v1/applications', {
    query: { flag: 'names-differ' },
  });
  t.strictSame(fieldErrorsOf(guess), [['/query/flag', 'not-for-platforms']]);
  clock.set('2025-07-05');
});
