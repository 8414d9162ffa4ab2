// The environment is read once, completely and strictly.
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { ConfigError, type Environment, readConfig, readDatabaseUrl } from '../src/platform/config/config.ts';
import { variables } from '../src/platform/config/variables.ts';
import { notInBothLanguages } from './both-languages.ts';
import { strictMatch } from './strict-match.ts';

const key = Buffer.alloc(32, 7).toString('base64');

function setup(test: Test): { folder: string; keyFile: string; production: Environment } {
  const folder = test.testdir({});
  const keyFile = join(folder, 'key');
  writeFileSync(keyFile, `${key}\n`);
  return {
    folder,
    keyFile,
    production: {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgresql://subsidy:secret@db.example:5432/subsidy',
      SUBSIDY_TOKEN_ISSUER: 'https://id.example',
      SUBSIDY_TOKEN_AUDIENCE: 'subsidy',
      SUBSIDY_TOKEN_JWKS_URL: 'https://id.example/jwks',
      SUBSIDY_MASTER_KEY_FILE: keyFile,
    },
  };
}

async function fieldErrorsOf(environment: Environment): Promise<readonly string[]> {
  try {
    await readConfig(environment);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    t.strictSame(notInBothLanguages(error.message), [], 'in Chinese, then in English');
    return error.fieldErrors;
  }
  return [];
}

t.test('an empty environment starts the sandbox on this machine with its own database', async (t) => {
  const { folder } = setup(t);
  const config = await readConfig({ SUBSIDY_DATA_DIR: folder, PATH: '/bin' });
  strictMatch(t, config, {
    environment: 'development',
    host: '127.0.0.1',
    port: 3000,
    logLevel: 'info',
    databaseUrl: undefined,
    statutoryAge: 'national',
    poolSize: 6,
    sandbox: true,
    swaggerUi: true,
    issuers: undefined,
    ownedByNpm: false,
  });
  t.ok(Object.isFrozen(config));
});

t.test('in production, with every variable set, there is neither the sandbox nor Swagger UI', async (t) => {
  const { production } = setup(t);
  const config = await readConfig(production);
  t.equal(config.sandbox, false);
  t.equal(config.swaggerUi, false);
  t.equal(config.databaseUrl, production['DATABASE_URL']);
  t.equal(String(config.issuers?.[0]?.jwksUrl), 'https://id.example/jwks');
  t.equal(config.readMasterKeys()[0].export().toString('base64'), key);
});

t.test(
  'with an external database or a public address, the sandbox starts only when configured',
  async (t) => {
    const { folder, production } = setup(t);
    const { NODE_ENV: _, ...trial } = production;
    const off = await readConfig(trial);
    t.equal(off.sandbox, false);
    t.equal(
      off.sandboxOffBecause,
      'SUBSIDY_SANDBOX: 已关闭：设有 DATABASE_URL，试用请设为 on · off, because DATABASE_URL is set; for a trial set it to on',
    );
    const asked = {
      SUBSIDY_DATA_DIR: folder,
      DATABASE_URL: 'postgres://h/d',
      HOST: '0.0.0.0',
      SUBSIDY_SANDBOX: 'on',
    };
    const on = await readConfig(asked);
    t.strictSame([on.sandbox, on.sandboxOffBecause], [true, null]);
    for (const host of ['0.0.0.0', '::', '10.0.0.7', '127.example', 'subsidy.example']) {
      const fieldErrors = await fieldErrorsOf({ SUBSIDY_DATA_DIR: folder, HOST: host });
      t.equal(
        fieldErrors.at(-1),
        'SUBSIDY_SANDBOX: 已关闭：HOST 不是本机地址，试用请设为 on · off, because HOST is no loopback address; for a trial set it to on',
        host,
      );
    }
    for (const host of ['127.0.0.1', '127.0.0.2', '::1', 'localhost'])
      t.equal((await readConfig({ SUBSIDY_DATA_DIR: folder, HOST: host })).sandbox, true, host);
  },
);

t.test('in production, every missing variable is reported at once', async (t) => {
  const fieldErrors = await fieldErrorsOf({ NODE_ENV: 'production', SUBSIDY_SANDBOX: 'on' });
  const named = fieldErrors.map((fieldError) => fieldError.split(':')[0]);
  t.strictSame(named, [
    'SUBSIDY_SANDBOX',
    'DATABASE_URL',
    'SUBSIDY_TOKEN_ISSUER',
    'SUBSIDY_TOKEN_AUDIENCE',
    'SUBSIDY_TOKEN_JWKS_URL',
    'SUBSIDY_MASTER_KEY_FILE',
  ]);
});

t.test('every invalid value and every unknown variable is reported at once, each in one line', async (t) => {
  const { folder, keyFile } = setup(t);
  writeFileSync(keyFile, 'too short');
  const bad: Environment = {
    HOST: ' ',
    PORT: '70000',
    NODE_ENV: 'Production',
    LOG_LEVEL: 'loud',
    DATABASE_URL: 'mysql://root@x/y',
    DATABASE_URL_FILE: join(folder, 'absent'),
    STATUTORY_AGE: '60',
    SUBSIDY_POOL_SIZE: '0',
    SUBSIDY_REPLICAS: '0',
    SUBSIDY_SANDBOX: 'yes',
    SUBSIDY_SWAGGER_UI: '1',
    SUBSIDY_TOKEN_JWKS_URL: 'http://id.example/jwks',
    SUBSIDY_MASTER_KEY_FILE: keyFile,
    SUBSIDY_SANDBOXX: 'on',
  };
  const fieldErrors = await fieldErrorsOf(bad);
  for (const name of Object.keys(bad)) {
    t.ok(
      fieldErrors.some((fieldError) => fieldError.startsWith(`${name}: `)),
      name,
    );
  }
  t.notOk(fieldErrors.some((fieldError) => fieldError.includes('\n')));
});

t.test('an error about a variable never contains its secret', async (t) => {
  const { keyFile } = setup(t);
  writeFileSync(keyFile, 'hunter2hunter2');
  const fieldErrors = await fieldErrorsOf({
    DATABASE_URL: 'http://u:hunter2@h',
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_MASTER_KEY_FILE: keyFile,
  });
  t.equal(fieldErrors.length, 2);
  t.notMatch(fieldErrors.join(), /hunter2/);
});

t.test('a token issuer configured beside the sandbox is rejected, because it would be ignored', async (t) => {
  const fieldErrors = await fieldErrorsOf({ SUBSIDY_TOKEN_ISSUER: 'https://id.example' });
  t.equal(fieldErrors.length, 1);
  t.match(fieldErrors[0], /^SUBSIDY_TOKEN_ISSUER: .*SUBSIDY_SANDBOX=off/);
});

t.test('every list of a variable names an item once and known ones only', async (t) => {
  for (const wrong of ['name,name', 'name,shoe-size', '']) {
    const fieldErrors = await fieldErrorsOf({ SUBSIDY_PROVINCE_WITHHOLDS: wrong });
    strictMatch(t, fieldErrors, [/^SUBSIDY_PROVINCE_WITHHOLDS: /], wrong);
  }
});

t.test('a key set may come over plain http from this machine only', async (t) => {
  const { production } = setup(t);
  const config = await readConfig({ ...production, SUBSIDY_TOKEN_JWKS_URL: 'http://127.0.0.1:9/jwks' });
  t.equal(String(config.issuers?.[0]?.jwksUrl), 'http://127.0.0.1:9/jwks');
  const fieldErrors = await fieldErrorsOf({
    ...production,
    SUBSIDY_TOKEN_JWKS_URL: 'http://127.0.0.1.example/jwks',
  });
  strictMatch(t, fieldErrors, [/^SUBSIDY_TOKEN_JWKS_URL: .* · must be an https URL/]);
});

t.test('the page is a client of the one issuer, and of none in the sandbox', async (t) => {
  const { production } = setup(t);
  const { issuers } = await readConfig({ ...production, SUBSIDY_DOCS_CLIENT_ID: 'subsidy-docs' });
  t.strictSame(
    issuers?.map(({ docsClientId }) => docsClientId),
    ['subsidy-docs'],
  );
  t.strictSame(
    (await readConfig(production)).issuers?.map((one) => 'docsClientId' in one),
    [false],
  );
  strictMatch(t, await fieldErrorsOf({ SUBSIDY_DOCS_CLIENT_ID: 'subsidy-docs' }), [
    /^SUBSIDY_DOCS_CLIENT_ID: .*SUBSIDY_SANDBOX=off/,
  ]);
});

t.test('a file lists several issuers, each with the roles that it may grant', async (t) => {
  const { folder, production } = setup(t);
  const file = join(folder, 'issuers.json');
  const {
    SUBSIDY_TOKEN_ISSUER: _issuer,
    SUBSIDY_TOKEN_AUDIENCE: _audience,
    SUBSIDY_TOKEN_JWKS_URL: _url,
    ...rest
  } = production;
  const environment = { ...rest, SUBSIDY_TOKEN_ISSUERS_FILE: file };
  const officers = {
    issuer: 'https://officers.example',
    audience: 'subsidy',
    jwksUrl: 'https://officers.example/jwks',
    roles: ['handler', 'reviewer'],
    docsClientId: 'subsidy-docs',
  };
  const { docsClientId: _docs, ...withoutDocs } = officers;
  const platforms = {
    ...withoutDocs,
    issuer: 'https://platforms.example',
    roles: ['platform'],
    senderConstrained: true,
  };
  writeFileSync(file, JSON.stringify([officers, platforms]));
  const { issuers } = await readConfig(environment);
  t.strictSame(
    issuers?.map((one) => ({ ...one, jwksUrl: String(one.jwksUrl) })),
    [{ ...officers, senderConstrained: false }, platforms],
  );

  const bad: [unknown, RegExp][] = [
    ['{', /must hold JSON$/],
    [[], /JSON array of issuers/],
    [[officers, officers], /twice/],
    [[{ ...officers, audience: undefined }], /entry 1: lacks audience/],
    [[officers, { ...platforms, kind: 'x' }], /entry 2: has the unknown kind/],
    [[{ ...officers, roles: ['chief'] }], /entry 1: roles must be a list/],
    [[{ ...officers, roles: [] }], /entry 1: roles must be a list/],
    [[{ ...officers, jwksUrl: 'http://officers.example' }], /entry 1: jwksUrl must be an https URL/],
    [[{ ...officers, issuer: 7 }], /entry 1: issuer must be a text/],
    [[{ ...officers, senderConstrained: 'yes' }], /entry 1: senderConstrained/],
    [[{ ...officers, docsClientId: '' }], /entry 1: docsClientId must be a text/],
    [[null], /entry 1: must be an object/],
  ];
  for (const [content, fieldError] of bad) {
    writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
    strictMatch(t, await fieldErrorsOf(environment), [fieldError], String(fieldError));
  }
  const both = { ...production, SUBSIDY_TOKEN_ISSUERS_FILE: file, SUBSIDY_DOCS_CLIENT_ID: 'subsidy-docs' };
  strictMatch(t, await fieldErrorsOf(both), [
    /^SUBSIDY_TOKEN_ISSUERS_FILE: /,
    /^SUBSIDY_TOKEN_ISSUER: .*beside/,
    /^SUBSIDY_TOKEN_AUDIENCE: .*beside/,
    /^SUBSIDY_TOKEN_JWKS_URL: .*beside/,
    /^SUBSIDY_DOCS_CLIENT_ID: .*beside/,
  ]);
});

t.test('only configured proxies are trusted, and trusting every address is an error', async (t) => {
  const { production } = setup(t);
  for (const proxies of ['0.0.0.0/0', '::/0', '10.0.0.0/33', 'proxy', '10.0.0.1,', '10.0.0.0/8/8']) {
    strictMatch(t, await fieldErrorsOf({ ...production, SUBSIDY_TRUSTED_PROXIES: proxies }), [
      /^SUBSIDY_TRUSTED_PROXIES: /,
    ]);
  }
  const header = { SUBSIDY_CLIENT_CERTIFICATE_HEADER: 'X-Client-Cert' };
  strictMatch(t, await fieldErrorsOf({ ...production, ...header }), [/anybody could send it/]);
  const { isTrustedProxy, clientCertificateHeader } = await readConfig({
    ...production,
    ...header,
    SUBSIDY_TRUSTED_PROXIES: '10.1.0.0/16, fd00::1',
  });
  t.equal(clientCertificateHeader, 'x-client-cert');
  const trusted = ['10.1.2.3', '10.2.2.3', 'fd00::1', 'fd00::2', '::ffff:10.1.2.3', ''].filter(
    isTrustedProxy,
  );
  t.strictSame(trusted, ['10.1.2.3', 'fd00::1', '::ffff:10.1.2.3']);
});

t.test('the database URL may be in a variable or in a file, not both', async (t) => {
  const { folder, production } = setup(t);
  const file = join(folder, 'url');
  writeFileSync(file, 'postgresql:///subsidy?host=/run/postgresql\n');
  t.equal(readDatabaseUrl({ DATABASE_URL_FILE: file }), 'postgresql:///subsidy?host=/run/postgresql');
  strictMatch(t, await fieldErrorsOf({ ...production, DATABASE_URL_FILE: file }), [
    /^DATABASE_URL_FILE: .*remove one/,
  ]);
});

t.test('beside a pooler’s URL stands that of the database, which commands use', async (t) => {
  const { production } = setup(t);
  const direct = { DATABASE_DIRECT_URL: 'postgres://h/direct' };
  const { databaseUrl, databaseDirectUrl } = await readConfig({ ...production, ...direct });
  t.strictSame([databaseUrl, databaseDirectUrl], [production['DATABASE_URL'], 'postgres://h/direct']);
  t.equal((await readConfig(production)).databaseDirectUrl, undefined);
  t.equal(readDatabaseUrl({ DATABASE_URL: 'postgres://h/pooled', ...direct }), 'postgres://h/direct');
  strictMatch(t, await fieldErrorsOf(direct), [/^DATABASE_DIRECT_URL: .*DATABASE_URL in its place$/]);
  strictMatch(t, await fieldErrorsOf({ ...production, ...direct, DATABASE_DIRECT_URL_FILE: '/nowhere' }), [
    /^DATABASE_DIRECT_URL_FILE: .*readable file/,
    /^DATABASE_DIRECT_URL_FILE: .*remove one/,
  ]);
});

t.test('migrating needs only the database URL', async (t) => {
  t.equal(readDatabaseUrl({ NODE_ENV: 'production', DATABASE_URL: 'postgres://h/d' }), 'postgres://h/d');
  t.throws(() => readDatabaseUrl({}), ConfigError);
  t.throws(() => readDatabaseUrl({ DATABASE_URL: 'postgres://h/d', SUBSIDY_X: '1' }), ConfigError);
});

t.test('the sandbox generates its key file once, readable by its owner only', async (t) => {
  const dataDir = join(setup(t).folder, 'data');
  const first = await readConfig({ SUBSIDY_DATA_DIR: dataDir });
  const second = await readConfig({ SUBSIDY_DATA_DIR: dataDir });
  t.ok(first.readMasterKeys()[0].equals(second.readMasterKeys()[0]));
  t.equal(statSync(join(dataDir, 'master.key')).mode & 0o777, 0o600);
});

t.test('an unusable data directory is an error of its variable', async (t) => {
  const { keyFile } = setup(t);
  strictMatch(t, await fieldErrorsOf({ SUBSIDY_DATA_DIR: keyFile }), [/^SUBSIDY_DATA_DIR: /]);
});

/** The README's table of variables in Markdown. */
function variablesTable(language: 'en' | 'zh'): string {
  const head = language === 'en' ? ['variable', 'default', 'meaning'] : ['变量', '默认值', '含义'];
  const rows = Object.entries(variables).map(([name, variable]) => [
    `\`${name}\``,
    variable.default[language],
    variable[language],
  ]);
  return [head, ['---', '---', '---'], ...rows].map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

for (const [language, file] of [
  ['en', 'README.md'],
  ['zh', 'README.zh-CN.md'],
] as const) {
  const path = join(import.meta.dirname, '..', file);
  t.test(`${file} contains the code's table of variables`, async (t) => {
    t.ok(readFileSync(path, 'utf8').includes(variablesTable(language)), variablesTable(language));
  });
}

t.test('traces are switched on and off by the standard variables of OpenTelemetry', async (t) => {
  const { folder } = setup(t);
  const tracesOf = async (more: Environment) =>
    (await readConfig({ SUBSIDY_DATA_DIR: folder, ...more })).traces;
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };
  const all = { sampler: 'parentbased_always_on', ratio: 1 };
  t.equal(await tracesOf({}), undefined);
  t.strictSame(await tracesOf(endpoint), all);
  t.strictSame(await tracesOf({ OTEL_TRACES_EXPORTER: 'otlp' }), all);
  t.equal(await tracesOf({ ...endpoint, OTEL_TRACES_EXPORTER: 'none' }), undefined);
  t.equal(await tracesOf({ ...endpoint, OTEL_SDK_DISABLED: 'true' }), undefined);
  t.strictSame(
    await tracesOf({ ...endpoint, OTEL_TRACES_SAMPLER: 'traceidratio', OTEL_TRACES_SAMPLER_ARG: '0.1' }),
    { sampler: 'traceidratio', ratio: 0.1 },
  );
  const wrong = {
    OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc',
    OTEL_TRACES_SAMPLER: 'sometimes',
    OTEL_TRACES_SAMPLER_ARG: '2',
  };
  const names = Object.keys(wrong).map((name) => new RegExp(`^${name}: `));
  strictMatch(t, await fieldErrorsOf({ SUBSIDY_DATA_DIR: folder, ...wrong }), names);
});

t.test('docker-compose.yml passes every variable of the table to the service', async (t) => {
  const compose: { services: { service: { environment: Record<string, unknown> } } } = parse(
    readFileSync(join(import.meta.dirname, '../docker-compose.yml'), 'utf8'),
  );
  const { environment } = compose.services.service;
  // The image sets where it listens and keeps its data; the URL and the key come by file.
  const setElsewhere = ['HOST', 'PORT', 'SUBSIDY_DATA_DIR', 'DATABASE_URL'];
  const missing = Object.keys(variables).filter((name) => !(name in environment));
  t.strictSame(missing.sort(), setElsewhere.sort());
  t.strictSame(
    Object.keys(environment).filter((name) => !(name in variables) && !name.startsWith('OTEL_')),
    [],
    'and no other, but what OpenTelemetry reads itself',
  );
});

t.test('variables that Kubernetes injects for a Service named subsidy are let pass', async (t) => {
  const { production } = setup(t);
  const injected = {
    SUBSIDY_SERVICE_HOST: '10.96.0.7',
    SUBSIDY_SERVICE_PORT: '3000',
    SUBSIDY_SERVICE_PORT_HTTP: '3000',
    SUBSIDY_PORT: 'tcp://10.96.0.7:3000',
    SUBSIDY_PORT_3000_TCP: 'tcp://10.96.0.7:3000',
    SUBSIDY_PORT_3000_TCP_ADDR: '10.96.0.7',
  };
  t.strictSame(await fieldErrorsOf({ ...production, ...injected }), []);
  strictMatch(t, await fieldErrorsOf({ ...production, SUBSIDY_SERVICE_HOSTS: '10.96.0.7' }), [
    /^SUBSIDY_SERVICE_HOSTS: /,
  ]);
});
