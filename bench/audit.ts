// Verifies the whole audit chain like `npm run verify-audit`: the database renders every entry's text, and
// each is hashed after the one before. Also measures the parts: reading the texts over one connection, and
// hashing alone.
// Usage: node bench/audit.ts [--quick] [--entries=1000000]

import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { prepareDatabase } from '../src/commands/prepare-database.ts';
import { type Algorithm, algorithms, genesis, sealOf } from '../src/oversight/audit/chain.ts';
import { followChain } from '../src/oversight/audit/operations.ts';
import { listSealed } from '../src/oversight/audit/store.ts';
import { openDatabase } from '../src/platform/database/connect.ts';
import { scopeOfAudit } from '../src/platform/database/row-scope.ts';
import { readTogether, transact } from '../src/platform/database/transaction.ts';
import { sealAll } from '../src/runtime/jobs/sealing.ts';
import { median, withPostgres } from './service.ts';

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, entries: { type: 'string' } },
});
const entries = Number(values.entries ?? (values.quick ? 20_000 : 1_000_000));
const rounds = values.quick ? 1 : 5;
/** How often the sample is hashed. */
const turns = 10;

await withPostgres(async ({ ownerUrl }) => {
  await prepareDatabase(ownerUrl);
  const db = openDatabase({
    url: ownerUrl,
    poolSize: 2,
    random: Math.random,
    onIdleError: () => {},
    statementTimeoutMs: 600_000,
  });
  // As written when a case is accepted; `change` as in most entries.
  await sql`insert into audit_entry (at, operation, actor, client_id, role, agency_code, target_kind, target_id, person_id,
      change, request_id, source_address)
    select timestamptz '2025-07-05' + n * interval '37 ms', 'acceptApplication',
      'https://id.example.org|handler-' || n % 40, 'https://id.example.org|portal', 'handler', '360203', 'application',
      gen_random_uuid()::text, gen_random_uuid(), '{"from": "submitted", "to": "accepted", "version": 2}',
      gen_random_uuid()::text, '10.0.0.' || n % 250
    from generate_series(1, ${entries}) n`.execute(db.kysely);
  const sealBegan = performance.now();
  await sealAll(db, 'sha256');
  const sealSeconds = (performance.now() - sealBegan) / 1_000;
  await sql`analyze`.execute(db.kysely);

  const followed: number[] = [];
  const read: number[] = [];
  const batch = 5_000;
  const sample = await transact(db, scopeOfAudit, (tx) => listSealed(tx, 0, batch));
  const hashed: Record<Algorithm, number[]> = { sha256: [], sm3: [] };
  for (let round = 0; round < rounds; round += 1) {
    followed.push(
      await secondsOf(async () => {
        const { firstBad, entries: count } = await readTogether(db, scopeOfAudit, (readers) =>
          followChain(readers, null, null, () => {}),
        );
        if (firstBad !== null || count !== entries)
          throw new Error(`${count} entries, ${JSON.stringify(firstBad)}`);
      }),
    );
    read.push(
      await secondsOf(async () => {
        await transact(db, scopeOfAudit, async (tx) => {
          for (let after = 0; after < entries; after += batch) await listSealed(tx, after, after + batch);
        });
      }),
    );
    for (const algorithm of algorithms) {
      hashed[algorithm].push(
        await secondsOf(async () => {
          let head = genesis;
          for (let turn = 0; turn < turns; turn += 1) {
            for (const { sequence, text } of sample) head = sealOf(head, algorithm, sequence, text ?? '');
          }
        }),
      );
    }
  }
  const rate = (seconds: number, of = entries) => `${Math.round(of / seconds).toLocaleString('en')}/s`;
  const spread = (all: readonly number[], of = entries) =>
    `${rate(median(all), of)} | ${rate(Math.max(...all), of)} to ${rate(Math.min(...all), of)}`;
  console.log(`${entries.toLocaleString('en')} entries, ${rounds} rounds, two connections.\n`);
  console.log('| work | median | spread |\n| --- | --- | --- |');
  console.log(`| followed and verified (aim 200,000/s) | ${spread(followed)} |`);
  console.log(`| texts read by one connection, not hashed | ${spread(read)} |`);
  for (const algorithm of algorithms) {
    console.log(`| hashing alone, ${algorithm} | ${spread(hashed[algorithm], turns * sample.length)} |`);
  }
  console.log(`| sealed, durable | ${rate(sealSeconds)} | one round |`);
  await db.close();
});

async function secondsOf(act: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await act();
  return (performance.now() - began) / 1_000;
}
