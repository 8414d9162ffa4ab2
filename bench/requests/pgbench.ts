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

/** Writes the scripts into `folder`; the function returned runs them and tells the transactions per second. */
export function openPgbench(
  folder: string,
  settings: Omit<PeerSettings, 'port'>,
  asked: readonly Asked[],
): (options: { clients: number; transactions: number }) => number {
  const files = [true, false].flatMap((isPlatform) => {
    const some = asked.filter(({ reader }) => settings.readers[reader]?.isPlatform === isPlatform);
    const file = join(folder, isPlatform ? 'platforms.sql' : 'officers.sql');
    writeFileSync(file, scriptOf(settings, isPlatform, some));
    return ['--file', `${file}@${some.length}`];
  });
  return ({ clients, transactions }) => {
    const each = Math.ceil(transactions / clients);
    const { stdout, stderr } = spawnSync(
      'pgbench',
      [
        '--no-vacuum',
        '--protocol=prepared',
        `--client=${clients}`,
        `--transactions=${each}`,
        ...files,
        settings.databaseUrl,
      ],
      { encoding: 'utf8', env: { PATH: process.env['PATH'], PGOPTIONS: sessionOptions } },
    );
    const rate = /tps = ([\d.]+)/.exec(stdout)?.[1];
    if (rate === undefined) throw new Error(`pgbench said: ${stderr}`);
    return Number(rate);
  };
}

function scriptOf(
  { readers, today, lateQuarters }: Omit<PeerSettings, 'port'>,
  isPlatform: boolean,
  asked: readonly Asked[],
): string {
  // One of each question's values, by the number that pgbench draws.
  const drawn = (type: string, textOf: (one: Asked) => string) =>
    `(array[${asked.map((one) => escapeLiteral(textOf(one))).join(',')}]::${type}[])[:drawn]`;
  const scope = scopeStatement.replace(/\$(\d)/g, (_, place) =>
    drawn('text', ({ reader }) => readers[reader]?.rows[Number(place) - 1] ?? ''),
  );
  const values = [drawn('uuid', ({ id }) => id), `${escapeLiteral(today)}::date`, String(lateQuarters)];
  const statement = withoutColons(caseStatement(isPlatform)).replace(
    /\$(\d)/g,
    (_, place) => values[Number(place) - 1] ?? '',
  );
  return `\\set drawn random(1, ${asked.length})\n\\startpipeline\n${scope};\n${statement};\n\\endpipeline\n`;
}

/** pgbench takes `:word` for a variable of its own, within quotes too. */
function withoutColons(sql: string): string {
  return sql.replace(/'(?:[^']|'')*'/g, (text) =>
    /:\w/.test(text) ? `E${text.replaceAll('\\', '\\\\').replaceAll(':', '\\x3a')}` : text,
  );
}
