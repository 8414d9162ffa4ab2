// Finding people in scope by name, case number or whole identity number.

import t from 'tap';
import type { Static } from 'typebox';
import type { FoundPerson } from '../../../src/payments/overviews/schemas.ts';
import { type Problem, setup } from '../../helper.ts';

type Found = Static<typeof FoundPerson>;

const city = await setup(t);
const { call } = city;
const handler = 'handler-360203';
const url = '/v1/people/searches';

async function found(by: string, body: object, query: Record<string, string> = {}) {
  return (
    await call<{ items: Found[]; next: string | null }>(by, 'POST', url, {
      body,
      query,
      key: null,
      status: 200,
    })
  ).body;
}

const resident = { ...(await city.resident()), name: '阿依古丽·买买提' };
const application = await city.applied(resident);
const { personId, caseNumber } = application;

t.test('a person is found by name in any spelling of the dot, case number or whole number', async (t) => {
  const bodies = [
    { name: resident.name },
    { name: ' 阿依古丽•买买提 ' },
    { caseNumber },
    { identityNumber: resident.identityNumber },
    { name: resident.name, caseNumber, identityNumber: resident.identityNumber },
  ];
  for (const body of bodies) {
    const { items, next } = await found(handler, body);
    t.strictSame([items.map((one) => one.personId), next], [[personId], null], Object.keys(body).join());
    t.strictSame(items[0]?.cases, [
      { id: application.id, caseNumber, quarter: '2025Q2', state: 'submitted' },
    ]);
    t.match(items[0]?.identityNumber ?? '', /^3\*{16}[0-9X]$/);
  }
  t.strictSame(
    (await found(handler, { name: resident.name, caseNumber: (await city.applied()).caseNumber })).items,
    [],
  );
  t.strictSame((await found(handler, { name: '阿依古丽' })).items, [], 'a part of a name finds nobody');
});

t.test('each officer of the scope and the auditor may search; nobody else', async (t) => {
  for (const by of ['street-360203007', 'reviewer-360203', 'payer-360203', 'auditor'])
    t.strictSame(
      (await found(by, { name: resident.name })).items.map((one) => one.personId),
      [personId],
      by,
    );
  for (const by of ['platform-ganfutong', 'finance-360203', 'administrator', 'provincial-system'])
    await call(by, 'POST', url, { body: { name: resident.name }, key: null, status: 403 });
});

t.test('out of scope a person is answered like one whom nobody knows', async (t) => {
  const unknown = city.nextResident();
  for (const by of ['street-360203001', 'handler-360202', 'payer-360222']) {
    const nobody = await found(by, { identityNumber: unknown.identityNumber });
    t.strictSame(nobody, { items: [], next: null });
    for (const body of [{ name: resident.name }, { caseNumber }, { identityNumber: resident.identityNumber }])
      t.strictSame(await found(by, body), nobody, `${by} ${Object.keys(body)}`);
  }
});

t.test('the whole number also finds somebody of the household’s street without a case', async (t) => {
  const neighbour = await city.resident();
  const { items } = await found('street-360203007', { identityNumber: neighbour.identityNumber });
  t.strictSame(
    items.map(({ name, cases }) => [name, cases]),
    [[null, []]],
  );
  t.strictSame((await found('street-360203001', { identityNumber: neighbour.identityNumber })).items, []);
  const drafted = await city.drafted(neighbour);
  t.strictSame(
    (await found(handler, { caseNumber: drafted.caseNumber })).items,
    [],
    'a draft is no case yet',
  );
});

t.test('many of one name come in pages', async (t) => {
  const namesakes = [];
  for (const _ of [1, 2, 3])
    namesakes.push(await city.applied({ ...(await city.resident()), name: '同名人' }));
  const first = await found(handler, { name: '同名人' }, { limit: '2' });
  t.equal(first.items.length, 2);
  const second = await found(handler, { name: '同名人' }, { limit: '2', after: first.next ?? '' });
  t.equal(second.next, null);
  t.strictSame(
    [...first.items, ...second.items].map((one) => one.personId),
    namesakes.map((one) => one.personId).sort(),
  );
});

t.test('bad searches are told every fault at once', async (t) => {
  const faultsOf = async (body: object) =>
    (await call<Problem>(handler, 'POST', url, { body, key: null, status: 400 })).body.errors.map(
      ({ pointer, code }) => [pointer, code],
    );
  t.equal((await faultsOf({})).length, 1);
  t.strictSame(await faultsOf({ phone: '13900000000' }), [['/body/phone', 'unknown-field']]);
  const wrong = { name: ' ', caseNumber: 'JDZ25-0000001-0', identityNumber: '360299197205110017' };
  t.strictSame(
    (await faultsOf(wrong)).map(([pointer]) => pointer),
    ['/body/name', '/body/caseNumber', '/body/identityNumber'],
  );
});

t.test('a search is in the audit without what was asked, and in the report of whom it showed', async (t) => {
  await found(handler, { name: resident.name });
  const { rows } = await city.db.pool.query<{ change: object }>(
    `select change from audit_entry where operation = 'findPeople' order by entry_id desc limit 1`,
  );
  t.strictSame(rows[0]?.change, { by: ['name'], found: 1 });
  const looks = await city.db.pool.query<{ facts: string[] }>(
    `select facts from look where person_id = $1 and operation = 'findPeople' limit 1`,
    [personId],
  );
  t.strictSame(looks.rows[0]?.facts, ['case', 'identity', 'whole-name']);
});
