// The peer of what stores many rows: PostgreSQL's COPY of the same rows, which the server reads from its own disk, into
// tables with the same columns, keys, checks and indexes, but without triggers and row security.

import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type pg from 'pg';
import { serverCpuMs } from './processes.ts';

/** How long rows took, and the processor time in milliseconds. */
export interface Stored {
  readonly seconds: number;
  readonly nodeMs: number;
  readonly serverMs: number;
}

/** Creates the copies of tables, with those of their foreign keys that are among them. */
export async function openCopies(client: pg.Client, postmaster: number, tables: readonly string[]) {
  for (const table of tables)
    await client.query(`create table copied_${table} (like ${table} including all)`);
  const { rows: keys } = await client.query<{ table: string; key: string }>(
    `select conrelid::regclass::text as table, pg_get_constraintdef(oid) as key from pg_constraint
     where contype = 'f' and conrelid = any($1::regclass[]) and confrelid = any($1::regclass[])`,
    [tables],
  );
  for (const { table, key } of keys)
    await client.query(
      `alter table copied_${table} add ${key.replace(/REFERENCES (\w+)/, 'references copied_$1')}`,
    );
  // A directory where PostgreSQL's own account may write.
  const folder = mkdtempSync(join(tmpdir(), 'subsidy-copy-'));
  chmodSync(folder, 0o777);

  return {
    /** @param where the rows of each table, as a condition */
    async copy(where: string): Promise<Stored> {
      for (const table of tables)
        await client.query(`copy (select * from ${table} where ${where}) to '${join(folder, table)}'`);
      await client.query('checkpoint');
      const [began, cpuBefore] = [performance.now(), serverCpuMs(postmaster)];
      for (const table of tables) await client.query(`copy copied_${table} from '${join(folder, table)}'`);
      const seconds = (performance.now() - began) / 1_000;
      return { seconds, nodeMs: 0, serverMs: serverCpuMs(postmaster) - cpuBefore };
    },
    close: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Resident memory of a process in MiB: the most so far, and now. */
export function memoryOf(pid: number): { readonly now: number; readonly most: number } {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const mebibytes = (field: string) =>
    Math.round(Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(status)?.[1]) / 1_024);
  return { now: mebibytes('VmRSS'), most: mebibytes('VmHWM') };
}

/** The median and the spread of numbers, as words. */
export function spreadOf(numbers: readonly number[], digits: number): string {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
  const [least = middle, most = middle] = [sorted[0], sorted.at(-1)];
  return `${middle.toFixed(digits)} (${least.toFixed(digits)} to ${most.toFixed(digits)})`;
}
