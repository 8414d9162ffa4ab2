// Every environment variable of the service: its default, its meaning and its form. One table, from which the README's
// comes too. Nothing is read from the environment here; config.ts does that.
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { readMasterKey } from './secrets/data-keys.ts';

interface Variable<T> {
  /** As it stands in the table of the README. */
  readonly default: { readonly en: string; readonly zh: string };
  readonly zh: string;
  readonly en: string;
  /** Throws an Error whose message says what the value must be, never the value: some are secret. */
  readonly parse: (text: string) => T;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

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
    zh: 'PostgreSQL（15 或更高）的连接地址；`npm run migrate` 用属主账号，服务用 `subsidy_service` 组的登录账号；生产环境必填',
    en: 'URL of a PostgreSQL, 15 or later: for `npm run migrate` with its owner, for the service with a login in `subsidy_service`; required in production',
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
  SUBSIDY_SECOND_LOOK_APPROVALS: {
    default: value('0'),
    zh: '每百件审核通过中抽取几件由另一名审核人员复核（0–100）',
    en: 'Of a hundred approvals, how many are drawn for a second reviewer, 0 to 100',
    parse: wholeNumber(0, 100),
  },
  SUBSIDY_SECOND_LOOK_REFUSALS: {
    default: value('0'),
    zh: '每百件审核不通过中抽取几件由另一名审核人员复核（0–100）',
    en: 'Of a hundred refusals, how many are drawn for a second reviewer, 0 to 100',
    parse: wholeNumber(0, 100),
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
  SUBSIDY_AUDIT_HASH: {
    default: value('sha256'),
    zh: '审计链的哈希算法：`sha256` 或 `sm3`；更换后新记录使用新算法',
    en: 'Hash of the audit chain: `sha256` or `sm3`; a change counts for new entries',
    parse: oneOf('sha256', 'sm3'),
  },
  SUBSIDY_RATE_LIMIT: {
    default: value('6000'),
    zh: '每个客户端每分钟的请求数上限（每个进程）',
    en: 'Requests of one client in a minute at most, for each process',
    parse: wholeNumber(1, 10_000_000),
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
