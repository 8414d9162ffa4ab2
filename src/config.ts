// The environment → one frozen, validated Config. The only reader of environment variables in the service.
// What a variable means to its feature is the feature's business; nothing here opens a database or a socket.
import type { KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeMasterKey, readMasterKey } from './secrets/data-keys.ts';
import { readOrCreateKeyFile } from './secrets/key-file.ts';

export interface Config {
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly logLevel: (typeof logLevels)[number];
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly poolSize: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly statutoryAge: 'national' | 'document';
  readonly swaggerUi: boolean;
  /** Whose tokens are taken; undefined in the sandbox, which has an issuer of its own. */
  readonly tokens: TokenIssuer | undefined;
  readonly sandbox: boolean;
  /** 32 bytes; seals what is stored about people. */
  readonly masterKey: KeyObject;
  /** Started by `npm start`, whose end is then ours too. */
  readonly ownedByNpm: boolean;
}

export interface TokenIssuer {
  readonly issuer: string;
  readonly audience: string;
  readonly jwksUrl: URL;
}

/** Everything that is wrong with the environment, one line each. Exit code 2. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly faults: readonly string[];
  constructor(faults: readonly string[]) {
    super(faults.join('\n'));
    this.faults = faults;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

interface Variable<T> {
  /** As it stands in the table of the README. */
  readonly default: { readonly en: string; readonly zh: string };
  readonly zh: string;
  readonly en: string;
  /** Throws an Error whose message says what the value must be, never the value: some are secret. */
  readonly parse: (text: string) => T;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
const checkout = join(import.meta.dirname, '..');

const none = { en: '', zh: '' };
const value = (text: string) => ({ en: `\`${text}\``, zh: `\`${text}\`` });

/** Every variable the service reads, in the order of the README's table. */
export const variables = {
  HOST: {
    default: value('127.0.0.1'),
    zh: '监听地址',
    en: 'Address to listen on',
    parse: asText,
  },
  PORT: {
    default: value('3000'),
    zh: '监听端口；`0` 表示任选空闲端口',
    en: 'Port to listen on; `0` takes a free one',
    parse: wholeNumber(0, 65_535),
  },
  NODE_ENV: {
    default: value('development'),
    zh: '`development`、`test` 或 `production`；`production` 拒绝沙箱和内嵌数据库',
    en: '`development`, `test` or `production`; the last refuses the sandbox and the embedded database',
    parse: oneOf('development', 'test', 'production'),
  },
  LOG_LEVEL: {
    default: value('info'),
    zh: `日志级别：${logLevels.map((level) => `\`${level}\``).join('、')}`,
    en: `Log level: ${logLevels.map((level) => `\`${level}\``).join(', ')}`,
    parse: oneOf(...logLevels),
  },
  DATABASE_URL: {
    default: { en: 'embedded PostgreSQL', zh: '内嵌 PostgreSQL' },
    zh: 'PostgreSQL（15 或更高）的连接地址；生产环境必填',
    en: 'URL of a PostgreSQL, 15 or later; required in production',
    parse: databaseUrl,
  },
  DATABASE_URL_FILE: {
    default: none,
    zh: '存放该地址的文件，代替 `DATABASE_URL`',
    en: 'A file that holds the URL, instead of `DATABASE_URL`',
    parse: (path: string) => databaseUrl(readText(path)),
  },
  STATUTORY_AGE: {
    default: value('national'),
    zh: '法定退休年龄：`national` 按国家渐进式延迟退休办法，`document` 按文件原文年龄',
    en: 'Statutory ages: `national` follows the progressive delay, `document` the literal ages of the measure',
    parse: oneOf('national', 'document'),
  },
  SUBSIDY_DATA_DIR: {
    default: value('.data'),
    zh: '内嵌数据库和沙箱密钥的目录',
    en: "Folder of the embedded database and the sandbox's key",
    parse: (path: string) => resolve(path),
  },
  SUBSIDY_POOL_SIZE: {
    default: value('6'),
    zh: '数据库连接数上限；核数的 2 至 3 倍为宜',
    en: 'Database connections at most; two to three times the cores is best',
    parse: wholeNumber(1, 100),
  },
  SUBSIDY_SANDBOX: {
    default: { en: '`on`, in production `off`', zh: '`on`，生产环境为 `off`' },
    zh: '沙箱：自带令牌签发与测试人员；生产环境拒绝启用',
    en: 'The sandbox, with its own token issuer and test people; refused in production',
    parse: onOrOff,
  },
  SUBSIDY_SWAGGER_UI: {
    default: { en: '`on`, in production `off`', zh: '`on`，生产环境为 `off`' },
    zh: '在 `/docs` 提供 Swagger UI',
    en: 'Serve Swagger UI at `/docs`',
    parse: onOrOff,
  },
  SUBSIDY_TOKEN_ISSUER: {
    default: none,
    zh: '访问令牌的签发者（`iss`）；关闭沙箱时必填',
    en: 'Issuer of the access tokens (`iss`); required with the sandbox off',
    parse: asText,
  },
  SUBSIDY_TOKEN_AUDIENCE: {
    default: none,
    zh: '访问令牌的受众（`aud`）；关闭沙箱时必填',
    en: 'Audience of the access tokens (`aud`); required with the sandbox off',
    parse: asText,
  },
  SUBSIDY_TOKEN_JWKS_URL: {
    default: none,
    zh: '签发者公钥集（JWKS）的地址；关闭沙箱时必填',
    en: "URL of the issuer's key set (JWKS); required with the sandbox off",
    parse: jwksUrl,
  },
  SUBSIDY_MASTER_KEY_FILE: {
    default: { en: 'made in the data folder', zh: '自动生成于数据目录' },
    zh: '主密钥文件（32 字节，base64）；关闭沙箱时必填',
    en: 'File of the master key (32 bytes, base64); required with the sandbox off',
    parse: (path: string) => readMasterKey(readText(path)),
  },
} as const satisfies Record<string, Variable<unknown>>;

type Name = keyof typeof variables;
type Values = { readonly [N in Name]?: ReturnType<(typeof variables)[N]['parse']> };

/**
 * Reads and checks the whole environment; throws ConfigError with every fault at once. In the sandbox without
 * SUBSIDY_MASTER_KEY_FILE the key is made in the data folder on the first start and read on the next.
 */
export async function readConfig(environment: Environment): Promise<Config> {
  const faults = unknownVariables(environment);
  const values = parseAll(environment, faults);
  const mode = values.NODE_ENV ?? 'development';
  const production = mode === 'production';
  const sandbox = !production && (values.SUBSIDY_SANDBOX ?? true);
  const dataDir = values.SUBSIDY_DATA_DIR ?? join(checkout, '.data');
  const isSet = (name: Name): boolean => environment[name] !== undefined;

  if (production && values.SUBSIDY_SANDBOX === true)
    faults.push('SUBSIDY_SANDBOX: refused with NODE_ENV=production; set it to off or remove it');
  if (production && !isSet('DATABASE_URL') && !isSet('DATABASE_URL_FILE')) {
    faults.push('DATABASE_URL: required with NODE_ENV=production; set it or DATABASE_URL_FILE');
  }
  for (const name of ['SUBSIDY_TOKEN_ISSUER', 'SUBSIDY_TOKEN_AUDIENCE', 'SUBSIDY_TOKEN_JWKS_URL'] as const) {
    if (sandbox && isSet(name))
      faults.push(`${name}: the sandbox has its own issuer; set SUBSIDY_SANDBOX=off or remove it`);
    if (!sandbox && !isSet(name)) faults.push(`${name}: required with the sandbox off; set it`);
  }
  if (!sandbox && !isSet('SUBSIDY_MASTER_KEY_FILE')) {
    faults.push(
      'SUBSIDY_MASTER_KEY_FILE: required with the sandbox off; make one with `openssl rand -base64 32`',
    );
  }
  if (faults.length > 0) throw new ConfigError(faults);

  return Object.freeze({
    environment: mode,
    host: values.HOST ?? '127.0.0.1',
    port: values.PORT ?? 3000,
    logLevel: values.LOG_LEVEL ?? 'info',
    databaseUrl: values.DATABASE_URL ?? values.DATABASE_URL_FILE,
    poolSize: values.SUBSIDY_POOL_SIZE ?? 6,
    dataDir,
    statutoryAge: values.STATUTORY_AGE ?? 'national',
    swaggerUi: values.SUBSIDY_SWAGGER_UI ?? !production,
    sandbox,
    tokens: tokenIssuer(values),
    masterKey: values.SUBSIDY_MASTER_KEY_FILE ?? (await sandboxMasterKey(dataDir)),
    ownedByNpm: environment['npm_lifecycle_event'] === 'start',
  });
}

/** What `npm run migrate` needs, and no more: the step that migrates holds neither keys nor tokens. */
export function readDatabaseUrl(environment: Environment): string {
  const faults = unknownVariables(environment);
  const values = parseAll(environment, faults);
  const url = values.DATABASE_URL ?? values.DATABASE_URL_FILE;
  if (faults.length > 0) throw new ConfigError(faults);
  if (url === undefined) {
    throw new ConfigError([
      'DATABASE_URL: not set; the embedded PostgreSQL needs no such step, it migrates at each start',
    ]);
  }
  return url;
}

/** The README's table of variables in Markdown. */
export function variablesTable(language: 'en' | 'zh'): string {
  const head = language === 'en' ? ['variable', 'default', 'meaning'] : ['变量', '默认值', '含义'];
  const rows = Object.entries(variables).map(([name, variable]) => [
    `\`${name}\``,
    variable.default[language],
    variable[language],
  ]);
  return [head, ['---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

function unknownVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('SUBSIDY_') && !Object.hasOwn(variables, name))
    .map((name) => `${name}: no such variable; correct its name or remove it`);
}

function parseAll(environment: Environment, faults: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, { parse }] of Object.entries(variables)) {
    const text = environment[name];
    if (text === undefined) continue;
    try {
      if (text.trim() === '') throw new Error('is empty; give it a value or remove it');
      values[name] = parse(text.trim());
    } catch (error) {
      faults.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  if (environment['DATABASE_URL'] !== undefined && environment['DATABASE_URL_FILE'] !== undefined) {
    faults.push('DATABASE_URL_FILE: set beside DATABASE_URL; remove one of them');
  }
  // The cast: each value was made by the parser of its own name, three lines up.
  return values as Values;
}

function tokenIssuer(values: Values): TokenIssuer | undefined {
  const {
    SUBSIDY_TOKEN_ISSUER: issuer,
    SUBSIDY_TOKEN_AUDIENCE: audience,
    SUBSIDY_TOKEN_JWKS_URL: url,
  } = values;
  if (issuer === undefined || audience === undefined || url === undefined) return undefined;
  return { issuer, audience, jwksUrl: url };
}

/** The sandbox's key outlives restarts, as its data does. */
async function sandboxMasterKey(dataDir: string): Promise<KeyObject> {
  const path = join(dataDir, 'master.key');
  try {
    // Open to others as far as the umask allows: PostgreSQL's account must reach its own folder below.
    mkdirSync(dataDir, { recursive: true });
    return readMasterKey(await readOrCreateKeyFile(path, makeMasterKey));
  } catch (error) {
    throw new ConfigError([`SUBSIDY_DATA_DIR: ${path} cannot be used: ${messageOf(error)}`]);
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw new Error(`must name a readable file: ${messageOf(error)}`);
  }
}

function asText(text: string): string {
  return text;
}

function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (!/^\d+$/.test(text) || number < least || number > most) {
      throw new Error(`must be a whole number from ${least} to ${most}`);
    }
    return number;
  };
}

function oneOf<const T extends string>(...allowed: readonly T[]): (text: string) => T {
  return (text) => {
    const found = allowed.find((item) => item === text);
    if (found === undefined) throw new Error(`must be one of ${allowed.join(', ')}`);
    return found;
  };
}

function onOrOff(text: string): boolean {
  return oneOf('on', 'off')(text) === 'on';
}

function databaseUrl(text: string): string {
  const url = URL.parse(text);
  if (url === null || !['postgres:', 'postgresql:'].includes(url.protocol) || url.pathname.length < 2) {
    throw new Error('must be a URL like postgresql://user:password@host:5432/database');
  }
  return text;
}

/** Plain http only on this machine: whoever can answer for the key set can make themselves anyone. */
function jwksUrl(text: string): URL {
  const url = URL.parse(text);
  const local = url?.protocol === 'http:' && ['127.0.0.1', '[::1]', 'localhost'].includes(url.hostname);
  if (url === null || (url.protocol !== 'https:' && !local)) throw new Error('must be an https URL');
  return url;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
