// Reads the environment into one frozen, validated Config. The only reader of environment variables; opens
// neither database nor sockets.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TrustedIssuer } from '../access/tokens/tokens.ts';
import type { Retention, Settings } from '../context.ts';
import { type MasterKeys, makeMasterKey, readMasterKeys } from '../encryption/data-keys.ts';
import type { Suite } from '../encryption/encrypted-value.ts';
import { readOrCreateKeyFile } from '../encryption/key-file.ts';
import { shareOf } from '../http/limits/address-limit.ts';
import { loopback, readMayReach } from '../http/limits/outgoing.ts';
import type { TrustsAddress } from '../http/limits/proxies.ts';
import { OperatorError } from '../operator-error.ts';
import { type LogLevel, type Sampler, variables } from './variables.ts';

export interface Config {
  readonly environment: 'development' | 'test' | 'production';
  readonly host: string;
  /** 0 takes a free port. */
  readonly port: number;
  /** Port of the metrics, on the same host; undefined: no metrics are served. */
  readonly metricsPort: number | undefined;
  readonly logLevel: LogLevel;
  /** How requests are sampled for OpenTelemetry; undefined: no traces. `ratio` is for `traceidratio`. */
  readonly traces: { readonly sampler: Sampler; readonly ratio: number } | undefined;
  /** Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  /** Undefined: `databaseUrl` leads to no pooler. */
  readonly databaseDirectUrl: string | undefined;
  readonly preparesStatements: boolean;
  readonly poolSize: number;
  /** Absolute path. */
  readonly dataDir: string;
  readonly statutoryAge: 'national' | 'document';
  /** Percentage of decisions with each outcome sampled for a second review. */
  readonly qualityReview: { readonly approved: number; readonly refused: number };
  readonly peopleAskedPerDay: Settings['peopleAskedPerDay'];
  readonly provinceWithholds: Settings['provinceWithholds'];
  readonly swaggerUi: boolean;
  /** Processes on one database. Limits per minute, here and in the program, are divided by it. */
  readonly replicas: number;
  /** Per client, in this process. */
  readonly requestsPerMinute: number;
  /** Per address and process; trusted proxies are exempt. */
  readonly connectionsPerAddress: number;
  /** Per address, in this process, before authentication; behind a trusted proxy, per client address. */
  readonly requestsPerAddress: number;
  /** Failed authentications per address, in this process. */
  readonly failuresPerMinute: number;
  readonly auditHash: 'sha256' | 'sm3';
  readonly keep: Retention;
  readonly webhooks: Settings['webhooks'];
  readonly auditCheckpointDir: Settings['auditCheckpointDir'];
  /** Trusted token issuers; undefined in the sandbox, which has its own. */
  readonly issuers: readonly TrustedIssuer[] | undefined;
  readonly isTrustedProxy: TrustsAddress;
  /** In lower case; null when no proxy forwards certificates. */
  readonly clientCertificateHeader: string | null;
  readonly sandbox: boolean;
  /** One line: why the sandbox is off although it was not switched off; null when no reason need be given. */
  readonly sandboxOffBecause: string | null;
  /** Longest lifetime of an access token. */
  readonly tokenLifeMinutes: number;
  /** Reads the current file of master keys, which wrap the data keys. */
  readonly readMasterKeys: () => MasterKeys;
  /** Suite for new data keys. */
  readonly encryptionSuite: Suite;
  /** Started by `npm start`: the process stops when npm does. */
  readonly ownedByNpm: boolean;
}

/** Every error in the environment, one line each. Exit code 2. */
export class ConfigError extends OperatorError {
  override readonly name = 'ConfigError';
  readonly fieldErrors: readonly string[];
  constructor(fieldErrors: readonly string[]) {
    super(fieldErrors.join('\n'));
    this.fieldErrors = fieldErrors;
  }
}

export type Environment = Readonly<Record<string, string | undefined>>;

const checkout = join(import.meta.dirname, '../../..');

type Name = keyof typeof variables;
type Values = { readonly [N in Name]?: ReturnType<(typeof variables)[N]['parse']> };

/**
 * Reads and validates the whole environment. In the sandbox without SUBSIDY_MASTER_KEY_FILE the key is
 * generated in the data directory on the first start and reused afterwards.
 *
 * @throws ConfigError with every error at once
 */
export async function readConfig(environment: Environment): Promise<Config> {
  const fieldErrors = unknownVariables(environment);
  const values = parseAll(environment, fieldErrors);
  const mode = values.NODE_ENV ?? 'development';
  const production = mode === 'production';
  const isSet = (name: Name): boolean => environment[name] !== undefined;
  const sandboxOffBecause = production || isSet('SUBSIDY_SANDBOX') ? null : noSandboxBecause(isSet, values);
  const sandbox = !production && sandboxOffBecause === null && (values.SUBSIDY_SANDBOX ?? true);
  const dataDir = values.SUBSIDY_DATA_DIR ?? join(checkout, '.data');
  const replicas = values.SUBSIDY_REPLICAS ?? 1;

  if (production && values.SUBSIDY_SANDBOX === true)
    fieldErrors.push(
      'SUBSIDY_SANDBOX: 生产环境拒绝沙箱，请设为 off 或删除 · refused with NODE_ENV=production; set it to off or remove it',
    );
  if (production && !isSet('DATABASE_URL') && !isSet('DATABASE_URL_FILE')) {
    fieldErrors.push(databaseRequired);
  }
  fieldErrors.push(...fieldErrorsOfIssuers(isSet, sandbox));
  if (isSet('SUBSIDY_CLIENT_CERTIFICATE_HEADER') && !isSet('SUBSIDY_TRUSTED_PROXIES')) {
    fieldErrors.push(
      'SUBSIDY_CLIENT_CERTIFICATE_HEADER: 任何人都能发送该请求头，请同时设置 SUBSIDY_TRUSTED_PROXIES · ' +
        'anybody could send it; set SUBSIDY_TRUSTED_PROXIES as well',
    );
  }
  if (!sandbox && !isSet('SUBSIDY_MASTER_KEY_FILE')) {
    fieldErrors.push(
      'SUBSIDY_MASTER_KEY_FILE: 关闭沙箱时必填，请用 `openssl rand -base64 32` 生成 · ' +
        'required with the sandbox off; make one with `openssl rand -base64 32`',
    );
  }
  if (fieldErrors.length > 0)
    throw new ConfigError([...fieldErrors, ...(sandboxOffBecause === null ? [] : [sandboxOffBecause])]);

  return Object.freeze({
    environment: mode,
    host: values.HOST ?? '127.0.0.1',
    port: values.PORT ?? 3000,
    metricsPort: values.SUBSIDY_METRICS_PORT,
    logLevel: values.LOG_LEVEL ?? 'info',
    traces: tracesOf(values),
    databaseUrl: values.DATABASE_URL ?? values.DATABASE_URL_FILE,
    databaseDirectUrl: values.DATABASE_DIRECT_URL ?? values.DATABASE_DIRECT_URL_FILE,
    preparesStatements: values.SUBSIDY_PREPARED_STATEMENTS ?? true,
    poolSize: values.SUBSIDY_POOL_SIZE ?? 6,
    dataDir,
    statutoryAge: values.STATUTORY_AGE ?? 'national',
    qualityReview: {
      approved: values.SUBSIDY_QUALITY_REVIEW_APPROVALS ?? 0,
      // In the sandbox every one, so that a quality review can be tried.
      refused: values.SUBSIDY_QUALITY_REVIEW_REFUSALS ?? (sandbox ? 100 : 0),
    },
    peopleAskedPerDay: {
      client: values.SUBSIDY_PEOPLE_PER_CLIENT ?? 2_000,
      officer: values.SUBSIDY_PEOPLE_PER_OFFICER ?? 200,
    },
    provinceWithholds: values.SUBSIDY_PROVINCE_WITHHOLDS ?? [],
    replicas,
    requestsPerMinute: shareOf(values.SUBSIDY_RATE_LIMIT ?? 6_000, replicas),
    connectionsPerAddress: values.SUBSIDY_CONNECTIONS_PER_ADDRESS ?? 128,
    requestsPerAddress: shareOf(values.SUBSIDY_ADDRESS_LIMIT ?? 30_000, replicas),
    failuresPerMinute: shareOf(values.SUBSIDY_FAILURE_LIMIT ?? 300, replicas),
    auditHash: values.SUBSIDY_AUDIT_HASH ?? 'sha256',
    keep: {
      answersDays: values.SUBSIDY_KEEP_ANSWERS_DAYS ?? 30,
      refusalsDays: values.SUBSIDY_KEEP_REFUSALS_DAYS ?? 90,
      questionsDays: values.SUBSIDY_KEEP_QUESTIONS_DAYS ?? 1_095,
      deliveriesDays: values.SUBSIDY_KEEP_WEBHOOK_DELIVERIES_DAYS ?? 30,
      auditYears: values.SUBSIDY_KEEP_AUDIT_YEARS ?? 30,
    },
    webhooks: {
      allowsHttp: sandbox,
      mayReach: values.SUBSIDY_WEBHOOK_PRIVATE_ADDRESSES ?? readMayReach(sandbox ? loopback : 'none'),
    },
    auditCheckpointDir: values.SUBSIDY_AUDIT_CHECKPOINT_DIR,
    swaggerUi: values.SUBSIDY_SWAGGER_UI ?? !production,
    sandbox,
    sandboxOffBecause,
    tokenLifeMinutes: values.SUBSIDY_TOKEN_LIFE_MINUTES ?? 60,
    issuers: values.SUBSIDY_TOKEN_ISSUERS_FILE ?? singleIssuer(values),
    isTrustedProxy: values.SUBSIDY_TRUSTED_PROXIES ?? (() => false),
    clientCertificateHeader: values.SUBSIDY_CLIENT_CERTIFICATE_HEADER ?? null,
    readMasterKeys: values.SUBSIDY_MASTER_KEY_FILE ?? (await sandboxMasterKeys(dataDir)),
    encryptionSuite: values.SUBSIDY_ENCRYPTION_SUITE ?? 'aes-256-gcm',
    ownedByNpm: environment['npm_lifecycle_event'] === 'start',
  });
}

/** The only variable `npm run migrate` needs, so that migrations run without keys or tokens. */
export function readDatabaseUrl(environment: Environment): string {
  const fieldErrors = unknownVariables(environment);
  const values = parseAll(environment, fieldErrors);
  const url = directUrlOf(values);
  if (fieldErrors.length > 0) throw new ConfigError(fieldErrors);
  if (url === undefined) {
    throw new ConfigError([
      'DATABASE_URL: 没有设置；内嵌 PostgreSQL 每次启动时自动迁移，不需要此步骤 · ' +
        'not set; the embedded PostgreSQL needs no such step, it migrates at each start',
    ]);
  }
  return url;
}

/** The configuration of commands that work on a service's database, without token issuers. */
export interface CommandConfig {
  /** Of the server itself. Undefined: the embedded PostgreSQL. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  /** Reads the file again. @throws ConfigError when none is configured */
  readonly readMasterKeys: () => MasterKeys;
  readonly suite: Suite;
  readonly auditHash: Config['auditHash'];
  readonly statutoryAge: Config['statutoryAge'];
}

/** Without DATABASE_URL, commands use the sandbox's database; production has no default. */
export function readCommandConfig(environment: Environment): CommandConfig {
  const fieldErrors = unknownVariables(environment);
  const values = parseAll(environment, fieldErrors);
  const databaseUrl = directUrlOf(values);
  if (databaseUrl === undefined && values.NODE_ENV === 'production') fieldErrors.push(databaseRequired);
  if (fieldErrors.length > 0) throw new ConfigError(fieldErrors);
  const dataDir = values.SUBSIDY_DATA_DIR ?? join(checkout, '.data');
  return {
    databaseUrl,
    dataDir,
    readMasterKeys:
      values.SUBSIDY_MASTER_KEY_FILE ??
      (() => {
        if (databaseUrl === undefined) return readMasterKeys(readFileSync(masterKeyFile(dataDir), 'utf8'));
        throw new ConfigError([
          'SUBSIDY_MASTER_KEY_FILE: 没有设置，请填写服务所用的主密钥文件 · not set; name the file that the service reads',
        ]);
      }),
    suite: values.SUBSIDY_ENCRYPTION_SUITE ?? 'aes-256-gcm',
    auditHash: values.SUBSIDY_AUDIT_HASH ?? 'sha256',
    statutoryAge: values.STATUTORY_AGE ?? 'national',
  };
}

/** Commands never use the pooler: they lock, and take their time. */
function directUrlOf(values: Values): string | undefined {
  return (
    values.DATABASE_DIRECT_URL ??
    values.DATABASE_DIRECT_URL_FILE ??
    values.DATABASE_URL ??
    values.DATABASE_URL_FILE
  );
}

const databaseRequired =
  'DATABASE_URL: 生产环境必填，请设置此项或 DATABASE_URL_FILE · ' +
  'required with NODE_ENV=production; set it or DATABASE_URL_FILE';

function setBeside(name: string, other: string): string {
  return `${name}: 与 ${other} 重复，请删除其中一个 · set beside ${other}; remove one of them`;
}

/** For a Service with the name `subsidy`, in every pod of its namespace whose service links are on. */
const injectedByKubernetes =
  /^SUBSIDY_(SERVICE_(HOST|PORT(_[A-Z0-9_]+)?)|PORT(_\d+_(TCP|UDP|SCTP)(_[A-Z]+)?)?)$/;

function unknownVariables(environment: Environment): string[] {
  return Object.keys(environment)
    .filter((name) => name.startsWith('SUBSIDY_') && !Object.hasOwn(variables, name))
    .filter((name) => !injectedByKubernetes.test(name))
    .map(
      (name) => `${name}: 没有这个变量，请改正名称或删除 · no such variable; correct its name or remove it`,
    );
}

function parseAll(environment: Environment, fieldErrors: string[]): Values {
  const values: Record<string, unknown> = {};
  for (const [name, { parse }] of Object.entries(variables)) {
    const text = Object.hasOwn(environment, name) ? environment[name] : undefined;
    if (text === undefined) continue;
    try {
      if (text.trim() === '')
        throw new Error('值为空，请填写或删除 · is empty; give it a value or remove it');
      values[name] = parse(text.trim());
    } catch (error) {
      fieldErrors.push(`${name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const isSet = (name: Name): boolean => environment[name] !== undefined;
  for (const name of ['DATABASE_URL', 'DATABASE_DIRECT_URL'] as const)
    if (isSet(name) && isSet(`${name}_FILE`)) fieldErrors.push(setBeside(`${name}_FILE`, name));
  const direct = (['DATABASE_DIRECT_URL', 'DATABASE_DIRECT_URL_FILE'] as const).find(isSet);
  if (direct !== undefined && !isSet('DATABASE_URL') && !isSet('DATABASE_URL_FILE'))
    fieldErrors.push(
      `${direct}: 没有连接池时请改用 DATABASE_URL · without a pooler, set DATABASE_URL in its place`,
    );
  // The cast: each value comes from the parser of the same name, above.
  return values as Values;
}

/**
 * By the standard variables of OpenTelemetry, but off without them: it would send to this machine.
 */
function tracesOf(values: Values): Config['traces'] {
  const isWanted =
    values.OTEL_TRACES_EXPORTER === 'otlp' ||
    (values.OTEL_TRACES_EXPORTER === undefined && values.OTEL_EXPORTER_OTLP_ENDPOINT !== undefined);
  if (!isWanted || values.OTEL_SDK_DISABLED === true) return undefined;
  return {
    sampler: values.OTEL_TRACES_SAMPLER ?? 'parentbased_always_on',
    ratio: values.OTEL_TRACES_SAMPLER_ARG ?? 1,
  };
}

/**
 * Why the sandbox does not start by default, or null. It issues tokens of every role to any caller, so by
 * default it starts only with its embedded database and on the loopback interface.
 */
function noSandboxBecause(isSet: (name: Name) => boolean, { HOST: host }: Values): string | null {
  const database = (['DATABASE_URL', 'DATABASE_URL_FILE'] as const).find(isSet);
  if (database === undefined && isLoopback(host)) return null;
  const [zh, en] =
    database === undefined
      ? ['HOST 不是本机地址', 'HOST is no loopback address']
      : [`设有 ${database}`, `${database} is set`];
  return `SUBSIDY_SANDBOX: 已关闭：${zh}，试用请设为 on · off, because ${en}; for a trial set it to on`;
}

function isLoopback(host = '127.0.0.1'): boolean {
  return host === 'localhost' || host === '::1' || /^127(\.\d{1,3}){3}$/.test(host);
}

const ofOneIssuer = ['SUBSIDY_TOKEN_ISSUER', 'SUBSIDY_TOKEN_AUDIENCE', 'SUBSIDY_TOKEN_JWKS_URL'] as const;
const docsClient = 'SUBSIDY_DOCS_CLIENT_ID';

function fieldErrorsOfIssuers(isSet: (name: Name) => boolean, sandbox: boolean): string[] {
  const file = 'SUBSIDY_TOKEN_ISSUERS_FILE' as const;
  if (sandbox) {
    const inVain = ([...ofOneIssuer, docsClient, file] as const).filter(isSet);
    return inVain.map(
      (name) =>
        `${name}: 沙箱自行签发令牌，请设 SUBSIDY_SANDBOX=off 或删除此项 · ` +
        'the sandbox has its own issuer; set SUBSIDY_SANDBOX=off or remove it',
    );
  }
  if (isSet(file)) {
    const beside = ([...ofOneIssuer, docsClient] as const).filter(isSet);
    return beside.map((name) => setBeside(name, file));
  }
  const missing = ofOneIssuer.filter((name) => !isSet(name));
  return missing.map(
    (name) => `${name}: 关闭沙箱时必填，或改用 ${file} · required with the sandbox off; set it, or ${file}`,
  );
}

function singleIssuer(values: Values): readonly TrustedIssuer[] | undefined {
  const {
    SUBSIDY_TOKEN_ISSUER: issuer,
    SUBSIDY_TOKEN_AUDIENCE: audience,
    SUBSIDY_TOKEN_JWKS_URL: jwksUrl,
    SUBSIDY_DOCS_CLIENT_ID: docsClientId,
  } = values;
  if (issuer === undefined || audience === undefined || jwksUrl === undefined) return undefined;
  return [{ issuer, audience, jwksUrl, ...(docsClientId === undefined ? {} : { docsClientId }) }];
}

function masterKeyFile(dataDir: string): string {
  return join(dataDir, 'master.key');
}

/** Keeps the sandbox's key across restarts, like its data. */
async function sandboxMasterKeys(dataDir: string): Promise<() => MasterKeys> {
  const path = masterKeyFile(dataDir);
  try {
    // With the umask's mode: PostgreSQL's account must reach its own directory below.
    mkdirSync(dataDir, { recursive: true });
    readMasterKeys(await readOrCreateKeyFile(path, makeMasterKey));
    return () => readMasterKeys(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new ConfigError([
      `SUBSIDY_DATA_DIR: 文件 ${path} 无法使用 · ${path} cannot be used: ${messageOf(error)}`,
    ]);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
