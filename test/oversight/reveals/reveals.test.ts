// Full personal data: who may see them, how often, and what is recorded.

import t from 'tap';
import type { Reveal } from '../../../src/oversight/reveals/schemas.ts';
import { revealsPerHour } from '../../../src/registers/reveals/limits.ts';
import { type Problem, setup } from '../../helper.ts';
import type { Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

interface Access {
  readonly entryId: number;
  readonly at: string;
  readonly operation: string;
  readonly officer: { readonly account: string; readonly name: string | null };
  readonly role: string;
  readonly agencyCode: string | null;
  readonly shown: readonly string[];
  readonly purpose: string | null;
}

const city = await setup(t);
const { call, db, clock } = city;
const all = ['identityNumber', 'name', 'phone', 'account'];

const reveal = (caller: string, personId: string, body: unknown) =>
  call<Reveal & Problem>(caller, 'POST', `/v1/people/${personId}/reveals`, { body, key: null });

async function reportOf(personId: string, limit = '200'): Promise<Access[]> {
  const found: Access[] = [];
  let after: string | null = null;
  do {
    const query: Record<string, string> = after === null ? { limit } : { limit, after };
    const url = `/v1/people/${personId}/access-report`;
    const answer = await call<{ items: Access[]; next: string | null }>('auditor', 'GET', url, {
      query,
      status: 200,
    });
    found.push(...answer.body.items);
    after = answer.body.next;
  } while (after !== null);
  return found;
}

async function applicant(by = 'platform-ganfutong'): Promise<{ somebody: Resident; personId: string }> {
  const somebody = await city.resident();
  const { personId } = await city.applied(somebody, { by });
  return { somebody, personId };
}

t.test('a reveal shows a handler the requested fields and no others', async (t) => {
  const { somebody, personId } = await applicant();
  const { identityNumber, name, phone, account } = somebody;
  const answer = await reveal('handler-360203', personId, { fields: all, purpose: 'verify-identity' });
  strictMatch(t, answer, { status: 200, body: { personId, identityNumber, name, phone, account } });
  t.equal(answer.headers['cache-control'], 'no-store');
  const { body } = await reveal('reviewer-360203', personId, {
    fields: ['phone'],
    purpose: 'contact-applicant',
  });
  t.strictSame(Object.keys(body).sort(), ['applicationId', 'caseNumber', 'personId', 'phone']);
});

t.test('a reveal shows the newest submitted case, and a draft reveals nobody', async (t) => {
  const stranger = await city.resident();
  const draft = await city.drafted(stranger);
  const body = { fields: ['phone'], purpose: 'contact-applicant' };
  strictMatch(t, await reveal('handler-360203', draft.personId, body), {
    status: 404,
    body: { code: 'not-found' },
  });

  const first = await city.applied(stranger, { months: ['2025-04'] });
  t.equal(first.personId, draft.personId);
  strictMatch(t, (await reveal('handler-360203', draft.personId, body)).body, { phone: stranger.phone });
  const moved = { ...stranger, phone: '13811112222' };
  const second = await city.applied(moved, { months: ['2025-05'] });
  const { applicationId, phone } = (await reveal('handler-360203', draft.personId, body)).body;
  t.strictSame({ applicationId, phone }, { applicationId: second.id, phone: moved.phone });
});

t.test('people of another agency cannot be revealed, and an auditor may reveal nobody', async (t) => {
  const { personId } = await applicant();
  const body = { fields: all, purpose: 'verify-identity' };
  const count = async () =>
    (await db.pool.query(`select count(*) from audit_entry where operation = 'revealPerson'`)).rows[0].count;
  const before = await count();
  strictMatch(t, await reveal('handler-360222', personId, body), {
    status: 404,
    body: { code: 'not-found' },
  });
  const nobody = '0198a000-0000-7000-8000-000000000000';
  strictMatch(t, await reveal('handler-360203', nobody, body), { status: 404, body: { code: 'not-found' } });
  for (const caller of ['auditor', 'payer-360203', 'platform-ganfutong', 'administrator']) {
    strictMatch(
      t,
      await reveal(caller, personId, body),
      { status: 403, body: { code: 'forbidden' } },
      caller,
    );
  }
  t.equal(await count(), before);
});

t.test(
  'a street may reveal names and phone numbers of its own people, and that is in the access report',
  async (t) => {
    const { somebody, personId } = await applicant();
    const street = `street-${somebody.street}`;
    const body = { fields: ['name', 'phone'], purpose: 'contact-applicant' };
    strictMatch(t, await reveal(street, personId, body), {
      status: 200,
      body: { name: somebody.name, phone: somebody.phone },
    });
    strictMatch(t, await reveal('street-360203001', personId, body), { status: 404 }, 'another street');
    const curious = await reveal(street, personId, { fields: all, purpose: 'verify-identity' });
    t.equal(curious.status, 400);
    t.strictSame(
      curious.body.errors.map(({ pointer, code }) => [pointer, code]),
      [
        ['/body/fields/0', 'not-for-streets'],
        ['/body/fields/3', 'not-for-streets'],
        ['/body/purpose', 'not-for-streets'],
      ],
    );
    const looks = (await reportOf(personId)).filter(({ operation }) => operation === 'revealPerson');
    strictMatch(t, looks, [
      { role: 'street-officer', shown: ['name', 'phone'], purpose: 'contact-applicant' },
    ]);
    t.equal(looks.length, 1);
  },
);

t.test('a reveal needs fields and one of the purposes', async (t) => {
  const { personId } = await applicant();
  for (const body of [
    {},
    { fields: [], purpose: 'contact-applicant' },
    { fields: ['phone', 'phone'], purpose: 'contact-applicant' },
    { fields: ['disability'], purpose: 'contact-applicant' },
    { fields: ['phone'], purpose: '好奇' },
  ]) {
    strictMatch(t, await reveal('handler-360203', personId, body), {
      status: 400,
      body: { code: 'invalid-fields' },
    });
  }
});

t.test('an officer’s reveals per hour are limited, even when sent at once', async (t) => {
  const { personId } = await applicant();
  const curious = () => city.tokenOf({ subject: 'curious', role: 'handler', agency: '360203' });
  const body = { fields: ['phone'], purpose: 'contact-applicant' };
  clock.set('2025-07-05T04:00:00Z');
  const officer = await curious();
  const answers = await Promise.all(
    Array.from({ length: revealsPerHour + 5 }, () => reveal(officer, personId, body)),
  );
  const statuses = answers.map(({ status }) => status);
  t.equal(statuses.filter((status) => status === 200).length, revealsPerHour);
  t.equal(statuses.filter((status) => status === 429).length, 5);
  const refused = answers.find(({ status }) => status === 429);
  strictMatch(t, refused, { body: { code: 'too-many-requests' }, headers: { 'retry-after': '3600' } });
  t.equal((await reveal('handler-360203', personId, body)).status, 200, 'another officer is not concerned');

  clock.set('2025-07-05T04:59:59Z');
  strictMatch(t, await reveal(await curious(), personId, body), {
    status: 429,
    headers: { 'retry-after': '1' },
  });
  clock.set('2025-07-05T05:00:00Z');
  t.equal((await reveal(await curious(), personId, body)).status, 200);
});

t.test('the audit of a reveal holds fields and purpose, and none of the values', async (t) => {
  const { somebody, personId } = await applicant();
  await reveal('handler-360203', personId, { fields: all, purpose: 'ask-register' });
  const { rows } = await db.pool.query(
    `select change, audit_entry::text as text from audit_entry where operation = 'revealPerson' and person_id = $1`,
    [personId],
  );
  strictMatch(t, rows, [{ change: { fields: all.toSorted(), purpose: 'ask-register' } }]);
  for (const value of [somebody.identityNumber, somebody.name, somebody.phone, somebody.account]) {
    t.notOk(rows[0].text.includes(value));
  }
  const { rows: kept } = await db.pool.query(
    `select 1 from idempotency_key where operation = 'revealPerson'`,
  );
  t.strictSame(kept, [], 'no answer is kept');
});

t.test(
  'the access report says who acted and who saw what, when and why, payment files included',
  async (t) => {
    clock.set('2025-07-05T06:00:00Z');
    const somebody = await city.resident({ street: '360222100', agency: '360222' });
    const application = await city.approved(somebody);
    const other = await city.approved(await city.resident({ street: '360222100', agency: '360222' }));
    const { personId } = application;
    clock.set('2025-07-05T07:00:00Z');
    await reveal('reviewer-360222', personId, { fields: ['phone', 'name'], purpose: 'answer-applicant' });
    const batch = await city.inPayment('360222');
    await call('payer-360222', 'GET', `/v1/disbursements/${batch.id}/payment/file`, { status: 200 });

    const report = await reportOf(personId);
    const operations = report.map(({ operation }) => operation);
    for (const expected of [
      'createApplication',
      'submitApplication',
      'acceptApplication',
      'decideApplication',
    ]) {
      t.ok(operations.includes(expected), expected);
    }
    strictMatch(
      t,
      report.filter(({ operation }) => operation === 'revealPerson'),
      [
        {
          at: '2025-07-05T07:00:00.000000Z',
          officer: { account: /reviewer-360222$/, name: '浮梁县就业创业服务中心 审核人员' },
          role: 'reviewer',
          agencyCode: '360222',
          shown: ['name', 'phone'],
          purpose: 'answer-applicant',
        },
      ],
    );
    strictMatch(
      t,
      report.filter(({ operation }) => operation === 'getPaymentFile'),
      [{ officer: { account: /payer-360222$/ }, role: 'payer', shown: ['name', 'account'], purpose: null }],
    );
    t.strictSame(
      report.filter(({ shown }) => shown.some((field) => field !== 'name')).map(({ operation }) => operation),
      ['revealPerson', 'getPaymentFile'],
      'nothing else than the name went out whole',
    );
    const ofOther = await reportOf(other.personId);
    t.notOk(ofOther.some(({ operation }) => operation === 'revealPerson'));
    t.ok(
      ofOther.some(({ operation }) => operation === 'getPaymentFile'),
      'the file held both',
    );

    // Reading the report is itself a look, recorded after the earlier ones.
    t.strictSame((await reportOf(personId, '3')).slice(0, report.length), report, 'in pages, the same');
  },
);

t.test('an access report of an unknown person is not found', async (t) => {
  const url = '/v1/people/0198a000-0000-7000-8000-000000000000/access-report';
  strictMatch(t, await call('auditor', 'GET', url), { status: 404, body: { code: 'not-found' } });
});

t.test('an encrypted value moved to another row cannot be decrypted there', async (t) => {
  const [one, other] = [await applicant(), await applicant()];
  const body = { fields: ['account'], purpose: 'check-account' };
  strictMatch(t, (await reveal('reviewer-360203', one.personId, body)).body, {
    account: one.somebody.account,
  });
  await db.pool.query(
    `update application set account_encrypted = (select account_encrypted from application where person_id = $2)
     where person_id = $1`,
    [one.personId, other.personId],
  );
  const answer = await reveal('reviewer-360203', one.personId, body);
  strictMatch(t, answer, { status: 500, body: { code: 'internal' } });
  t.notOk(JSON.stringify(answer.body).includes(other.somebody.account));
});
