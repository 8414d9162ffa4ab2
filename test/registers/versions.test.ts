// The final state does not depend on the order of delivery; and the errors of invalid rows.

import fc from 'fast-check';
import t from 'tap';
import type { Problem } from '../helper.ts';
import { patient, setup } from '../helper.ts';
import type { DeliveryAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';
import { contribution, held, type Row } from './residents.ts';

const city = await setup(t);
const { nextResident } = city;
const call = patient(city.call);
const url = '/v1/record-deliveries';

async function send(body: object | Buffer | string): Promise<DeliveryAnswer> {
  return (await call<DeliveryAnswer>('provincial-system', 'POST', url, { body, status: 201 })).body;
}

let sources = 0;
function newSource(): string {
  sources += 1;
  return `source-${sources}`;
}

async function believed(source: string): Promise<string> {
  const { rows } = await city.db.pool.query(
    `select distinct on (source_key) source_key, version, removed, from_day, to_day
     from record where source = $1 order by source_key, version desc`,
    [source],
  );
  return JSON.stringify(rows);
}

t.test('versions delivered in any order, batches and repetitions lead to the same state', async (t) => {
  const person = nextResident();
  const said = fc.record({ key: fc.integer({ min: 0, max: 3 }), version: fc.integer({ min: 1, max: 6 }) });
  /** A version always has the same content. */
  const rowOf = ({ key, version }: { key: number; version: number }): Row => {
    const sourceKey = `K-${key}`;
    if (version === 4)
      return { kind: 'pension', sourceKey, version, identityNumber: person.identityNumber, removed: true };
    return { ...held('pension', person, `2025-0${version}-01`), sourceKey, version };
  };
  const order = fc.array(said, { minLength: 1, maxLength: 12 }).chain((rows) =>
    fc.record({
      rows: fc.constant(rows),
      other: fc.shuffledSubarray(rows, { minLength: rows.length }),
      cut: fc.integer({ min: 0, max: rows.length }),
    }),
  );
  await fc.assert(
    fc.asyncProperty(order, async ({ rows, other, cut }) => {
      const [one, two] = [newSource(), newSource()];
      const first = await send({ source: one, rows: rows.map(rowOf) });
      for (const part of [other.slice(0, cut), other.slice(cut), rows]) {
        const { totals } = await send({ source: two, rows: part.map(rowOf) });
        const { received, ...parts } = totals;
        if (Object.values(parts).reduce((sum, n) => sum + n, 0) !== received) return false;
      }
      return first.totals.refused === 0 && (await believed(one)) === (await believed(two));
    }),
    { numRuns: 25, seed: 20_250_705 },
  );
  t.pass('25 orders, seed 20250705');
});

t.test('a delivery returns every invalid row with its place and errors, and stores the rest', async (t) => {
  const person = nextResident();
  const good = held('pension', person, '2025-01-01');
  const bad: readonly (readonly [Row, string])[] = [
    [{ ...good, kind: 'holiday' }, 'kind unknown-value'],
    [{ ...good, colour: 'red' }, 'colour unknown-field'],
    [{ ...held('hardship-recognition', person, '2025-01-01'), category: 'tired' }, 'category unknown-value'],
    [{ ...held('household', person, '2025-01-01'), street: '360203999' }, 'street unknown-division'],
    [
      { ...held('household', person, '2025-01-01'), street: '360203007', movedInFrom: '990000' },
      'movedInFrom unknown-division',
    ],
    [contribution(person, '2025-01', { place: '360299' }), 'place unknown-division'],
    [{ ...good, identityNumber: '360299197205111034' }, 'identityNumber identity-number-check-character'],
    [{ ...good, identityNumber: '360299760815002' }, 'identityNumber identity-number-fifteen-digits'],
    [{ ...good, to: '2024-12-31' }, 'to end-before-start'],
    [{ ...good, from: '2025-02-30' }, 'from wrong-format'],
    [contribution(person, '2025-08'), 'month in-future'],
    [contribution(person, '2025-05', { paidOn: '2025-08-01' }), 'paidOn in-future'],
    [{ ...good, sourceKey: `K${person.identityNumber}` }, 'sourceKey personal-number'],
    [{ ...good, name: '王\u202e国' }, 'name name-characters'],
  ];
  const { totals, refused } = await send({ source: newSource(), rows: [good, ...bad.map(([row]) => row)] });
  strictMatch(t, totals, { received: bad.length + 1, new: 1, refused: bad.length });
  t.strictSame(
    refused.map(({ errors }) => `${errors[0]?.pointer.split('/')[4]} ${errors[0]?.code}`),
    bad.map(([, expected]) => expected),
  );
  t.notMatch(JSON.stringify(refused.map(({ errors }) => errors)), person.identityNumber);
});

t.test('a row with other content for a known version, or another person’s key, is refused', async (t) => {
  const [one, other] = [nextResident(), nextResident()];
  const source = newSource();
  const row = { ...held('pension', one, '2025-01-01'), sourceKey: 'P-1' };
  await send({ source, rows: [row] });
  const { refused } = await send({
    source,
    rows: [
      { ...row, from: '2025-02-01' },
      { ...row, version: 2, identityNumber: other.identityNumber },
    ],
  });
  t.strictSame(
    refused.map(({ errors }) => errors[0]?.code),
    ['version-content-differs', 'other-person'],
  );
});

t.test('an error outside of the rows refuses a delivery as a whole', async (t) => {
  const person = nextResident();
  const refusal = async (body: object | Buffer) =>
    (await call<Problem>('provincial-system', 'POST', url, { body, status: 400 })).body;
  const many = Array.from({ length: 10_001 }, () => 0);
  strictMatch(t, (await refusal({ source: 'x1', rows: many })).errors, [
    { pointer: '/body/rows', code: 'out-of-range' },
  ]);
  const half = Buffer.from(JSON.stringify({ source: 'x1', rows: [held('pension', person, '2025-01-01')] }));
  t.equal((await refusal(half.subarray(0, 60))).code, 'invalid-json');
  const gb18030 = Buffer.concat([Buffer.from('{"source":"'), Buffer.from([0xbe, 0xb0]), Buffer.from('"}')]);
  strictMatch(t, await refusal(gb18030), { code: 'invalid-json', detail: /GB18030/ });
  const asOf = '2025-07-05T00:00:00Z';
  const coverage = [
    { kind: 'pension', throughMonth: '2025-06', asOf: '2025-07-06T00:00:00Z' },
    { kind: 'pension', throughMonth: '2025-08', asOf },
    { kind: 'pension', throughMonth: '2025-06', asOf, agencyCode: '360299' },
  ];
  t.strictSame(
    (await refusal({ source: 'officer', rows: [], coverage })).errors.map(
      ({ pointer, code }) => `${pointer} ${code}`,
    ),
    [
      '/body/source reserved',
      '/body/coverage/0/asOf in-future',
      '/body/coverage/1/throughMonth in-future',
      '/body/coverage/2/agencyCode unknown-agency',
    ],
  );
});

t.test('a mapping translates a delivery’s rows, and errors point to the register’s names', async (t) => {
  const { identityNumber, name } = nextResident();
  const theirs = { AAC002: identityNumber, AAC003: name, kind: 'contribution', version: 1 };
  const paid = { AAE002: '202504', AAE140: '110', payer: 'individual', refunded: false, AAE079: '20250412' };
  const body = {
    source: newSource(),
    mapping: 'ministry-indicators',
    rows: [
      { ...theirs, ...paid, sourceKey: 'M-1' },
      { ...theirs, ...paid, sourceKey: 'M-2', AAE140: '999', AAC058: '01' },
      { ...theirs, ...paid, sourceKey: 'M-4', AAE140: undefined },
      { ...theirs, ...paid, sourceKey: 'M-5', AAE140: '310' },
      { ...theirs, kind: 'contribution-refund', sourceKey: 'M-6', AAE002: '202504', AAE140: '310' },
      { ...theirs, kind: 'contribution-refund', sourceKey: 'M-7', AAE002: '202504', AAE140: '390' },
      {
        kind: 'pension',
        sourceKey: 'M-3',
        version: 1,
        AAC002: identityNumber,
        AAE030: '20250101',
        AAE031: '20241231',
      },
    ],
  };
  const { totals, refused } = await send(body);
  strictMatch(t, totals, { new: 3, refused: 4 });
  t.strictSame(
    refused.map(({ errors }) => errors.map(({ pointer, code }) => `${pointer.split('/')[4]} ${code}`).sort()),
    [
      ['AAC058 unknown-field', 'AAE140 unknown-value'],
      ['AAE140 required'],
      ['AAE140 unknown-value'],
      ['AAE031 end-before-start'],
    ],
    'the residents’ scheme has no refund here, and a field that means two of ours is told once',
  );
  const { rows } = await city.db.pool.query(
    `select details from record where source = $1 order by source_key`,
    [body.source],
  );
  const employees = { month: '2025-04', scheme: 'employees', payer: 'individual', refunded: false };
  t.strictSame(
    rows.map(({ details }) => details),
    [
      { ...employees, insurance: 'pension', paidOn: '2025-04-12' },
      { ...employees, insurance: 'medical', paidOn: '2025-04-12' },
      { month: '2025-04', insurance: 'medical' },
    ],
  );
});
