// A quarter's run over a city. Measures two tasks of the service:
//
// - `npm run rehearse`, in its own process: reads every stored case, assesses each under its decision's
// policy and under changed values, and writes each different result, with every reason, as a line of a file.
// The values are chosen so that most cases differ.
// - storing the cases: assesses each person over a snapshot and stores snapshot, assessment with every check
// and record, both digests and the decision, by the same functions and tables as compareApplication and
// decideApplication, with durable commits and the encrypted identity number from which a rehearsal reads the
// day of birth. In turns with PostgreSQL's COPY of the same rows into tables with the same keys. Excluded:
// requests, locks, audit and events, which concern one case each.
//
// Prints Markdown tables. Memory is that of the measured process. Usage: node bench/quarter.ts [--quick]
// [--people=…]

import { spawn } from 'node:child_process';
import { openSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import type pg from 'pg';
import { prepareDatabase } from '../src/commands/prepare-database.ts';
import { judgedOver } from '../src/decisions/comparison/snapshot.ts';
import { connectClient, openDatabase } from '../src/platform/database/connect.ts';
import { arrayOf } from '../src/platform/database/rows.ts';
import { openServiceLogin } from '../src/platform/database/service-account.ts';
import { makeMasterKey, readMasterKeys } from '../src/platform/encryption/data-keys.ts';
import type { Encryption } from '../src/platform/encryption/encryption.ts';
import { openEncryption } from '../src/platform/encryption/open-encryption.ts';
import { changed, policyOn } from '../test/published-policies.ts';
import { memoryOf, openCopies, type Stored, spreadOf } from './copied.ts';
import { cpuMsOf, serverCpuMs, settled } from './processes.ts';
import { peopleOf } from './rules-people.ts';
import { withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, people: { type: 'string' } },
});
const people = Number(values.people ?? (values.quick ? 10_000 : 1_000_000));
const rounds = 5;
const peopleInRound = Math.ceil(people / rounds);
const peoplePerTransaction = 250;
const decidedOn = '2026-07-10';
const agencies = ['360203', '360202', '360281'] as const;
const changedValues = changed({ monthlyAmountFen: 60_000, ordinaryCapMonths: 48 });

// Fewer people than assessments, reused: creating them is not measured, and a million would not fit into
// memory.
const pool = peopleOf(5, Math.min(people, 1_000));
const policy = policyOn(decidedOn, { statutoryAge: 'national' });

/** Assesses and stores a round of people: one batch is stored while the next is assessed, never more. */
async function judgeRound(
  client: pg.Client,
  encryption: Encryption,
  first: number,
  postmaster: number,
): Promise<Stored> {
  const [began, nodeBefore, serverBefore] = [
    performance.now(),
    cpuMsOf(process.pid),
    serverCpuMs(postmaster),
  ];
  let pending: Promise<unknown> = Promise.resolve();
  const last = Math.min(first + peopleInRound, people);
  for (let start = first; start < last; start += peoplePerTransaction) {
    const columns = judged(start, Math.min(start + peoplePerTransaction, last), encryption);
    await pending;
    pending = client.query(insertBatch, [...columns, policy.version, `${decidedOn}T02:00:00Z`]);
  }
  await pending;
  return {
    seconds: (performance.now() - began) / 1_000,
    nodeMs: cpuMsOf(process.pid) - nodeBefore,
    serverMs: serverCpuMs(postmaster) - serverBefore,
  };
}

const insertBatch = `
  with judged as (
    select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::text[], $8::text[], $9::bytea[])
      as j (id, snapshot, snapshot_digest, assessment, assessment_digest, months, amount, agency_code, identity_encrypted)
  ), people as (
    insert into person (person_id, identity_encrypted, identity_masked, sex, born_month, residence_permit, created_at)
    select id, identity_encrypted, '3****************X', 'M', '1972-05', false, $11 from judged
  ), compared as (
    insert into comparison (person_id, comparison_id, application_id, compared_at, compared_by, policy_version, snapshot,
      snapshot_digest, assessment, assessment_digest)
    select id, id, id, $11, 'bench', $10, snapshot, snapshot_digest, assessment, assessment_digest from judged
  )
  insert into decision (person_id, decision_id, application_id, comparison_id, outcome, approved_months, amount_fen,
    officer, agency_code, role, decided_at)
  select id, id, id, id, case when amount <> '0' then 'approved' else 'refused' end, months::text[], amount::int,
    'bench', agency_code, 'reviewer', $11
  from judged`;

function judged(start: number, end: number, encryption: Encryption): Buffer[] {
  const ids: string[] = [];
  const snapshots: string[] = [];
  const snapshotDigests: Buffer[] = [];
  const assessments: string[] = [];
  const assessmentDigests: Buffer[] = [];
  const months: string[] = [];
  const amounts: string[] = [];
  const handledBy: string[] = [];
  const identities: Buffer[] = [];
  for (let person = start; person < end; person += 1) {
    const claim = pool[person % pool.length];
    if (claim === undefined) throw new Error('the pool is not empty');
    const learntAt = '2026-07-01T00:00:00.000000Z';
    const records = claim.facts.map(({ id }) => ({
      id,
      source: 'jx-human-resources',
      sourceKey: id,
      version: 1,
      learntAt,
    }));
    const { assessment, ...kept } = judgedOver(claim, policy, records);
    const payable = assessment.months.filter(({ outcome }) => outcome === 'payable');
    const id = idOf(person);
    ids.push(id);
    const number = `360299${claim.person.born.replaceAll('-', '')}001X`;
    identities.push(encryption.encrypt(number, { table: 'person', column: 'identity_encrypted', row: id }));
    snapshots.push(kept.snapshot);
    snapshotDigests.push(kept.snapshotDigest);
    assessments.push(kept.assessed);
    assessmentDigests.push(kept.assessedDigest);
    months.push(`{${payable.map(({ month }) => month).join()}}`);
    amounts.push(String(assessment.amountFen));
    handledBy.push(agencies[person % agencies.length] ?? agencies[0]);
  }
  return [
    arrayOf('uuid', ids),
    arrayOf('text', snapshots),
    arrayOf('bytea', snapshotDigests),
    arrayOf('text', assessments),
    arrayOf('bytea', assessmentDigests),
    arrayOf('text', months),
    arrayOf('text', amounts),
    arrayOf('text', handledBy),
    arrayOf('bytea', identities),
  ];
}

function idOf(person: number): string {
  return `01930000-0000-7000-8000-${person.toString(16).padStart(12, '0')}`;
}

interface Rehearsed {
  readonly seconds: number;
  readonly nodeMs: number;
  readonly memory: readonly number[];
  readonly lines: string;
}

/** Runs the program like an operator, with its lines in a file. */
async function rehearseAll(folder: string, url: string, keyFile: string): Promise<Rehearsed> {
  const [policyFile, linesFile] = [join(folder, 'changed.json'), join(folder, 'changed.ndjson')];
  writeFileSync(policyFile, JSON.stringify({ from: '2027-01-01', values: changedValues }));
  const program = join(import.meta.dirname, '../src/commands/rehearse.ts');
  const args = [program, '--policy', policyFile, '--from', decidedOn, '--to', decidedOn];
  const began = performance.now();
  const running = spawn(process.execPath, args, {
    env: { ...process.env, DATABASE_URL: url, SUBSIDY_MASTER_KEY_FILE: keyFile },
    stdio: ['ignore', openSync(linesFile, 'w'), 'pipe'],
  });
  if (running.pid === undefined || running.stderr === null) throw new Error('the program did not start');
  const memory: number[] = [];
  let nodeMs = 0;
  const ended = new Promise((resolve) => running.once('close', resolve));
  const said: string[] = [];
  for await (const line of createInterface({ input: running.stderr })) {
    said.push(line);
    nodeMs = Math.max(nodeMs, cpuMsOf(running.pid));
    const tenths = memory.length + 1;
    if (Number(/(\d+)\//.exec(line)?.[1]) >= (tenths * people) / 10) memory.push(memoryOf(running.pid).most);
  }
  const code = await ended;
  if (code !== 0) throw new Error(`the rehearsal ended with ${code}: ${said.at(-1)}`);
  const seconds = (performance.now() - began) / 1_000;
  const lines = `${Math.round(statSync(linesFile).size / 2 ** 20)} MiB of reasons`;
  return { seconds, nodeMs, memory, lines };
}

/** Creates the keys, as a first start does. */
async function encryptionOf(url: string, keyFile: string): Promise<Encryption> {
  const onError = (error: unknown) => console.error(error);
  const db = openDatabase({ url, poolSize: 1, random: Math.random, onIdleError: onError });
  const encryption = await openEncryption({
    db,
    readMasterKeys: () => readMasterKeys(readFileSync(keyFile, 'utf8')),
    suite: 'aes-256-gcm',
    clock: Temporal.Now.instant,
    onClose: (stop) => stop(),
    onError,
  });
  await db.close();
  return encryption;
}

await withPostgres(async ({ dataDir, ownerUrl, postmaster }) => {
  await prepareDatabase(ownerUrl);
  const client = await connectClient(ownerUrl, 'bench');
  const keyFile = join(dataDir, 'master-key');
  writeFileSync(keyFile, makeMasterKey());
  const encryption = await encryptionOf(ownerUrl, keyFile);
  // Without the cases: nothing here reads them, and a foreign key would need each.
  await client.query('set session_replication_role = replica');
  const copies = await openCopies(client, postmaster, ['person', 'comparison', 'decision']);
  const kept: Stored[] = [];
  const copied: Stored[] = [];
  const memory: number[] = [];
  for (let first = 0; first < people; first += peopleInRound) {
    kept.push(await judgeRound(client, encryption, first, postmaster));
    memory.push(memoryOf(process.pid).most);
    await settled(postmaster);
    const [from, before] = [idOf(first), idOf(first + peopleInRound)];
    copied.push(await copies.copy(`person_id >= '${from}' and person_id < '${before}'`));
  }
  copies.close();
  const { rows } = await client.query(
    `select pg_total_relation_size('comparison') as bytes from comparison limit 1`,
  );
  await client.query('vacuum analyze comparison, decision');
  await client.end();
  const rehearsed = await rehearseAll(dataDir, await openServiceLogin(ownerUrl, 'subsidy_bench'), keyFile);

  const inTables = `${Math.round(Number(rows[0].bytes) / 2 ** 20)} MiB of comparisons`;
  const said = `${people.toLocaleString('en')} people, three months each`;
  console.log(`${said}; ${rounds} rounds in turns: median (least to most).\n`);
  console.log('| work | people/s | Node, µs of CPU each | PostgreSQL, µs of CPU each | written |');
  console.log('| --- | ---: | ---: | ---: | --- |');
  const row = (work: string, all: readonly Stored[], written: string) => {
    const each = (of: (one: Stored) => number, digits: number) => spreadOf(all.map(of), digits);
    const rate = each(({ seconds }) => peopleInRound / seconds, 0);
    const node = each(({ nodeMs }) => (nodeMs * 1_000) / peopleInRound, 1);
    const server = each(({ serverMs }) => (serverMs * 1_000) / peopleInRound, 1);
    console.log(`| ${work} | ${rate} | ${node} | ${server} | ${written} |`);
  };
  row('judged, and kept with every reason', kept, inTables);
  row('COPY of the same rows, same keys', copied, inTables);
  const rate = Math.round(people / rehearsed.seconds);
  const node = ((rehearsed.nodeMs * 1_000) / people).toFixed(1);
  console.log(`| \`npm run rehearse\`, reasons kept | ${rate} | ${node} | | ${rehearsed.lines} |`);
  const ratios = kept.map(({ seconds }, round) => (copied[round]?.seconds ?? 0) / seconds);
  console.log(`\nkept / COPY (aim ≥ 0.4): ${spreadOf(ratios, 2)}\n`);
  console.log(
    `Memory in MiB, the most (aim ≤ 300): ${memory.join(', ')} by the end of each round; ` +
      `of the rehearsal ${rehearsed.memory.join(', ')} at each tenth.`,
  );
});
