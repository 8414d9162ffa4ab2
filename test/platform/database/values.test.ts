// Values read from PostgreSQL keep their day, amount and order.
import t from 'tap';
import { parseInstant, parseInt8 } from '../../../src/platform/database/values.ts';
import { testDatabase } from '../../database.ts';
import { administer } from '../../server.ts';

// A process on the other side of the date line must read the same days.
process.env['TZ'] = 'America/New_York';

const { db, url } = await testDatabase(t);
// Before the pool's first connection, so that it applies to all of them.
await administer(url, `alter database ${new URL(url).pathname.slice(1)} set timezone = 'America/New_York'`);

t.test('a bigint is read as a number up to 2^53 − 1 and is an error beyond', async (t) => {
  t.equal(parseInt8('9007199254740991'), Number.MAX_SAFE_INTEGER);
  t.equal(parseInt8('-9007199254740991'), Number.MIN_SAFE_INTEGER);
  t.throws(() => parseInt8('9007199254740992'), RangeError);
  await t.rejects(db.pool.query('select 9007199254740992'), RangeError);
  t.strictSame((await db.pool.query('select 1 as still_usable')).rows, [{ still_usable: 1 }]);
});

t.test('instants are read as text of one width, which sorts chronologically', async (t) => {
  t.equal(parseInstant('2025-07-01 08:00:00+00'), '2025-07-01T08:00:00.000000Z');
  t.equal(parseInstant('2025-07-01 08:00:00.1+00'), '2025-07-01T08:00:00.100000Z');
  t.equal(parseInstant('2025-07-01 08:00:00.123456+00'), '2025-07-01T08:00:00.123456Z');
  t.equal(Temporal.Instant.from(parseInstant('2025-07-01 08:00:00.5+00')).epochMilliseconds % 1000, 500);
  for (const text of ['infinity', '2025-07-01 08:00:00+08', '0044-03-15 00:00:00+00 BC']) {
    t.throws(() => parseInstant(text), RangeError, text);
  }
});

t.test('values that are read can be written back unchanged, whatever the time zones', async (t) => {
  const { rows } = await db.pool.query(
    `select timestamptz '2025-02-28 23:59:59.000001+08' as at, date '2024-02-29' as day`,
  );
  t.strictSame(rows, [{ at: '2025-02-28T15:59:59.000001Z', day: '2024-02-29' }]);
  const back = await db.pool.query('select $1::timestamptz as at, $2::date as day', [
    rows[0]?.at,
    rows[0]?.day,
  ]);
  t.strictSame(back.rows, rows);
});

t.test('arrays are read like their elements, including arrays of our domains', async (t) => {
  const { rows } = await db.pool.query(
    `select array[1, null, 2]::int8[] as counts, array[1.10, 2]::numeric[] as rates, array[date '2025-01-31'] as days,
       array['2025-04', '2025-05']::calendar_month[] as months, array[]::calendar_month[] as none,
       '2025-04'::calendar_month as month, 1.10::numeric as rate`,
  );
  t.strictSame(rows, [
    {
      counts: [1, null, 2],
      rates: ['1.10', '2'],
      days: ['2025-01-31'],
      months: ['2025-04', '2025-05'],
      none: [],
      month: '2025-04',
      rate: '1.10',
    },
  ]);
});
