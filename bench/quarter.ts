// A quarter's run over a city. Measures two tasks of the service:
//
// - `npm run rehearse`, in its own process: reads every stored case, assesses each under its decision's
// policy and under changed values, and writes each different result, with every reason, as a line of a file.
// The values are chosen so that most cases differ.
// - storing the cases: assesses each person over a snapshot and stores snapshot, assessment with every check
// and record, both digests and the decision, by the same functions and tables as compareApplication and
// decideApplication, with durable commits and the encrypted identity number from which a rehearsal reads the
// day of birth. Excluded: requests, locks, audit and events, which concern one case each.
//
// Prints a Markdown table. Memory is that of the measured process. Usage: node bench/quarter.ts [--quick]
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
import { openServiceLogin } from '../src/platform/database/service-account.ts';
import { makeMasterKey, readMasterKeys } from '../src/platform/encryption/data-keys.ts';
import type { Encryption } from '../src/platform/encryption/encryption.ts';
import { openEncryption } from '../src/platform/encryption/open-encryption.ts';
import { changed, policyOn } from '../test/published-policies.ts';
import { peopleOf } from './rules-people.ts';
import { withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, people: { type: 'string' } },
});
const people = Number(values.people ?? (values.quick ? 5_000 : 1_000_000));
const peoplePerTransaction = 250;
const decidedOn = '2026-07-10';
const agencies = ['360203', '360202', '360281'] as const;
const changedValues = changed({ monthlyAmountFen: 60_000, ordinaryCapMonths: 48 });

// Fewer people than assessments, reused: creating them is not measured, and a million would not fit into
// memory.
const pool = peopleOf(5, Math.min(people, 1_000));
const policy = policyOn(decidedOn, { statutoryAge: 'national' });

interface Measured {
  readonly work: string;
  readonly seconds: number;
  readonly memory: Memory;
}

/** Resident memory of a process in MiB, sampled at each tenth. */
class Memory {
  readonly #atTenths: number[] = [];
  readonly #pid: number;

  constructor(pid: number) {
    this.#pid = pid;
  }

  see(done: number): void {
    if (done < ((this.#atTenths.length + 1) * people) / 10) return;
    const kibibytes = /^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${this.#pid}/status`, 'utf8'))?.[1];
    this.#atTenths.push(Math.round(Number(kibibytes) / 1_024));
  }

  get words(): string {
    const seen = this.#atTenths;
    return `${seen[0]} at a tenth, ${seen.at(-1)} at the end, ${Math.max(...seen)} at most`;
  }
}

/** Assesses and stores everybody: one batch is stored while the next is assessed, never more. */
async function judgeAll(client: pg.Client, encryption: Encryption): Promise<Measured> {
  const memory = new Memory(process.pid);
  const began = performance.now();
  let pending: Promise<unknown> = Promise.resolve();
  for (let start = 0; start < people; start += peoplePerTransaction) {
    const end = Math.min(start + peoplePerTransaction, people);
    const columns = judged(start, end, encryption);
    await pending;
    pending = client.query(insertBatch, [...columns, policy.version, `${decidedOn}T02:00:00Z`]);
    memory.see(end);
  }
  await pending;
  const seconds = (performance.now() - began) / 1_000;
  return { work: 'judged, and kept with every reason', seconds, memory };
}

const insertBatch = `
  with judged as (
    select * from unnest($1::uuid[], $2::text[], $3::bytea[], $4::text[], $5::bytea[], $6::text[], $7::int[], $8::text[], $9::bytea[])
      as j (id, snapshot, snapshot_digest, assessment, assessment_digest, months, amount_fen, agency_code, identity_encrypted)
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
  select id, id, id, id, case when amount_fen > 0 then 'approved' else 'refused' end, months::text[], amount_fen,
    'bench', agency_code, 'reviewer', $11
  from judged`;

function judged(start: number, end: number, encryption: Encryption) {
  const ids: string[] = [];
  const snapshots: string[] = [];
  const snapshotDigests: string[] = [];
  const assessments: string[] = [];
  const assessmentDigests: string[] = [];
  const months: string[] = [];
  const amounts: number[] = [];
  const handledBy: string[] = [];
  const identities: string[] = [];
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
    const id = `01930000-0000-7000-8000-${person.toString(16).padStart(12, '0')}`;
    ids.push(id);
    const number = `360299${claim.person.born.replaceAll('-', '')}001X`;
    const encrypted = encryption.encrypt(number, { table: 'person', column: 'identity_encrypted', row: id });
    identities.push(`\\x${encrypted.toString('hex')}`);
    snapshots.push(kept.snapshot);
    snapshotDigests.push(`\\x${kept.snapshotDigest.toString('hex')}`);
    assessments.push(kept.assessed);
    assessmentDigests.push(`\\x${kept.assessedDigest.toString('hex')}`);
    months.push(`{${payable.map(({ month }) => month).join()}}`);
    amounts.push(assessment.amountFen);
    handledBy.push(agencies[person % agencies.length] ?? agencies[0]);
  }
  const written = [snapshots, snapshotDigests, assessments, assessmentDigests];
  return [ids, ...written, months, amounts, handledBy, identities];
}

/** Runs the program like an operator, with its lines in a file. */
async function rehearseAll(
  folder: string,
  url: string,
  keyFile: string,
): Promise<Measured & { readonly lines: string }> {
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
  const memory = new Memory(running.pid);
  const ended = new Promise((resolve) => running.once('close', resolve));
  for await (const line of createInterface({ input: running.stderr })) memory.see(Number.parseInt(line, 10));
  const code = await ended;
  if (code !== 0) throw new Error(`the rehearsal ended with ${code}`);
  const seconds = (performance.now() - began) / 1_000;
  const lines = `${Math.round(statSync(linesFile).size / 2 ** 20)} MiB of reasons`;
  return { work: '`npm run rehearse`, reasons kept', seconds, memory, lines };
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

await withPostgres(async ({ dataDir, ownerUrl }) => {
  await prepareDatabase(ownerUrl);
  const client = await connectClient(ownerUrl, 'bench');
  const keyFile = join(dataDir, 'master-key');
  writeFileSync(keyFile, makeMasterKey());
  const encryption = await encryptionOf(ownerUrl, keyFile);
  // Without the cases: nothing here reads them, and a foreign key would need each.
  await client.query('set session_replication_role = replica');
  const kept = await judgeAll(client, encryption);
  const { rows } = await client.query(
    `select pg_total_relation_size('comparison') as bytes from comparison limit 1`,
  );
  await client.query('vacuum analyze comparison, decision');
  await client.end();
  const rehearsed = await rehearseAll(dataDir, await openServiceLogin(ownerUrl, 'subsidy_bench'), keyFile);
  const inTables = `${Math.round(Number(rows[0].bytes) / 2 ** 20)} MiB of comparisons`;
  console.log(
    `| ${people.toLocaleString('en')} people, three months each | seconds | people/s | MiB of memory | written |`,
  );
  console.log('| --- | ---: | ---: | --- | --- |');
  for (const [{ work, seconds, memory }, written] of [
    [rehearsed, rehearsed.lines],
    [kept, inTables],
  ] as const) {
    const rate = Math.round(people / seconds).toLocaleString('en');
    console.log(`| ${work} | ${seconds.toFixed(1)} | ${rate} | ${memory.words} | ${written} |`);
  }
});
