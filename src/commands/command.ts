// Runs a command: arguments and --help, configuration, opening and closing the database, one-line errors,
// exit code. The commands contain no logic of their own. What they print is Chinese, then English; indented
// lines are data or details of the line above.

import { parseArgs } from 'node:util';
import { type Config, ConfigError, readCommandConfig } from '../platform/config/config.ts';
import { type Db, openDatabase } from '../platform/database/connect.ts';
import { checkSchema } from '../platform/database/migrate.ts';
import type { MasterKeys } from '../platform/encryption/data-keys.ts';
import type { Suite } from '../platform/encryption/encrypted-value.ts';
import { joinEmbedded } from '../sandbox/embedded.ts';
import { describeFailure } from './failure.ts';

interface Option {
  readonly type: 'string' | 'boolean';
  /** Name of the option's value in the help, such as DAY. */
  readonly value?: string;
  /** Chinese, then English. */
  readonly help: string;
}

type Values<Options extends Readonly<Record<string, Option>>> = {
  readonly [Name in keyof Options]?: Options[Name]['type'] extends 'boolean' ? boolean : string;
};

interface Command<Options extends Readonly<Record<string, Option>>> {
  /** Name of the script in package.json. */
  readonly name: string;
  /** One line or more, each Chinese, then English. */
  readonly does: string;
  /** When the command exits with 1 although it ran correctly. */
  readonly failsWhen?: { readonly zh: string; readonly en: string };
  readonly options: Options;
  /** Returns false for exit code 1. @throws ConfigError for invalid arguments: exit code 2 */
  run(values: Values<Options>): Promise<boolean>;
}

/** Runs a command with this process's arguments and sets the exit code. */
export async function runCommand<const Options extends Readonly<Record<string, Option>>>(
  command: Command<Options>,
): Promise<void> {
  try {
    const values = readArguments(command.options);
    if (values['help'] === true) console.log(helpOf(command));
    // The cast: parsed by these options.
    else if (!(await command.run(values as Values<Options>))) process.exitCode = 1;
  } catch (error) {
    console.error(describeFailure(error));
    process.exitCode = error instanceof ConfigError ? 2 : 1;
  }
}

function readArguments(options: Readonly<Record<string, Option>>): Record<string, unknown> {
  try {
    return parseArgs({ options: { ...options, help: { type: 'boolean' } } }).values;
  } catch (error) {
    throw new ConfigError([
      `参数有误，请用 --help 查看可用的选项 · wrong arguments, --help tells what there is: ${error instanceof Error ? error.message : error}`,
    ]);
  }
}

function helpOf({ name, does, failsWhen, options }: Command<Readonly<Record<string, Option>>>): string {
  const lines = Object.entries({
    ...options,
    help: { value: undefined, help: '显示本说明 · prints this' },
  }).map(
    ([option, { value, help }]) => [`--${option}${value === undefined ? '' : ` ${value}`}`, help] as const,
  );
  const width = Math.max(...lines.map(([option]) => option.length));
  return [
    `用法 · usage: npm run ${name} -- ${lines.map(([option]) => `[${option}]`).join(' ')}`,
    does,
    lines.map(([option, help]) => `  ${option.padEnd(width)}  ${help}`).join('\n'),
    `退出码：成功为 0；失败${failsWhen === undefined ? '' : `，或${failsWhen.zh}，`}为 1；参数或变量有误为 2 · ` +
      `exits with 0, with 1 when it fails${failsWhen === undefined ? '' : ` or ${failsWhen.en}`}, with 2 when it was asked wrongly`,
  ].join('\n\n');
}

/** What a command may use. */
export interface Resources {
  readonly db: Db;
  /** Reads the file again. @throws ConfigError when none is configured */
  readonly readMasterKeys: () => MasterKeys;
  /** Suite for new data keys. */
  readonly suite: Suite;
  readonly auditHash: Config['auditHash'];
  readonly statutoryAge: Config['statutoryAge'];
}

/** Nobody waits for a command as a client does, and one that computes hears late that its connection is free again. */
const connectTimeoutMs = 10_000;

/**
 * Opens the database of DATABASE_URL, or else this checkout's sandbox, whose server it starts when none runs,
 * and always closes it.
 */
export async function withDatabase<T>(
  act: (resources: Resources) => Promise<T>,
  { connections = 1, statementTimeoutMs = 60_000 } = {},
): Promise<T> {
  const { databaseUrl, dataDir, ...resources } = readCommandConfig(process.env);
  const sandbox =
    databaseUrl === undefined
      ? await joinEmbedded({ dataDir, log: (line) => console.error(line), durable: true })
      : undefined;
  try {
    const url = databaseUrl ?? sandbox?.url ?? '';
    if (sandbox !== undefined) await checkSchema(url);
    const db = openDatabase({
      url,
      poolSize: connections,
      random: Math.random,
      onIdleError: () => {},
      statementTimeoutMs,
      connectTimeoutMs,
    });
    try {
      return await act({ db, ...resources });
    } finally {
      await db.close();
    }
  } finally {
    await sandbox?.stop();
  }
}

export function printProgress(done: number, all: number): void {
  console.error(`进度 · progress: ${done}/${all}`);
}
