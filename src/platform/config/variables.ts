// Every environment variable: default, meaning and format. The README's table is generated from it. config.ts
// reads the environment.
import { resolve } from 'node:path';
import { keySetUrl, readIssuers } from '../access/tokens/issuers.ts';
import { suites } from '../encryption/encrypted-value.ts';
import { readMayReach } from '../http/limits/outgoing.ts';
import { readProxies } from '../http/limits/proxies.ts';
import {
  asText,
  collectorUrl,
  databaseUrl,
  headerName,
  listOf,
  masterKeysReader,
  oneOf,
  onOrOff,
  readText,
  share,
  wholeNumber,
  writableFolder,
} from './parsers.ts';

interface Variable<T> {
  /** As shown in the README's table. */
  readonly default: { readonly en: string; readonly zh: string };
  readonly zh: string;
  readonly en: string;
  /** Throws an Error that says what the value must be, never the value: some are secret. */
  readonly parse: (text: string) => T;
}

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof logLevels)[number];

/** As OpenTelemetry names them. */
const samplers = [
  'always_on',
  'always_off',
  'traceidratio',
  'parentbased_always_on',
  'parentbased_always_off',
  'parentbased_traceidratio',
] as const;
export type Sampler = (typeof samplers)[number];

/** What may be withheld from the provincial system, which otherwise receives it with decisions and payments. */
export const withholdable = ['identity-number', 'name', 'reasons', 'officer'] as const;
export type Withholdable = (typeof withholdable)[number];

const none = { en: '', zh: '' };
const value = (text: string) => ({ en: `\`${text}\``, zh: `\`${text}\`` });

/** In the order of the README's table. */
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
  SUBSIDY_METRICS_PORT: {
    default: none,
    zh: '以 Prometheus 格式提供运行指标（`/metrics`）的端口，监听 `HOST`，无需令牌：只可对监控网络开放；不设则不提供',
    en: 'Port for figures in the form of Prometheus (`/metrics`), at `HOST` and without a token: for the monitoring network alone; unset: none',
    parse: wholeNumber(1, 65_535),
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
  DATABASE_DIRECT_URL: {
    default: none,
    zh: '`DATABASE_URL` 是连接池（PgBouncer 的 transaction 模式）时填写：数据库自身的地址，同一账号；后台任务和命令使用',
    en: "Where `DATABASE_URL` leads to a pooler (PgBouncer's transaction mode): the URL of the database itself, with the same account, for background jobs and commands",
    parse: databaseUrl,
  },
  DATABASE_DIRECT_URL_FILE: {
    default: none,
    zh: '存放该地址的文件，代替 `DATABASE_DIRECT_URL`',
    en: 'A file that holds that URL, instead of `DATABASE_DIRECT_URL`',
    parse: (path: string) => databaseUrl(readText(path)),
  },
  STATUTORY_AGE: {
    default: value('national'),
    zh: '法定退休年龄：`national` 按国家渐进式延迟退休办法，`document` 按文件原文年龄',
    en: 'Statutory ages: `national` follows the progressive delay, `document` the literal ages of the measure',
    parse: oneOf('national', 'document'),
  },
  SUBSIDY_QUALITY_REVIEW_APPROVALS: {
    default: value('0'),
    zh: '每百件审核通过中抽取几件由另一名审核人员复核抽查（0–100）',
    en: 'Percentage of approvals drawn for a quality review by another reviewer, 0 to 100',
    parse: wholeNumber(0, 100),
  },
  SUBSIDY_QUALITY_REVIEW_REFUSALS: {
    default: { en: '`0`; in the sandbox `100`', zh: '`0`；沙箱 `100`' },
    zh: '每百件审核不通过中抽取几件由另一名审核人员复核抽查（0–100）',
    en: 'Percentage of refusals drawn for a quality review by another reviewer, 0 to 100',
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
    zh: '请求所用数据库连接数上限；核数的 2 至 3 倍为宜；后台任务另用 10 个',
    en: 'Database connections for requests; two to three times the cores is best. Background work has ten of its own',
    parse: wholeNumber(1, 100),
  },
  SUBSIDY_PREPARED_STATEMENTS: {
    default: value('on'),
    zh: '经 `DATABASE_URL` 是否使用预备语句；PgBouncer 低于 1.21 或 `max_prepared_statements` 为 0 时设为 `off`',
    en: 'Prepared statements over `DATABASE_URL`; `off` where it leads to PgBouncer before 1.21, or with `max_prepared_statements` 0',
    parse: onOrOff,
  },
  SUBSIDY_ENCRYPTION_SUITE: {
    default: value('aes-256-gcm'),
    zh: '新数据密钥的加密算法：`aes-256-gcm` 或 `sm4-ctr-hmac-sm3`（国密）；更换后运行 `npm run rotate-keys`',
    en: 'The suite with which new data keys encrypt: `aes-256-gcm` or `sm4-ctr-hmac-sm3`; after a change run `npm run rotate-keys`',
    parse: oneOf(...suites),
  },
  SUBSIDY_AUDIT_HASH: {
    default: value('sha256'),
    zh: '审计链的哈希算法：`sha256` 或 `sm3`；更换后新记录使用新算法',
    en: 'Hash of the audit chain: `sha256` or `sm3`; a change counts for new entries',
    parse: oneOf('sha256', 'sm3'),
  },
  SUBSIDY_AUDIT_CHECKPOINT_DIR: {
    default: none,
    zh: '每小时写入审计校验点的目录；请保存在数据库服务器之外',
    en: 'Folder into which a signed checkpoint of the audit is written every hour; keep it off the database server',
    parse: writableFolder,
  },
  SUBSIDY_KEEP_ANSWERS_DAYS: {
    default: value('30'),
    zh: '幂等键及其应答保留天数（1–365），此后删除',
    en: 'Days that answers under an Idempotency-Key are kept, 1 to 365; deleted afterwards',
    parse: wholeNumber(1, 365),
  },
  SUBSIDY_KEEP_REFUSALS_DAYS: {
    default: value('90'),
    zh: '报送数据中被拒行及其原因的保留天数（1–3650），此后删除',
    en: 'Days that the refused rows of deliveries are kept, 1 to 3650; deleted afterwards',
    parse: wholeNumber(1, 3_650),
  },
  SUBSIDY_KEEP_AUDIT_YEARS: {
    default: value('30'),
    zh: '审计记录保留年数（3–100），此后从链首删除；资金和审核记录不删除',
    en: 'Years that the audit is kept, 3 to 100; deleted from its beginning afterwards; money and decisions are never deleted',
    parse: wholeNumber(3, 100),
  },
  SUBSIDY_KEEP_QUESTIONS_DAYS: {
    default: value('1095'),
    zh: '查询记录及所附实名认证、授权说明的保留天数（30–3650），此后删除；审计记录另行保留',
    en: 'Days that questions about people are kept with their statements of authentication and consent, 30 to 3650; the audit stays',
    parse: wholeNumber(30, 3_650),
  },
  SUBSIDY_KEEP_WEBHOOK_DELIVERIES_DAYS: {
    default: value('30'),
    zh: '已送达或已停止重试的事件推送保留天数（1–365），此后删除；事件本身保留',
    en: 'Days that deliveries to webhooks are kept once they are delivered or given up, 1 to 365; the events stay',
    parse: wholeNumber(1, 365),
  },
  SUBSIDY_WEBHOOK_PRIVATE_ADDRESSES: {
    default: { en: '`none`, in the sandbox loopback', zh: '`none`，沙箱为本机地址' },
    zh: '事件可推送到的非公网地址：`none` 一律拒绝，`allow` 一律允许，或逗号分隔的地址、网段（如 `10.36.0.0/16`）；每次连接时核对',
    en: 'Addresses that are not public to which events may be sent: `none`, `allow`, or addresses and networks with commas (`10.36.0.0/16`); checked with each connection',
    parse: readMayReach,
  },
  SUBSIDY_PEOPLE_PER_CLIENT: {
    default: value('2000'),
    zh: '每个平台每天最多查询的人数（不同的人）；达到平常数倍时告警',
    en: 'How many different people one platform may ask about in a day; an alarm comes at a multiple of the usual',
    parse: wholeNumber(1, 10_000_000),
  },
  SUBSIDY_PEOPLE_PER_OFFICER: {
    default: value('200'),
    zh: '每名工作人员每天最多查询的人数（不同的人）',
    en: 'The same for one officer',
    parse: wholeNumber(1, 10_000_000),
  },
  SUBSIDY_PROVINCE_WITHHOLDS: {
    default: none,
    zh: `向省级系统提供决定和发放结果时不提供的项目，用逗号分隔：${withholdable.map((item) => `\`${item}\``).join('、')}；不设则全部提供`,
    en: `What the provincial system is not given with decisions and payments, separated by commas: ${withholdable.map((item) => `\`${item}\``).join(', ')}; unset: it is given all`,
    parse: listOf(...withholdable),
  },
  SUBSIDY_REPLICAS: {
    default: value('1'),
    zh: '同一数据库上同时运行的服务进程数（1–64）；以下三项按分钟计的上限由各进程平分，合计不超过上限',
    en: 'Processes of the service on one database, 1 to 64: each counts its share of the three limits per minute below',
    parse: wholeNumber(1, 64),
  },
  SUBSIDY_RATE_LIMIT: {
    default: value('6000'),
    zh: '每个客户端每分钟的请求数上限',
    en: 'Requests of one client in a minute at most',
    parse: wholeNumber(1, 10_000_000),
  },
  SUBSIDY_ADDRESS_LIMIT: {
    default: value('30000'),
    zh: '每个地址每分钟的请求数上限，在核验令牌之前计算；公开接口除外',
    en: 'Requests of one address in a minute at most, counted before any token is looked at; public routes apart',
    parse: wholeNumber(1, 10_000_000),
  },
  SUBSIDY_FAILURE_LIMIT: {
    default: value('300'),
    zh: '每个地址每分钟无效令牌、无令牌请求和无效签名的上限；超过后只受理已验证过的令牌',
    en: 'Bad and missing tokens and bad signatures of one address in a minute; beyond them only proven tokens are taken',
    parse: wholeNumber(1, 1_000_000),
  },
  SUBSIDY_CONNECTIONS_PER_ADDRESS: {
    default: value('128'),
    zh: '每个地址同时打开的连接数上限；可信代理除外（每个进程）',
    en: 'Connections of one address at once, trusted proxies apart, for each process',
    parse: wholeNumber(1, 100_000),
  },
  SUBSIDY_SANDBOX: {
    default: {
      en: '`on` with the embedded database at a loopback address, else `off`',
      zh: '使用内嵌数据库并只监听本机地址时为 `on`，否则为 `off`',
    },
    zh: '沙箱：自带令牌签发与测试人员；设有 `DATABASE_URL` 或监听其他地址时须明确写 `on`；生产环境拒绝启用',
    en: 'The sandbox, with its own token issuer and test people; with `DATABASE_URL` or at another address it must be asked for; refused in production',
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
    zh: '访问令牌的签发者（`iss`）；关闭沙箱时必填，或用下面的文件',
    en: 'Issuer of the access tokens (`iss`); with the sandbox off these three or the file below are required',
    parse: asText,
  },
  SUBSIDY_TOKEN_AUDIENCE: {
    default: none,
    zh: '访问令牌的受众（`aud`）',
    en: 'Audience of the access tokens (`aud`)',
    parse: asText,
  },
  SUBSIDY_TOKEN_JWKS_URL: {
    default: none,
    zh: '签发者公钥集（JWKS）的地址',
    en: "URL of the issuer's key set (JWKS)",
    parse: keySetUrl,
  },
  SUBSIDY_TOKEN_ISSUERS_FILE: {
    default: none,
    zh: '多个签发者的 JSON 文件，代替上面三项；每个签发者写明其可担保的岗位',
    en: 'JSON file of several issuers, instead of the three above; each says for which roles it vouches',
    parse: (path: string) => readIssuers(readText(path)),
  },
  SUBSIDY_DOCS_CLIENT_ID: {
    default: none,
    zh: '本服务网页在签发者处登记的客户端编号（`client_id`，无密钥、授权码加 PKCE），设置后提供 `/dashboard`，工作人员可在该页和 `/docs` 登录；多个签发者的写在文件的 `docsClientId`',
    en: 'Client id (`client_id`) under which the issuer knows the pages of this service (no secret; authorization code with PKCE): with it `/dashboard` is served, and officers can log in there and at `/docs`; with several issuers it is `docsClientId` in the file',
    parse: asText,
  },
  SUBSIDY_TOKEN_LIFE_MINUTES: {
    default: value('60'),
    zh: '访问令牌的最长有效期（`exp` 减 `iat`），分钟（1–1440）；超过的令牌一律拒绝',
    en: 'Minutes that an access token may live (`exp` less `iat`) at most, 1 to 1440; one issued for longer is refused',
    parse: wholeNumber(1, 1_440),
  },
  SUBSIDY_TRUSTED_PROXIES: {
    default: none,
    zh: '前置代理的地址或网段，逗号分隔；只采信它们转发的客户端地址、协议和证书',
    en: 'Addresses or networks of the proxies in front, with commas; only theirs is believed: client address, TLS, certificate',
    parse: readProxies,
  },
  SUBSIDY_CLIENT_CERTIFICATE_HEADER: {
    default: none,
    zh: '前置代理传递客户端证书（或其 SHA-256 指纹）的请求头，用于与证书绑定的令牌',
    en: 'Header in which the proxy passes on the client certificate or its SHA-256 thumbprint, for tokens bound to one',
    parse: headerName,
  },
  SUBSIDY_MASTER_KEY_FILE: {
    default: { en: 'made in the data folder', zh: '自动生成于数据目录' },
    zh: '主密钥文件（32 字节，base64；更换期间每行一个，新的在前）；关闭沙箱时必填',
    en: 'File of the master key (32 bytes, base64; while it is changed one on each line, the new one first); required with the sandbox off',
    parse: masterKeysReader,
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    default: none,
    zh: '接收调用链的 OpenTelemetry 收集器的地址（OTLP，HTTP），如 `http://127.0.0.1:4318`；不设则不产生调用链',
    en: 'Where traces go: an OpenTelemetry collector (OTLP over HTTP), such as `http://127.0.0.1:4318`; unset: no traces',
    parse: collectorUrl,
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    default: value('http/protobuf'),
    zh: '发送方式，只有 `http/protobuf`',
    en: 'How they are sent: `http/protobuf` alone',
    parse: oneOf('http/protobuf'),
  },
  OTEL_TRACES_EXPORTER: {
    default: none,
    zh: '`none` 不产生调用链；`otlp` 未设地址时发送到本机 4318 端口',
    en: '`none` for no traces; `otlp` sends them to port 4318 of this machine where no endpoint is set',
    parse: oneOf('otlp', 'none'),
  },
  OTEL_TRACES_SAMPLER: {
    default: value('parentbased_always_on'),
    zh: `采样方式：${samplers.map((one) => `\`${one}\``).join('、')}`,
    en: `Which requests are traced: ${samplers.map((one) => `\`${one}\``).join(', ')}`,
    parse: oneOf(...samplers),
  },
  OTEL_TRACES_SAMPLER_ARG: {
    default: value('1'),
    zh: '`traceidratio` 采样的比例（0–1）',
    en: 'The share for `traceidratio`, 0 to 1',
    parse: share,
  },
  OTEL_SDK_DISABLED: {
    default: value('false'),
    zh: '`true` 关闭调用链',
    en: '`true` switches traces off',
    parse: (text: string) => oneOf('true', 'false')(text) === 'true',
  },
} as const satisfies Record<string, Variable<unknown>>;
