// Deliveries: valid rows are stored, invalid rows are returned with every error, and a repetition changes nothing.

import t from 'tap';
import { kinds } from '../../src/rules/facts.ts';
import { type Problem, patient, setup } from '../helper.ts';
import { fingerprint } from '../platform/http/fingerprint.ts';
import type { DeliveryAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';
import {
  cleanRecords,
  contribution,
  held,
  identityNumberOf,
  keyOf,
  priorBenefit,
  type Row,
  refundOf,
} from './residents.ts';

const city = await setup(t);
const { db, nextResident } = city;
const call = patient(city.call);

function send(rows: readonly unknown[], more: object = {}) {
  const body = { source: 'jx-human-resources', rows, ...more };
  return call<DeliveryAnswer & Problem>('provincial-system', 'POST', '/v1/record-deliveries', { body });
}

const but = [
  'audit_entry',
  'audit_unsealed',
  'idempotency_key',
  'record_delivery',
  'record_delivery_refusal',
];
/** All that the registers have stated. */
async function known(): Promise<Record<string, string>> {
  const tables = await fingerprint(db);
  return Object.fromEntries(Object.entries(tables).filter(([table]) => !but.includes(table)));
}

t.test('a delivery with a row of every kind is accepted', async (t) => {
  const person = nextResident();
  const special: Record<string, Row> = {
    household: { street: person.street, movedInFrom: '350100' },
    'hardship-recognition': { category: 'landless' },
    'retirement-category': { category: 'M60' },
  };
  const rows = kinds.map((kind): Row => {
    if (kind === 'contribution')
      return contribution(person, '2025-04', { place: '360200', paidOn: '2025-05-02' });
    if (kind === 'contribution-refund') return refundOf(person, '2025-04', { refundedOn: '2025-05-20' });
    if (kind === 'prior-benefit') return priorBenefit(person, 3);
    const { to: _, ...open } = held(kind, person, '2024-01-01');
    return { ...open, ...special[kind] };
  });
  const { status, body } = await send(rows);
  t.equal(status, 201);
  strictMatch(t, body.totals, { received: kinds.length, new: kinds.length, refused: 0 });
  t.strictSame(body.refused, []);
});

t.test(
  'a repeated row changes nothing, an older version is ignored, a newer one supersedes, different content is refused',
  async (t) => {
    const person = nextResident();
    const [first] = cleanRecords(person, []);
    if (first === undefined) throw new Error('somebody has a household');
    const totals = async (rows: readonly Row[]) => (await send(rows)).body.totals;
    strictMatch(t, await totals([{ ...first, version: 5 }]), { new: 1 });
    const before = await known();
    strictMatch(t, await totals([{ ...first, version: 5 }]), { new: 0, unchanged: 1 });
    strictMatch(t, await totals([{ ...first, version: 4, from: '1980-01-01' }]), { outdated: 1 });
    const other = await send([{ ...first, version: 5, from: '1980-01-01' }]);
    strictMatch(t, other.body, {
      totals: { refused: 1 },
      refused: [
        {
          row: 1,
          sourceKey: first['sourceKey'],
          errors: [{ pointer: '/body/rows/0/version', code: 'version-content-differs' }],
        },
      ],
    });
    t.strictSame(await known(), before, 'none of these changed what is known');
    strictMatch(t, await totals([{ ...first, version: 6, from: '1980-01-01' }]), { superseding: 1 });
    strictMatch(
      t,
      await totals([
        { ...first, version: 7 },
        { ...first, version: 7 },
        { ...first, version: 8 },
      ]),
      { superseding: 2, unchanged: 1 },
      'within one delivery too',
    );
  },
);

t.test('a delivery’s totals add up, and every refused row is returned with all its errors', async (t) => {
  const person = nextResident();
  const good = contribution(person, '2025-04');
  const rows: unknown[] = [
    good,
    {
      ...good,
      sourceKey: 'b',
      month: '2025-13',
      payer: 'neighbour',
      favourite: 1,
      identityNumber: '360299197205110010',
    },
    { ...held('skills-training', person, '2025-05-06', '2025-05-01'), sourceKey: 'c' },
    { ...contribution(person, '2025-08'), sourceKey: 'd' },
    { kind: 'no-such-kind', sourceKey: 'e' },
    { ...good, sourceKey: 'f', scheme: undefined },
    null,
    'a row',
    [],
    contribution(person, '2025-05'),
  ];
  const { body } = await send(rows);
  strictMatch(t, body.totals, {
    received: 10,
    new: 2,
    superseding: 0,
    unchanged: 0,
    outdated: 0,
    refused: 8,
  });
  const fieldErrors = Object.fromEntries(
    body.refused.map(({ row, errors }) => [
      row,
      errors.map(({ code, pointer }) => `${code} ${pointer.replace(/^\/body\/rows\/\d+/, '')}`).sort(),
    ]),
  );
  t.strictSame(fieldErrors[2], [
    'identity-number-check-character /identityNumber',
    'unknown-field /favourite',
    'unknown-value /payer',
    'wrong-format /month',
  ]);
  t.strictSame(fieldErrors[3], ['end-before-start /to']);
  t.strictSame(fieldErrors[4], ['in-future /month']);
  t.strictSame(fieldErrors[5], ['unknown-value /kind']);
  t.strictSame(fieldErrors[6], ['required /scheme']);
  for (const row of [7, 8, 9]) t.strictSame(fieldErrors[row], ['unknown-value /kind']);
  const again = await call<DeliveryAnswer>('provincial-system', 'GET', `/v1/record-deliveries/${body.id}`);
  t.strictSame(again.body, body, 'and can be read again as it was answered');
});

t.test('the refusal of a row contains no value that was sent', async (t) => {
  const row = {
    ...contribution(nextResident(), '2025-04'),
    identityNumber: '36029919720511999X',
    name: '王\u200b五',
  };
  const { body } = await send([row]);
  t.equal(body.totals.refused, 1);
  const { rows } = await db.pool.query(
    'select errors::text from record_delivery_refusal where delivery_id = $1',
    [body.id],
  );
  t.notMatch(rows[0].fieldErrors + JSON.stringify(body), /36029919720511999X|王/);
});

t.test('a source key belongs to one person until its source deletes the record', async (t) => {
  const [first, second] = [nextResident(), nextResident()];
  const row = contribution(first, '2025-04');
  await send([row]);
  const stolen = { ...contribution(second, '2025-04'), sourceKey: row['sourceKey'], version: 2 };
  strictMatch(t, (await send([stolen])).body.refused, [{ errors: [{ code: 'other-person' }] }]);
  const { kind, sourceKey, identityNumber } = row;
  const removal = { kind, sourceKey, version: 2, identityNumber, removed: true };
  strictMatch(t, (await send([removal])).body.totals, { superseding: 1 });
  strictMatch(t, (await send([{ ...row, version: 3 }])).body.totals, { superseding: 1 }, 'and may come back');
});

t.test('an identity number of fifteen digits is accepted in the history of grants only', async (t) => {
  const person = nextResident();
  // An old number has no century of birth and no check digit; test people may have one too.
  const fifteen = person.identityNumber.slice(0, 6) + person.identityNumber.slice(8, 17);
  const old = { ...priorBenefit(person, 2), identityNumber: fifteen };
  strictMatch(t, (await send([old])).body.totals, { new: 1 });
  const row = { ...contribution(person, '2025-04'), identityNumber: fifteen };
  strictMatch(t, (await send([row])).body.refused, [
    { errors: [{ code: 'identity-number-fifteen-digits' }] },
  ]);
  const { rows } = await db.pool.query(
    "select count(*)::int as n from record where kind = 'prior-benefit' and person_id in (select person_id from record where source_key = $1)",
    [`prior-benefit-${keyOf(person)}`],
  );
  t.equal(rows[0].n, 1);
});

t.test('an identity number written differently is the same person', async (t) => {
  const number = identityNumberOf('F', '1976-08-15', 3);
  const wide = [...number].map((character) => String.fromCharCode(character.charCodeAt(0) + 0xfee0)).join('');
  const person = { ...nextResident(), identityNumber: number };
  const rows = [number, ` ${number} `, wide, number.toLowerCase()].map((identityNumber, index) => ({
    ...contribution(person, '2025-04'),
    sourceKey: `spelling-${index}`,
    identityNumber,
  }));
  strictMatch(t, (await send(rows)).body.totals, { new: 4 });
  const { rows: people } = await db.pool.query(
    "select distinct person_id from record where source_key like 'spelling-%'",
  );
  t.equal(people.length, 1);
});

t.test('a register cannot deliver under the source of officers’ attestations', async (t) => {
  const { status, body } = await send([], { source: 'officer' });
  strictMatch(
    t,
    { status, body },
    { status: 400, body: { errors: [{ pointer: '/body/source', code: 'reserved' }] } },
  );
});

t.test(
  'coverage for an agency that does not exist, or from the future, is refused with all its errors',
  async (t) => {
    const statement = { kind: 'pension', throughMonth: '2025-06', asOf: '2025-07-05T01:00:00Z' };
    const { status, body } = await send([], {
      coverage: [
        statement,
        { ...statement, agencyCode: '360299', asOf: '2026-01-01T00:00:00Z' },
        { ...statement, kind: 'pensions' },
      ],
    });
    t.equal(status, 400);
    strictMatch(
      t,
      body.errors.map(({ pointer, code }) => `${code} ${pointer}`),
      ['unknown-value /body/coverage/2/kind'],
    );
    const others = await send([], {
      coverage: [statement, { ...statement, agencyCode: '360299', asOf: '2026-01-01T00:00:00Z' }],
    });
    t.strictSame(
      others.body.errors.map(({ pointer, code }) => `${code} ${pointer}`),
      ['unknown-agency /body/coverage/1/agencyCode', 'in-future /body/coverage/1/asOf'],
    );
  },
);

t.test('a delivery of ten thousand rows is accepted, and one of 10,001 is refused', async (t) => {
  const somebody = nextResident();
  const rows = Array.from({ length: 10_001 }, (_, index) => {
    // Consecutive days, so that everybody has a different number.
    const born = Temporal.PlainDate.from('1970-01-01').add({ days: index }).toString();
    const person = { ...somebody, identityNumber: identityNumberOf('M', born, 499) };
    return contribution(person, '2025-04');
  });
  strictMatch(t, await send(rows), {
    status: 400,
    body: { errors: [{ pointer: '/body/rows', code: 'out-of-range' }] },
  });
  strictMatch(t, await send(rows.slice(1)), {
    status: 201,
    body: { totals: { received: 10_000, new: 10_000, refused: 0 } },
  });
});

t.test('twenty concurrent deliveries that name the same new people create each of them once', async (t) => {
  const strangers = Array.from({ length: 10 }, () => nextResident());
  // Half of them list the people in reverse order, which would deadlock if rows were locked in the order delivered.
  const orders = [strangers, strangers.toReversed()];
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, index) =>
      call<DeliveryAnswer>('provincial-system', 'POST', '/v1/record-deliveries', {
        body: {
          source: `source-${index}`,
          rows: (orders[index % 2] ?? []).map((person) => contribution(person, '2025-04')),
        },
      }),
    ),
  );
  t.strictSame(
    answers.map(({ status, body }) => [status, body.totals.new]),
    Array(20).fill([201, 10]),
  );
  const { rows } = await db.pool.query(
    "select count(distinct person_id)::int as n from record where source = 'source-7'",
  );
  t.equal(rows[0].n, 10);
});
