// Reads a case, submits a draft, and replays the submission, through the whole service: token, scope, row
// security, log line, durable commit, over keep-alive sockets. For comparison: the same SQL without HTTP, by
// pgbench where installed (apt-get install postgresql-contrib) and by pg, and plain Express with the same SQL
// and the same response bytes.
// Usage: node bench/requests.ts [--quick]

import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import express from 'express';
import pg from 'pg';
import { type Application, createSteps } from '../test/steps.ts';
import type { Shot } from './load.ts';
import {
  getting,
  median,
  type Place,
  platform,
  startLoad,
  startService,
  submitting,
  withPostgres,
} from './service.ts';

const { values } = parseArgs({ options: { quick: { type: 'boolean', default: false } } });
/** How the trace of a look begins; it has a unique request id. */
const trace = 'insert into look';
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const rounds = 5;
const reads = values.quick ? 300 : 3_000;
const submissions = values.quick ? 40 : 300;
const readers = 8;
const submitters = 32;
const poolSize = 6;
const cases = 20;

await withPostgres(run);

async function run(place: Place): Promise<void> {
  const now = Temporal.Instant.from('2025-07-05T02:00:00Z');
  const service = await startService(place, { poolSize, clock: () => now });
  const { origin, serviceUrl, tokenOf, call } = service;
  const owner = new pg.Pool({ connectionString: place.ownerUrl, max: 2 });
  const steps = createSteps(call, { now: () => now, set: () => {} });
  const applied: Application[] = [];
  for (let index = 0; index < cases; index += 1) applied.push(await steps.applied());
  const bearer = await tokenOf(platform);

  // The statements of one request.
  const readSql: { id: string; statements: Statement[] }[] = [];
  for (const one of applied) {
    const statements = await recorded(one, () => call(platform, 'GET', `/v1/applications/${one.id}`));
    readSql.push({ id: one.id, statements });
  }
  const bodies = new Map<string, string>();
  for (const { id } of applied) {
    const { body } = await call(platform, 'GET', `/v1/applications/${id}`);
    bodies.set(id, JSON.stringify(body));
  }

  const load = startLoad();
  const fire = (base: string, shots: readonly Shot[], connections = readers) =>
    load.fire({ origin: base, connections, shots });
  const reading = (bearers: readonly string[]): Shot[] =>
    Array.from({ length: reads }, (_, index) =>
      getting(applied[index % cases]?.id ?? '', bearers[index % bearers.length] ?? ''),
    );

  const peerPool = new pg.Pool({ connectionString: serviceUrl, max: poolSize });
  const bare = express().get('/v1/applications/:id', async (request, response) => {
    const one = readSql.find(({ id }) => id === request.params.id);
    await replay(peerPool, one?.statements ?? []);
    response.type('application/json').send(bodies.get(request.params.id));
  });
  const bareServer = bare.listen(0, '127.0.0.1');
  await once(bareServer, 'listening');
  const bareOrigin = `http://127.0.0.1:${(bareServer.address() as AddressInfo).port}`;

  const secured = (
    await owner.query<{ name: string }>(
      `select oid::regclass::text as name from pg_class where relrowsecurity and relnamespace = 'public'::regnamespace`,
    )
  ).rows.map(({ name }) => name);
  const rowSecurity = async (to: 'enable' | 'disable') => {
    for (const name of secured) await owner.query(`alter table ${name} ${to} row level security`);
  };

  const rates = new Map<string, number[]>();
  const slowest: number[] = [];
  const keep = (name: string, perSecond: number) => rates.set(name, [...(rates.get(name) ?? []), perSecond]);
  const pgbench = findPgbench();
  const warm = reading([bearer]).slice(0, 200);
  await fire(origin, warm);
  await fire(bareOrigin, warm);

  for (let round = 0; round < rounds; round += 1) {
    console.error(`round ${round + 1} of ${rounds}`);
    keep('getApplication', (await fire(origin, reading([bearer]))).perSecond);
    if (pgbench !== null) keep('pgbench, same SQL', runPgbench(pgbench, place.dataDir, serviceUrl, readSql));
    keep(
      'pg, same SQL',
      await timed(reads, readers, (index) => replay(peerPool, readSql[index % cases]?.statements ?? [])),
    );
    keep('Express + pg, same SQL', (await fire(bareOrigin, reading([bearer]))).perSecond);
    await rowSecurity('disable');
    keep('getApplication without row security', (await fire(origin, reading([bearer]))).perSecond);
    await rowSecurity('enable');
    const fresh: string[] = [];
    for (let index = 0; index < reads; index += 1) fresh.push(await tokenOf(platform));
    keep('getApplication without the token cache', (await fire(origin, reading(fresh))).perSecond);

    const drafts = [];
    for (let index = 0; index <= submissions * 2; index += 1)
      drafts.push(await steps.drafted(await steps.resident()));
    const [model, ...rest] = drafts;
    if (model === undefined) throw new Error('a draft was made');
    const statements = await recorded(model, () =>
      call(platform, 'POST', `/v1/applications/${model.id}/submission`, { ifMatch: 1, status: 200 }),
    );
    const shots = rest.slice(0, submissions).map(({ id }) => submitting(id, bearer));
    const submitted = await fire(origin, shots, submitters);
    keep('submitApplication', submitted.perSecond);
    slowest.push(submitted.p99Ms);
    keep('submitApplication, replayed', (await fire(origin, shots, submitters)).perSecond);
    const others = rest.slice(submissions);
    keep(
      'pg, same SQL as submitApplication',
      await timed(submissions, submitters, async (index) => {
        const other = others[index];
        if (other === undefined) throw new Error('there are as many drafts');
        await replay(peerPool, otherwise(statements, model, other));
      }),
    );
  }

  report(rates, slowest, pgbench !== null);
  await load.stop();
  bareServer.close();
  await peerPool.end();
  await owner.end();
  await service.close();
}

interface Statement {
  /** Name of the prepared statement, which the peers also prepare. */
  readonly name?: string;
  readonly text: string;
  readonly values: readonly unknown[];
}

/**
 * The statements of the transactions about one case, sent through any pool of this process while `act` runs. Transactions of
 * background work (sealing, jobs) are about no case and are left out.
 */
async function recorded(
  about: { readonly id: string; readonly personId: string },
  act: () => Promise<unknown>,
): Promise<Statement[]> {
  const open = new Map<pg.Client, Statement[]>();
  const transactions: Statement[][] = [];
  const query = pg.Client.prototype.query;
  pg.Client.prototype.query = function (this: pg.Client, text: unknown, ...rest: unknown[]) {
    const statement: Statement =
      typeof text === 'object' && text !== null && 'text' in text && 'values' in text
        ? (text as Statement) // as platform/database/connect.ts sends them
        : { text: String(text), values: Array.isArray(rest[0]) ? rest[0] : [] };
    const transaction = open.get(this) ?? [];
    if (transaction.length === 0) transactions.push(transaction);
    transaction.push(statement);
    if (/^(commit|rollback)/i.test(statement.text)) open.delete(this);
    else open.set(this, transaction);
    return Reflect.apply(query, this, [text, ...rest]);
  } as typeof query;
  try {
    await act();
  } finally {
    pg.Client.prototype.query = query;
  }
  const isAbout = (transaction: readonly Statement[]) =>
    transaction
      .flatMap(({ values: given }) => [...given])
      .flat()
      .some((one) => one === about.id || one === about.personId);
  return transactions.filter(isAbout).flat();
}

async function replay(pool: pg.Pool, statements: readonly Statement[]): Promise<void> {
  const client = await pool.connect();
  try {
    for (const { values: given, ...statement } of statements)
      await client.query({ ...statement, values: withNewTrace(statement.text, given) });
  } finally {
    client.release();
  }
}

/** A replayed request needs a request id of its own: one request leaves one trace of a person. */
function withNewTrace(text: string, given: readonly unknown[]): unknown[] {
  const isTrace = text.includes(trace);
  return given.map((value) =>
    isTrace && typeof value === 'string' && uuid.test(value) ? randomUUID() : value,
  );
}

/** The same statements for another case: with its ids, and new ids for inserted rows. */
function otherwise(
  statements: readonly Statement[],
  model: { readonly id: string; readonly personId: string },
  other: { readonly id: string; readonly personId: string },
): Statement[] {
  const ids = new Map([
    [model.id, other.id],
    [model.personId, other.personId],
  ]);
  const idOf = (id: string): string => {
    const known = ids.get(id) ?? randomUUID();
    ids.set(id, known);
    return known;
  };
  const uuids = /[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g;
  const changed = (value: unknown): unknown => {
    if (typeof value === 'string') return value.replace(uuids, idOf);
    return Array.isArray(value) ? value.map(changed) : value;
  };
  return statements.map(({ text, values: given }) => ({ text, values: given.map(changed) }));
}

/** Calls per second, with this many at once. */
async function timed(
  count: number,
  connections: number,
  act: (index: number) => Promise<void>,
): Promise<number> {
  let next = 0;
  const began = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      for (let index = next++; index < count; index = next++) await act(index);
    }),
  );
  return count / ((performance.now() - began) / 1_000);
}

function findPgbench(): string | null {
  const { status } = spawnSync('pgbench', ['--version']);
  return status === 0 ? 'pgbench' : null;
}

/** Transactions per second of pgbench, which runs the statements of every case with literal values. */
function runPgbench(
  program: string,
  folder: string,
  url: string,
  scripts: readonly { readonly id: string; readonly statements: readonly Statement[] }[],
): number {
  const files = scripts.map(({ id, statements }) => {
    const file = join(folder, `${id}.sql`);
    writeFileSync(
      file,
      statements.map(({ text, values: given }) => `${writtenOut(text, given)};\n`).join(''),
    );
    return ['--file', file];
  });
  const each = Math.ceil(reads / readers);
  const { stdout, stderr } = spawnSync(
    program,
    ['--no-vacuum', `--client=${readers}`, `--transactions=${each}`, ...files.flat(), url],
    { encoding: 'utf8' },
  );
  const tps = /tps = ([\d.]+)/.exec(stdout)?.[1];
  if (tps === undefined) throw new Error(`pgbench said: ${stderr}`);
  return Number(tps);
}

function writtenOut(text: string, given: readonly unknown[]): string {
  const literal = (value: unknown): string => {
    if (value === null || value === undefined) return 'null';
    if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
    // Without a type, as a parameter is.
    if (Array.isArray(value))
      return pg.escapeLiteral(`{${value.map((one) => JSON.stringify(String(one))).join(',')}}`);
    if (text.includes(trace) && typeof value === 'string' && uuid.test(value)) return 'gen_random_uuid()';
    return typeof value === 'number' || typeof value === 'boolean'
      ? String(value)
      : pg.escapeLiteral(String(value));
  };
  return text.replaceAll('\n', ' ').replace(/\$(\d+)/g, (_, place) => literal(given[Number(place) - 1]));
}

function report(rates: ReadonlyMap<string, number[]>, slowest: readonly number[], hasPgbench: boolean): void {
  const rate = (name: string) => median(rates.get(name) ?? []);
  for (const [name, of] of rates) {
    const spread = `${Math.round(Math.min(...of))}–${Math.round(Math.max(...of))}`;
    console.log(`${name.padEnd(40)} ${String(Math.round(median(of))).padStart(7)} /s   (${spread})`);
  }
  const ratio = (what: string, a: string, b: string) =>
    console.log(`${what.padEnd(48)} ${(rate(a) / rate(b)).toFixed(2)}`);
  console.log('');
  if (hasPgbench) ratio('getApplication / pgbench (aim ≥ 0.12)', 'getApplication', 'pgbench, same SQL');
  else console.log('pgbench is not installed here; the same SQL over pg stands in its place');
  ratio('getApplication / pg', 'getApplication', 'pg, same SQL');
  ratio('getApplication / Express + pg (aim ≥ 1.0)', 'getApplication', 'Express + pg, same SQL');
  ratio('getApplication / without row security', 'getApplication', 'getApplication without row security');
  ratio(
    'getApplication / without the token cache',
    'getApplication',
    'getApplication without the token cache',
  );
  ratio('submitApplication / pg (aim ≥ 0.80)', 'submitApplication', 'pg, same SQL as submitApplication');
  ratio('submitApplication replayed / first (aim ≥ 2.0)', 'submitApplication, replayed', 'submitApplication');
  console.log(
    `${`submitApplication p99 with ${submitters} clients`.padEnd(48)} ${median(slowest).toFixed(1)} ms`,
  );
}
