// PostgreSQL alone: pgbench with the one statement, prepared, in one flight with the reader's scope. Its requests need no HTTP,
// no JSON library and no decryption.

import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { escapeLiteral } from 'pg';
import { caseStatement } from './case-statement.ts';
import { type PeerSettings, scopeStatement, sessionOptions } from './peer.ts';

/** One question: the case, and the place of its reader among the settings'. */
export interface Asked {
  readonly id: string;
  readonly reader: number;
}

export function hasPgbench(): boolean {
  return spawnSync('pgbench', ['--version']).status === 0;
}

/** Writes the script into `folder`; the function returned runs it and tells the transactions per second. */
export function openPgbench(
  folder: string,
  { databaseUrl, readers, today, lateQuarters }: Omit<PeerSettings, 'port'>,
  asked: readonly Asked[],
): (options: { clients: number; transactions: number }) => number {
  const script = join(folder, 'case.sql');
  // One of each question's values, by the number that pgbench draws.
  const drawn = (type: string, textOf: (one: Asked) => string) =>
    `(array[${asked.map((one) => escapeLiteral(textOf(one))).join(',')}]::${type}[])[:drawn]`;
  const scope = scopeStatement.replace(/\$(\d)/g, (_, place) =>
    drawn('text', ({ reader }) => readers[reader]?.rows[Number(place) - 1] ?? ''),
  );
  const values = [
    drawn('uuid', ({ id }) => id),
    drawn('boolean', ({ reader }) => String(readers[reader]?.isPlatform)),
    `${escapeLiteral(today)}::date`,
    String(lateQuarters),
  ];
  const statement = withoutColons(caseStatement).replace(
    /\$(\d)/g,
    (_, place) => values[Number(place) - 1] ?? '',
  );
  writeFileSync(
    script,
    `\\set drawn random(1, ${asked.length})\n\\startpipeline\n${scope};\n${statement};\n\\endpipeline\n`,
  );
  return ({ clients, transactions }) => {
    const each = Math.ceil(transactions / clients);
    const { stdout, stderr } = spawnSync(
      'pgbench',
      [
        '--no-vacuum',
        '--protocol=prepared',
        `--client=${clients}`,
        `--transactions=${each}`,
        '--file',
        script,
        databaseUrl,
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], PGOPTIONS: sessionOptions } },
    );
    const rate = /tps = ([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined) throw new Error(`pgbench said: ${stderr}`);
    return Number(rate);
  };
}

/** pgbench takes `:word` for a variable of its own, within quotes too. */
function withoutColons(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'/g, (text) =>
    /:\w/.test(text) ? `E${text.replaceAll('\\', '\\\\').replaceAll(':', '\\x3a')}` : text,
  );
}
