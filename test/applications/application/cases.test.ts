// A case up to its acceptance: its masked answers, the months it claims and when, the papers it needs.

import { createHash } from 'node:crypto';
import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { cleanRecords } from '../../registers/residents.ts';
import { type Application, secondQuarter } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { materialForm } from '../material-form.ts';

const city = await setup(t);
const { call, db, resident, nextResident, applicationOf, drafted, applied } = city;
const platform = 'platform-ganfutong';

function create(body: object, by = platform) {
  return call<Application & Problem>(by, 'POST', '/v1/applications', { body });
}

t.test('answers mask numbers, and the database stores them and the name encrypted', async (t) => {
  const person = { ...nextResident(), name: '欧阳海燕' };
  const { body } = await create({
    ...applicationOf(person),
    account: { bank: '农商行', number: '6217 0011 1122 2233 345', holder: '欧阳海燕' },
  });
  strictMatch(t, body, {
    applicant: {
      name: '欧阳海燕',
      identityNumber: `3${'*'.repeat(16)}${person.identityNumber.at(-1)}`,
      phone: `1*********${person.phone.at(-1)}`,
    },
    account: { number: '6*****************5' },
  });
  const { rows } = await db.pool.query(
    'select row_to_json(a)::text || row_to_json(p)::text as stored from application a join person p using (person_id) where application_id = $1',
    [body.id],
  );
  for (const secret of [person.identityNumber, person.phone, person.name, '6217001111222233345']) {
    t.notMatch(rows[0].stored, secret);
    t.notMatch(rows[0].stored, Buffer.from(secret).toString('hex'));
  }
});

t.test('a bank account with a wrong check digit is a warning, and a malformed one an error', async (t) => {
  const good = applicationOf(nextResident());
  const withNumber = (number: string) => create({ ...good, account: { ...good.account, number } });
  strictMatch(t, (await withNumber('6217001111222233347')).body.warnings, [
    { code: 'luhn-fails', pointer: '/account/number' },
  ]);
  strictMatch(t, await withNumber('62170011112222333X7'), {
    status: 400,
    body: { errors: [{ pointer: '/body/account/number' }] },
  });
});

t.test('the bank account must be the applicant’s own', async (t) => {
  const good = applicationOf(nextResident());
  const answer = await create({ ...good, account: { ...good.account, holder: '别人' } });
  strictMatch(t, answer, {
    status: 400,
    body: { errors: [{ pointer: '/body/account/holder', code: 'account-holder-name' }] },
  });
  const dotted = {
    ...good,
    applicant: { ...good.applicant, name: '买买提•阿里' },
    account: { ...good.account, holder: '买买提·阿里' },
  };
  t.equal((await create(dotted)).status, 201, 'whichever dot their keyboard has');
});

t.test('a draft claims no months, a submission claims them, and a withdrawal releases them', async (t) => {
  const person = await resident();
  const [first, second] = [await drafted(person), await drafted(person)];
  t.strictSame(
    first.months.map(({ state }) => state),
    ['draft', 'draft', 'draft'],
  );
  const submitted = await city.act(platform, second, 'submission');
  t.strictSame(
    submitted.months.map(({ state }) => state),
    ['claimed', 'claimed', 'claimed'],
  );
  const refused = await call<Problem>(platform, 'POST', `/v1/applications/${first.id}/submission`, {
    ifMatch: 1,
  });
  strictMatch(t, refused, { status: 409, body: { code: 'month-already-claimed' } });
  t.match(refused.body.errors[0]?.detail, submitted.caseNumber);
  const withdrawn = await city.act(platform, submitted, 'withdrawal');
  strictMatch(t, withdrawn, {
    state: 'withdrawn',
    months: [{ state: 'released' }, { state: 'released' }, { state: 'released' }],
  });
  strictMatch(t, await city.act(platform, first, 'submission'), { state: 'submitted' });
});

t.test('an accepted case can be withdrawn, a decided one cannot', async (t) => {
  const accepted = await city.accepted();
  strictMatch(t, await city.act(platform, accepted, 'withdrawal'), { state: 'withdrawn' });
  const approved = await city.approved();
  const answer = await call<Problem>(platform, 'POST', `/v1/applications/${approved.id}/withdrawal`, {
    ifMatch: approved.version,
  });
  strictMatch(t, answer, { status: 409, body: { code: 'state-conflict' } });
});

t.test('a month can be claimed from midnight in Jingdezhen after its last day', async (t) => {
  const body = { ...applicationOf(nextResident(), { months: ['2025-06'] }) };
  body.undertaking.signedAt = '2025-06-30T10:00:00Z';
  city.clock.set('2025-06-30T15:59:59.999Z');
  strictMatch(t, await create(body), { status: 400, body: { errors: [{ pointer: '/body/months/0' }] } });
  city.clock.set('2025-06-30T16:00:00Z');
  t.equal((await create(body)).status, 201);
  city.clock.set('2025-07-05');
});

t.test(
  'the street of the household decides which agency handles a case, and a closed street is refused',
  async (t) => {
    const at = (streetCode: string, by?: string) =>
      create(
        { ...applicationOf(nextResident(), by === undefined ? {} : { by }), household: { streetCode } },
        by,
      );
    strictMatch(t, (await at('360203007')).body, { agencyCode: '360203' });
    strictMatch(
      t,
      (await at('360203400')).body,
      { agencyCode: '3602G1' },
      'a zone handles a street of its county',
    );
    for (const closed of ['360203100', '360102001', '000000000']) {
      strictMatch(
        t,
        await at(closed),
        {
          status: 400,
          body: { errors: [{ pointer: '/body/household/streetCode', code: 'unknown-street' }] },
        },
        closed,
      );
    }
    strictMatch(t, await at('360203001', 'street-360203007'), {
      status: 400,
      body: { errors: [{ code: 'other-street' }] },
    });
  },
);

t.test('a platform must use an online channel, and an office a counter', async (t) => {
  const good = applicationOf(nextResident());
  strictMatch(t, await create({ ...good, channel: 'wujia2-home' }), {
    status: 400,
    body: { errors: [{ pointer: '/body/channel' }] },
  });
  strictMatch(t, await create(good, 'street-360203007'), {
    status: 400,
    body: { errors: [{ pointer: '/body/channel' }] },
  });
});

t.test(
  'a case is accepted only with every paper that no register waives, and all missing papers are named at once',
  async (t) => {
    const silent = await setup(t);
    const person = silent.nextResident();
    const moved = cleanRecords(person, secondQuarter)
      .slice(0, 1)
      .map((household) => ({ ...household, movedInFrom: '350100' }));
    await silent.deliver(moved);
    const submitted = await silent.applied(person);
    t.strictSame(
      submitted.materialsRequired.map(({ kind, waivedBy }) => [kind, waivedBy]),
      [
        ['identity-card', 'household'],
        ['household-booklet', null],
        ['flexible-employment-proof', null],
        ['contribution-proof', null],
      ],
    );
    const accept = (ifMatch: number) =>
      silent.call<Problem>('handler-360203', 'POST', `/v1/applications/${submitted.id}/acceptance`, {
        body: {},
        ifMatch,
      });
    const refused = await accept(submitted.version);
    strictMatch(t, refused, { status: 409, body: { code: 'materials-missing' } });
    t.strictSame(
      refused.body.errors.map(({ pointer }) => pointer),
      [
        '/materials/household-booklet',
        '/materials/flexible-employment-proof',
        '/materials/contribution-proof',
      ],
    );
    const partly = await silent.supplied(submitted, 'household-booklet', 'contribution-proof');
    t.strictSame(
      (await accept(partly.version)).body.errors.map(({ pointer }) => pointer),
      ['/materials/flexible-employment-proof'],
    );
    const wholly = await silent.supplied(partly, 'flexible-employment-proof');
    t.equal((await accept(wholly.version)).status, 200);
  },
);

t.test('a material’s type is detected from its content, whatever its name and declared type', async (t) => {
  const draft = await drafted(nextResident());
  const url = `/v1/applications/${draft.id}/materials`;
  const files: [what: string, content: Buffer, status: number][] = [
    ['a PDF', Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n%%EOF\n'), 201],
    ['a PDF that breaks off', Buffer.from('%PDF-1.7\n%âãÏÓ\n1 0 obj\n'), 422],
    [
      'a JPEG',
      Buffer.from([
        0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0, 0xff, 0xc0, 0,
        11, 8, 0, 8, 0, 8, 1, 1, 0x11, 0, 0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0, 0x12, 0xff, 0xd9,
      ]),
      201,
    ],
    ['a program', Buffer.from('MZ'.padEnd(200, '\0')), 415],
    ['a script', Buffer.from('#!/bin/sh\nrm -rf /\n'), 415],
    ['a page', Buffer.from('<html><script>alert(1)</script></html>'), 415],
    ['an archive', Buffer.from('504b0304140000000800', 'hex'), 415],
    ['a vector image', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>'), 415],
    ['nothing', Buffer.alloc(0), 400],
    ['more than five mebibytes', Buffer.alloc(5 * 1024 * 1024 + 1, 0x20), 413],
  ];
  for (const [what, content, status] of files) {
    const answer = await call(platform, 'POST', url, materialForm('contribution-proof', content));
    t.equal(answer.status, status, what);
    if (status === 201)
      strictMatch(t, answer.body, {
        byteLength: content.length,
        sha256: createHash('sha256').update(content).digest('hex'),
      });
  }
});

t.test('a material is encrypted for its own row and never overwritten', async (t) => {
  const draft = await drafted(nextResident());
  const content = Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.from(`${'身份证'.repeat(50)}\n%%EOF`)]);
  const url = `/v1/applications/${draft.id}/materials`;
  for (const _ of [1, 2])
    await call(platform, 'POST', url, { ...materialForm('contribution-proof', content), status: 201 });
  const { rows } = await db.pool.query('select content_encrypted from material where application_id = $1', [
    draft.id,
  ]);
  t.equal(rows.length, 2);
  for (const { content_encrypted: encrypted } of rows) t.notOk(encrypted.includes(Buffer.from('身份证')));
  strictMatch(t, await city.read(draft), {
    version: draft.version + 2,
    materials: [{ kind: 'contribution-proof' }, { kind: 'contribution-proof' }],
  });
});

t.test('a material form with an extra, missing or unknown field is refused', async (t) => {
  const draft = await drafted(nextResident());
  const url = `/v1/applications/${draft.id}/materials`;
  const { body, headers } = materialForm('identity-card');
  const text = (body as Buffer).toString('latin1');
  const variants: Record<string, string> = {
    'another kind': text.replace('identity-card', 'love-letter'),
    'another field': text.replace('name="kind"', 'name="sort"'),
    'another file field': text.replace('name="content"', 'name="file"'),
    'two files': text.replace(/--boundary-of-the-form--/, () =>
      text.slice(text.indexOf('--boundary-of-the-form', 5)),
    ),
    'no file': text
      .slice(0, text.indexOf('--boundary-of-the-form', 5))
      .concat('--boundary-of-the-form--\r\n'),
  };
  for (const [what, variant] of Object.entries(variants)) {
    const { status } = await call(platform, 'POST', url, { body: Buffer.from(variant, 'latin1'), headers });
    t.ok([400, 413].includes(status), `${what}: ${status}`);
  }
  const { version, materials } = await city.read(draft);
  t.strictSame([version, materials], [draft.version, []]);
});

t.test('no material can be added to a closed case', async (t) => {
  const withdrawn = await city.act(platform, await applied(), 'withdrawal');
  const answer = await call<Problem>(
    platform,
    'POST',
    `/v1/applications/${withdrawn.id}/materials`,
    materialForm('identity-card'),
  );
  strictMatch(t, answer, { status: 409, body: { code: 'state-conflict' } });
});
