// Deliveries line by line: taken in batches, resumed, and complete.

import { createHash, randomUUID } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { flightsOf } from '../flights.ts';
import { type City, type Problem, setup } from '../helper.ts';
import type { DeliveryAnswer } from '../steps.ts';
import { strictMatch } from '../strict-match.ts';
import { contribution, held, identityNumberOf, type Row } from './residents.ts';

const source = 'jx-human-resources';
const url = '/v1/record-deliveries';

function linesOf(rows: readonly (Row | string | Buffer)[], header: object = { source }): Buffer {
  const texts = [header, ...rows].map((row) =>
    Buffer.isBuffer(row) ? row : Buffer.from(typeof row === 'string' ? row : JSON.stringify(row)),
  );
  return Buffer.concat(texts.flatMap((text) => [text, Buffer.from('\n')]));
}

function rowsOf(count: number, version = 1): Row[] {
  return Array.from({ length: count }, (_, index) => {
    const born = `19${60 + (Math.floor(index / 500) % 30)}-01-${String(1 + (Math.floor(index / 15_000) % 28)).padStart(2, '0')}`;
    const identityNumber = identityNumberOf('F', born, index % 500);
    return {
      kind: 'flexible-employment',
      sourceKey: `LH-${index}`,
      version,
      identityNumber,
      from: '2024-03-01',
    };
  });
}

/** Like a client: repeats a request that is unavailable (503, on a busy machine) under the same key. */
async function post<T = DeliveryAnswer>(city: City, body: Buffer, key: string = randomUUID(), status = 201) {
  for (;;) {
    const answer = await city.call<T>('provincial-system', 'POST', url, {
      body,
      headers: { 'content-type': 'application/x-ndjson' },
      key,
    });
    if (answer.status === 503) {
      await delay(250);
      continue;
    }
    if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
    return answer;
  }
}

async function countOf(city: City, table: string): Promise<number> {
  const { rows } = await city.db.pool.query(`select count(*)::int as n from ${table}`);
  return rows[0].n;
}

/** Sends the beginning of a body and closes the connection. */
async function breakOff(city: City, part: Buffer, key: string): Promise<void> {
  const authorization = `Bearer ${await city.token('provincial-system')}`;
  const { promise, resolve } = Promise.withResolvers<void>();
  const sent = httpRequest(`${city.origin}${url}`, {
    method: 'POST',
    headers: {
      authorization,
      'content-type': 'application/x-ndjson',
      'idempotency-key': key,
      'transfer-encoding': 'chunked',
    },
  });
  sent.on('error', () => resolve());
  sent.write(part, () => setImmediate(() => sent.destroy()));
  await promise;
}

t.test('a stream has the same results as a delivery in JSON, and its totals add up', async (t) => {
  const city = await setup(t);
  const rows = rowsOf(11_000);
  const { body } = await post(city, linesOf(rows), undefined);
  t.strictSame(body.totals, {
    received: 11_000,
    new: 11_000,
    superseding: 0,
    unchanged: 0,
    outdated: 0,
    refused: 0,
  });
  t.equal(body.state, 'complete');
  t.equal(await countOf(city, 'record'), 11_000);

  t.test('the same stream under another key changes nothing', async (t) => {
    const again = await post(city, linesOf(rows), undefined);
    strictMatch(t, again.body.totals, { received: 11_000, unchanged: 11_000, new: 0 });
    t.equal(await countOf(city, 'record'), 11_000);
  });

  t.test('newer versions in a stream supersede records, and older versions are ignored', async (t) => {
    const next = await post(city, linesOf([...rowsOf(5_500, 3), ...rows.slice(0, 10)]), undefined);
    strictMatch(t, next.body.totals, { received: 5_510, superseding: 5_500, outdated: 10 });
  });
});

t.test(
  'a portion of a stream waits for the database at most four times, however many rows it has',
  async (t) => {
    const city = await setup(t);
    for (const count of [1, 3_000]) {
      const rows = rowsOf(count).map((row) => ({
        ...row,
        name: '王伟',
        sourceKey: `${count}-${row['sourceKey']}`,
      }));
      const flights = await flightsOf(() => post(city, linesOf(rows)), /insert into record /);
      const has = (part: string) => (flight: readonly string[]) => flight.some((text) => text.includes(part));
      const stored = flights.findIndex(has('insert into record '));
      const began = flights.slice(0, stored + 1).findLastIndex(has('start transaction'));
      const waits = flights.slice(
        began,
        flights.findIndex((one, index) => index >= stored && has('commit')(one)) + 1,
      );
      t.ok(waits.length <= 4, `${count} rows`, {
        waits: waits.map((one) => one.map((text) => text.slice(0, 40))),
      });
    }
  },
);

t.test(
  'invalid lines are returned with row, field and error, in the answer and as a file, and the rest is stored',
  async (t) => {
    const city = await setup(t);
    const person = city.nextResident();
    const good = held('pension', person, '2025-01-01');
    const rows = [
      good,
      '{"kind":"pension","sourceKey":"half',
      { ...good, sourceKey: '=cmd', to: '2024-12-31' },
      Buffer.concat([
        Buffer.from('{"kind":"pension","name":"'),
        Buffer.from([0xc0, 0xee]),
        Buffer.from('"}'),
      ]),
      { ...good, kind: 'holiday' },
      contribution(person, '2031-01'),
      held('skills-training', person, '2025-02-01'),
    ];
    const { body } = await post(city, linesOf(rows), undefined);
    strictMatch(t, body.totals, { received: 7, new: 2, refused: 5 });
    t.strictSame(
      body.refused.map(({ row, errors }) => [row, errors[0]?.pointer, errors[0]?.code]),
      [
        [2, '/body/rows/1', 'invalid-json'],
        [3, '/body/rows/2/to', 'end-before-start'],
        [4, '/body/rows/3', 'wrong-encoding'],
        [5, '/body/rows/4/kind', 'unknown-value'],
        [6, '/body/rows/5/month', 'in-future'],
      ],
    );
    t.match(body.refused[2]?.errors[0]?.detail, /GB18030/);
    const file = await city.call<string>('provincial-system', 'GET', `${url}/${body.id}/refusals/file`, {
      status: 200,
    });
    const lines = file.body.trim().split('\r\n');
    t.equal(lines.length, 6);
    t.match(lines[2], /^3,'=cmd,\/body\/rows\/2\/to,end-before-start,/);
    t.notMatch(file.body, person.identityNumber);
    await city.call('platform-ganfutong', 'GET', `${url}/${body.id}/refusals/file`, { status: 403 });
    const foreign = await city.tokenOf({
      subject: 'another',
      role: 'provincial-system',
      clientId: 'another',
    });
    await city.call(foreign, 'GET', `${url}/${body.id}/refusals/file`, { status: 404 });
  },
);

t.test('a body that breaks off keeps its complete lines and resumes where it stopped', async (t) => {
  const city = await setup(t);
  const header = {
    source,
    coverage: [{ kind: 'pension', throughMonth: '2025-06', asOf: '2025-07-05T00:00:00Z' }],
  };
  const rows: (Row | string)[] = rowsOf(7_000);
  rows[10] = '{"bad"';
  const whole = linesOf(rows, header);
  const half = whole.subarray(0, whole.indexOf('LH-6000') + 3);
  await breakOff(city, half, 'stream-key-1');
  // The service still stores what it had received before the connection closed.
  let received = 0;
  while (received < 6_000) {
    const { rows: found } = await city.db.pool.query('select rows_received from record_delivery');
    received = found[0]?.rows_received ?? 0;
  }
  const { rows: open } = await city.db.pool.query(
    'select delivery_id, state, rows_refused from record_delivery',
  );
  strictMatch(t, open, [{ state: 'open', rows_refused: 1 }]);
  const progress = await city.call<DeliveryAnswer>(
    'provincial-system',
    'GET',
    `${url}/${open[0].delivery_id}`,
    { status: 200 },
  );
  strictMatch(t, progress.body, { state: 'open', totals: { received: 6_000, new: 5_999, refused: 1 } });
  t.equal(await countOf(city, 'coverage'), 0, 'nothing is vouched for by half a body');

  t.test('a client without the delivery’s id finds its progress by the key', async (t) => {
    const found = async (caller: string, query: Record<string, string>) =>
      (
        await city.call<{ items: (DeliveryAnswer & { idempotencyKey: string })[] }>(caller, 'GET', url, {
          query,
          status: 200,
        })
      ).body.items;
    const expected = [
      { id: open[0].delivery_id, state: 'open', totals: { received: 6_000 }, idempotencyKey: 'stream-key-1' },
    ];
    strictMatch(t, await found('provincial-system', { idempotencyKey: 'stream-key-1' }), expected);
    strictMatch(t, await found('provincial-system', { state: 'open' }), expected);
    t.strictSame(await found('provincial-system', { state: 'complete' }), []);
    t.strictSame(await found('provincial-system', { idempotencyKey: 'stream-key-0' }), []);
    const foreign = await city.tokenOf({
      subject: 'another',
      role: 'provincial-system',
      clientId: 'another',
    });
    t.strictSame(await found(foreign, { idempotencyKey: 'stream-key-1' }), [], 'of another client');
  });

  t.test('a different body under the key of a stream is refused', async (t) => {
    const other = linesOf([held('pension', city.nextResident(), '2025-01-01'), ...rows.slice(1)], header);
    const { body } = await post<Problem>(city, other, 'stream-key-1', 422);
    t.equal(body.code, 'idempotency-key-reused');
    t.equal(
      (await post<Problem>(city, linesOf(rows.slice(0, 100), header), 'stream-key-1', 422)).status,
      422,
    );
    t.equal((await post<Problem>(city, linesOf(rows), 'stream-key-1', 422)).status, 422);
  });

  t.test('a broken stream sent again from its beginning is one delivery whose totals add up', async (t) => {
    const { body } = await post(city, whole, 'stream-key-1');
    t.equal(body.id, open[0].delivery_id);
    strictMatch(t, body, {
      state: 'complete',
      totals: { received: 7_000, new: 6_999, unchanged: 0, refused: 1 },
    });
    t.equal(await countOf(city, 'record_delivery'), 1);
    t.equal(await countOf(city, 'coverage'), 1);
  });

  t.test('a complete stream sent again is a replay', async (t) => {
    const { body, headers } = await post(city, whole, 'stream-key-1');
    t.equal(headers['idempotency-replayed'], 'true');
    strictMatch(t, body, { id: open[0].delivery_id, totals: { received: 7_000, unchanged: 0 } });
    const longer = Buffer.concat([whole, Buffer.from(JSON.stringify(rowsOf(7_001)[7_000]))]);
    t.equal((await post<Problem>(city, longer, 'stream-key-1', 422)).body.code, 'idempotency-key-reused');
    const json = await city.call<Problem>('provincial-system', 'POST', url, {
      body: { source, rows: [] },
      key: 'stream-key-1',
    });
    t.equal(json.body.code, 'idempotency-key-reused', 'in one piece too');
  });
});

t.test('row 1,000,001 of a stream is refused, and the million rows before it are kept', async (t) => {
  const city = await setup(t);
  await post(city, linesOf([]));
  const million = Buffer.from(`${JSON.stringify({ source })}\n${'0\n'.repeat(1_000_000)}`);
  // Pretends that the million rows came before: they are compared and not stored again, so the test takes seconds.
  await city.db.pool.query(
    `insert into record_delivery (delivery_id, client_id, source, received_at, state, stream_key, rows_digest,
       rows_received, rows_new, rows_superseding, rows_unchanged, rows_outdated, rows_refused, people_to_reassess)
     select gen_random_uuid(), client_id, source, received_at, 'open', 'one-too-many', $1, 1000000, 0, 0, 1000000, 0, 0, 0
     from record_delivery limit 1`,
    [createHash('sha256').update(million).digest()],
  );
  const { body } = await post<Problem>(
    city,
    Buffer.concat([million, Buffer.from('0\n')]),
    'one-too-many',
    413,
  );
  strictMatch(t, body, { code: 'payload-too-large', detail: /前 1,000,000 行已接收/ });
  const { rows } = await city.db.pool.query(
    `select rows_received, state from record_delivery where stream_key = 'one-too-many'`,
  );
  t.strictSame(rows, [{ rows_received: 1_000_000, state: 'open' }]);
});

t.test('two concurrent requests with one body under one key store it once', async (t) => {
  const city = await setup(t);
  const whole = linesOf(rowsOf(12_000));
  const send = () =>
    city.call<DeliveryAnswer & Problem>('provincial-system', 'POST', url, {
      body: whole,
      headers: { 'content-type': 'application/x-ndjson' },
      key: 'stream-key-2',
    });
  const answers = await Promise.all([send(), send()]);
  for (const { status, body } of answers) {
    if (status === 201) t.equal(body.totals.received, 12_000);
    else t.ok(['idempotency-key-in-flight', 'unavailable'].includes(body.code), body.code);
  }
  const { body } = await post(city, whole, 'stream-key-2');
  strictMatch(t, body.totals, { received: 12_000, new: 12_000, unchanged: 0 });
  t.equal(await countOf(city, 'record'), 12_000);
});

t.test('a streamed body with an invalid header line is refused as a whole', async (t) => {
  const city = await setup(t);
  const codeOf = async (body: Buffer) => {
    const refused = await post<Problem>(city, body, undefined, 400);
    return [refused.body.code, ...refused.body.errors.map(({ pointer }) => pointer)];
  };
  t.strictSame(await codeOf(Buffer.from('')), ['invalid-json']);
  t.strictSame(await codeOf(Buffer.from('[1')), ['invalid-json']);
  t.strictSame(await codeOf(linesOf([], { source: 'X', unasked: 1 })), [
    'invalid-fields',
    '/body/unasked',
    '/body/source',
  ]);
  t.strictSame(await codeOf(linesOf([], { source: 'officer' })), ['invalid-fields', '/body/source']);
  t.equal(await countOf(city, 'record_delivery'), 0);
});

t.test('a line longer than 16 KiB ends the stream, and the rows before it are kept', async (t) => {
  const city = await setup(t);
  const endless = Buffer.concat([linesOf(rowsOf(3)), Buffer.alloc(100_000, 'x')]);
  const { body } = await post<Problem>(city, endless, undefined, 413);
  t.match(body.detail, /前 3 行/);
  t.equal(await countOf(city, 'record'), 3);
});
