// docker-compose.yml: what it mounts exists, and what it opens is for this machine alone.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parse } from 'yaml';

const root = join(import.meta.dirname, '../..');
const read = (path: string) => parse(readFileSync(join(root, path), 'utf8'));

interface Service {
  readonly image?: string;
  readonly profiles?: readonly string[];
  readonly environment?: Readonly<Record<string, unknown>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly networks?: readonly string[];
  readonly secrets?: readonly string[];
  readonly stop_grace_period?: string;
}

const { services, secrets } = read('docker-compose.yml') as {
  readonly services: Readonly<Record<'database' | 'migrate' | 'service' | 'prometheus' | 'grafana', Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
};
const all = Object.values(services);

t.test('every file that is mounted exists, and every secret is told how to make', async (t) => {
  const files = all
    .flatMap(({ volumes = [] }) => volumes.map((volume) => volume.split(':')[0] ?? ''))
    .filter((source) => source.startsWith('./'));
  t.ok(files.length > 3, `${files.length} files`);
  t.strictSame(
    files.filter((file) => !existsSync(join(root, file))),
    [],
  );
  const head = readFileSync(join(root, 'docker-compose.yml'), 'utf8').split('\nservices:')[0] ?? '';
  for (const name of all.flatMap((service) => service.secrets ?? [])) {
    t.equal(secrets[name]?.file, `./secrets/${name}`);
    t.ok(head.includes(`> secrets/${name}`), `${name} is made`);
  }
});

t.test(
  'Prometheus and Grafana come with their profile, and reach the service’s metrics and nothing else',
  async (t) => {
    const { prometheus, grafana, service, database } = services;
    t.strictSame(
      all.filter(({ profiles }) => profiles !== undefined),
      [prometheus, grafana],
    );
    for (const { profiles, networks } of [prometheus, grafana])
      t.strictSame([profiles, networks], [['observability'], ['monitoring']]);
    t.strictSame([service.networks, database.networks], [['default', 'monitoring'], undefined]);
    const { scrape_configs } = read('deploy/observability/prometheus.yml') as {
      scrape_configs: readonly { dns_sd_configs: readonly { names: readonly string[]; port: number }[] }[];
    };
    const [target] = scrape_configs[0]?.dns_sd_configs ?? [];
    t.strictSame(target?.names, ['service']);
    t.equal(target?.port, service.environment?.['SUBSIDY_METRICS_PORT']);
  },
);

t.test('ports are open to this machine alone, and that of the metrics not at all', async (t) => {
  const published = all.flatMap(({ ports = [] }) => ports);
  t.strictSame(published, ['127.0.0.1:3000:3000', '127.0.0.1:9090:9090', '127.0.0.1:3001:3000']);
});

t.test('images of others are of a version that is named, and the service has its time to stop', async (t) => {
  const others = all.flatMap(({ image = '' }) => (image.includes(':') ? [image] : []));
  t.strictSame(
    others.filter((image) => !/:v?\d+(\.\d+)*$/.test(image)),
    [],
  );
  t.equal(others.length, 3);
  const closeSeconds = Number(
    /closeMs = (\d+)_000/.exec(readFileSync(join(root, 'src/main.ts'), 'utf8'))?.[1],
  );
  t.ok(Number.parseInt(services.service.stop_grace_period ?? '', 10) > closeSeconds);
});
