// B7: records delivered as NDJSON over a socket, validated, matched to people, encrypted where personal and stored with
// durable commits; and PostgreSQL's COPY of the very same rows into the same tables and indexes.
// Usage: node bench/records.ts [--rows=1000000]

import { randomUUID } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import { sandboxIssuerPath, sandboxSecret } from '../src/access/issuer.ts';
import { buildApp } from '../src/app.ts';
import { readConfig } from '../src/config.ts';
import { connectClient, openDatabase } from '../src/database/connect.ts';
import { startEmbedded } from '../src/database/embedded.ts';
import { openServiceLogin } from '../src/database/service-account.ts';
import { createIds } from '../src/ids.ts';
import { prepareDatabase } from '../src/migrate.ts';
import { identityNumberOf } from '../test/records/residents.ts';

const { values } = parseArgs({ options: { rows: { type: 'string', default: '1000000' } } });
const rows = Number(values.rows);
const rowsOfOnePerson = 10;
const surnames = '王李张刘陈杨黄赵周吴';

/** Contributions of people of whom nobody has heard: the dearest rows, for each person is made and each name sealed. */
function* lines(): Generator<string> {
  yield `${JSON.stringify({ source: 'bench' })}\n`;
  let block = '';
  for (let index = 0; index < rows; index += 1) {
    const who = Math.floor(index / rowsOfOnePerson);
    const day = Temporal.PlainDate.from('1960-01-01').add({ days: Math.floor(who / 1_000) });
    const sex = who % 2 === 0 ? 'M' : 'F';
    block += `${JSON.stringify({
      kind: 'contribution',
      sourceKey: `JF-${index}`,
      version: 1,
      identityNumber: identityNumberOf(sex, day.toString(), Math.floor((who % 1_000) / 2)),
      name: `${surnames[who % 10]}伟${who}`,
      month: `2024-${String(1 + (index % rowsOfOnePerson)).padStart(2, '0')}`,
      scheme: 'employees',
      payer: 'individual',
      refunded: false,
      place: '360203',
    })}\n`;
    if (block.length > 60_000) {
      yield block;
      block = '';
    }
  }
  yield block;
}

const dataDir = mkdtempSync(join(tmpdir(), 'subsidy-bench-'));
chmodSync(dataDir, 0o711);
const embedded = await startEmbedded({ dataDir, log: () => {}, durable: true });
try {
  await prepareDatabase(embedded.url);
  const serviceUrl = await openServiceLogin(embedded.url, 'subsidy_bench');
  const db = openDatabase({ url: serviceUrl, poolSize: 4, random: Math.random, onIdleError: () => {} });
  const owner = await connectClient(embedded.url, 'bench');
  const config = await readConfig({
    NODE_ENV: 'test',
    PORT: '0',
    DATABASE_URL: serviceUrl,
    SUBSIDY_DATA_DIR: dataDir,
  });
  const app = await buildApp({
    config,
    db,
    clock: () => Temporal.Now.instant(),
    newId: createIds(Date.now),
    isStopping: () => false,
    logStream: { write: () => {} },
    startWork: async () => {},
  });
  const origin = await app.listen({ host: '127.0.0.1', port: 0 });
  const token = await app.inject({
    method: 'POST',
    url: `${sandboxIssuerPath}/token`,
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    payload: `grant_type=client_credentials&client_id=provincial-system&client_secret=${sandboxSecret}`,
  });
  const { access_token: bearer } = token.json<{ access_token: string }>();

  const body = [...lines()]; // made before the clock starts: the sender is not what is measured
  const megabytes = () => Math.round(process.memoryUsage().rss / 1024 / 1024);
  const before = megabytes();
  let most = before;
  const sampling = setInterval(() => {
    most = Math.max(most, megabytes());
  }, 250);
  const began = performance.now();
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const sent = request(
    `${origin}/v1/record-deliveries`,
    {
      method: 'POST',
      headers: {
        authorization: `Bearer ${bearer}`,
        'content-type': 'application/x-ndjson',
        'idempotency-key': randomUUID(),
      },
    },
    async (response) => resolve((await response.setEncoding('utf8').toArray()).join('')),
  );
  sent.on('error', reject);
  await pipeline(Readable.from(body), sent);
  const answer = JSON.parse(await promise);
  const seconds = (performance.now() - began) / 1_000;
  clearInterval(sampling);
  if (answer.totals?.new !== rows) throw new Error(JSON.stringify(answer).slice(0, 500));

  const tables = ['identity_index', 'person', 'person_name', 'record'];
  for (const table of tables) {
    await owner.query(
      `set statement_timeout = 0; copy ${table} to '${join(embeddedFolder(), `${table}.copy`)}'`,
    );
    await owner.query(`create table copied_${table} (like ${table} including all)`);
  }
  const copyBegan = performance.now();
  for (const table of tables) {
    await owner.query(
      `set statement_timeout = 0; copy copied_${table} from '${join(embeddedFolder(), `${table}.copy`)}'`,
    );
  }
  const copySeconds = (performance.now() - copyBegan) / 1_000;
  const rate = (took: number) => Math.round(rows / took).toLocaleString('en');
  console.log(`rows               ${rows.toLocaleString('en')} (${rows / rowsOfOnePerson} people)`);
  console.log(`delivered          ${rate(seconds)} rows/s (${seconds.toFixed(1)} s)`);
  console.log(`COPY, 4 tables     ${rate(copySeconds)} rows/s (${copySeconds.toFixed(1)} s)`);
  console.log(`ratio              ${(copySeconds / seconds).toFixed(2)}`);
  console.log(`memory             ${before} MB before (the body included), ${most} MB at most`);
  await app.close();
  await owner.end();
  await db.close();
} finally {
  await embedded.stop();
  rmSync(dataDir, { recursive: true, force: true });
}

/** A folder that PostgreSQL's own account may write to. */
function embeddedFolder(): string {
  return '/tmp';
}
