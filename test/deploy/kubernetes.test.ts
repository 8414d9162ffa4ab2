// The manifests for Kubernetes: of Kubernetes' own types, in agreement with each other, the image and the program.

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Deployment } from 'kubernetes-types/apps/v1.d.ts';
import type { Job } from 'kubernetes-types/batch/v1.d.ts';
import type { EnvVar, PodSpec, Secret, Service } from 'kubernetes-types/core/v1.d.ts';
import type { NetworkPolicy } from 'kubernetes-types/networking/v1.d.ts';
import type { PodDisruptionBudget } from 'kubernetes-types/policy/v1.d.ts';
import t, { type Test } from 'tap';
import { parseAllDocuments } from 'yaml';
import { readConfig, readDatabaseUrl } from '../../src/platform/config/config.ts';
import { variables } from '../../src/platform/config/variables.ts';

const root = join(import.meta.dirname, '../..');
const folder = join(root, 'deploy/kubernetes');
const read = (path: string) => readFileSync(join(root, path), 'utf8');

const documentsOf = (file: string): unknown[] =>
  parseAllDocuments(readFileSync(join(folder, file), 'utf8')).map((document) => document.toJS());

/** The only manifest of a file. Compared with its type below. */
function manifest<T>(file: string): T {
  const [one, ...more] = documentsOf(file);
  if (more.length > 0) throw new Error(`${file} holds several`);
  return one as T;
}

const deployment = manifest<Deployment>('deployment.yaml');
const job = manifest<Job>('migration.yaml');
const budget = manifest<PodDisruptionBudget>('disruption-budget.yaml');
const policy = manifest<NetworkPolicy>('network-policy.yaml');
const services = ['service.yaml', 'metrics-service.yaml'].map((file) => manifest<Service>(file));
const secrets = documentsOf('secrets.example.yaml') as readonly Secret[];
const kustomization = manifest<{ resources: string[]; images: { newTag: string }[] }>('kustomization.yaml');

const pods = [deployment.spec?.template.spec, job.spec?.template.spec].filter((pod) => pod !== undefined);
const [servicePod, migrationPod] = pods as [PodSpec, PodSpec];
const containerOf = ({ containers: [container] }: PodSpec) => {
  if (container === undefined) throw new Error('a pod without a container');
  return container;
};
const environmentOf = (pod: PodSpec) =>
  Object.fromEntries((containerOf(pod).env ?? []).map(({ name, value }: EnvVar) => [name, value]));
const environment = environmentOf(servicePod);
const dockerfile = read('Dockerfile');
const setByImage = (name: string) => new RegExp(`${name}="?([^" \\n]+)`).exec(dockerfile)?.[1];

/** What TypeScript says of manifests as values of Kubernetes' types: unknown fields, missing ones and wrong types. */
function faultsOf(test: Test, manifests: readonly object[]): string[] {
  const lines = manifests.map((one, index) => {
    const { apiVersion = '', kind = '' } = one as { apiVersion?: string; kind?: string };
    const module = apiVersion.includes('/') ? apiVersion.replace('.k8s.io', '') : `core/${apiVersion}`;
    return `export const m${index}: import('kubernetes-types/${module}').${kind} = ${JSON.stringify(one)};`;
  });
  const at = test.testdir({});
  const file = join(at, 'manifests.ts');
  writeFileSync(file, lines.join('\n'));
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    [
      join(root, 'node_modules/typescript/lib/tsc.js'),
      ...['--noEmit', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck', '--types', ''],
      ...['--ignoreConfig', '--module', 'esnext', '--moduleResolution', 'bundler'],
      file,
    ],
    { cwd: root, encoding: 'utf8' },
  );
  const faults = stdout.split('\n').filter((line) => line.includes(' error '));
  if (status !== 0 && faults.length === 0) throw new Error(`tsc ended with ${status}: ${stdout}${stderr}`);
  return faults;
}

t.test('every manifest is of the type that Kubernetes has for it', async (t) => {
  const manifests = readdirSync(folder)
    .filter((file) => file !== 'kustomization.yaml')
    .flatMap((file) => documentsOf(file) as object[]);
  t.equal(manifests.length, 8);
  t.strictSame(faultsOf(t, manifests), []);
  const misspelt = JSON.parse(JSON.stringify(deployment).replace('readinessProbe', 'readynessProbe'));
  const untyped = JSON.parse(JSON.stringify(deployment).replace('"replicas":3', '"replicas":"3"'));
  const { spec: _, ...incomplete } = JSON.parse(JSON.stringify(services[0]));
  const found = faultsOf(t, [misspelt, untyped, { ...incomplete, specs: {} }]).join('\n');
  for (const fault of ['readynessProbe', "'string' is not assignable to type 'number'", 'specs'])
    t.ok(found.includes(fault), `a fault is found: ${fault}`);
});

t.test('kustomization.yaml has all but the secrets and the migration, in this version', async (t) => {
  const { version } = JSON.parse(read('package.json')) as { version: string };
  const apart = ['kustomization.yaml', 'migration.yaml', 'secrets.example.yaml'];
  t.strictSame([...kustomization.resources, ...apart].sort(), readdirSync(folder).sort());
  t.strictSame(
    kustomization.images.map(({ newTag }) => newTag),
    [version],
  );
  t.strictSame(
    pods.map((pod) => containerOf(pod).image),
    Array(2).fill(`flexible-employment-subsidy:${version}`),
  );
});

t.test('the service starts on its variables, and the migration on its own', async (t) => {
  const unknown = pods
    .flatMap((pod) => Object.keys(environmentOf(pod)))
    .filter((name) => !(name in variables));
  t.strictSame(unknown, []);
  const files = t.testdir({
    'database-url': 'postgresql://subsidy_app:secret@db.example:5432/subsidy',
    'master-key': Buffer.alloc(32, 7).toString('base64'),
  });
  const here = (values: object) =>
    JSON.parse(JSON.stringify(values).replaceAll('/run/secrets/subsidy', files)) as Record<string, string>;
  const config = await readConfig({
    NODE_ENV: 'production',
    HOST: '0.0.0.0',
    PORT: '3000',
    ...here(environment),
  });
  t.equal(config.sandbox, false);
  t.equal(config.replicas, deployment.spec?.replicas, 'SUBSIDY_REPLICAS is the number of processes');
  t.match(readDatabaseUrl(here(environmentOf(migrationPod))), /^postgresql:/);
});

t.test('secrets are mounted under the names that the example has, and the example holds none', async (t) => {
  const keysOf = (name: string | undefined) =>
    Object.keys(secrets.find(({ metadata }) => metadata?.name === name)?.stringData ?? {});
  for (const pod of pods) {
    const [mount] = containerOf(pod).volumeMounts ?? [];
    const volume = pod.volumes?.find(({ name }) => name === mount?.name);
    const files = Object.entries(environmentOf(pod)).filter(([name]) => name.endsWith('_FILE'));
    t.strictSame(
      files.map(([, path]) => path).sort(),
      keysOf(volume?.secret?.secretName)
        .map((key) => `${mount?.mountPath}/${key}`)
        .sort(),
    );
  }
  t.strictSame(
    secrets.flatMap(({ stringData = {} }) => Object.values(stringData)),
    ['', '', ''],
  );
});

t.test('ports are those of the image and of the variables, and every name of a port exists', async (t) => {
  const ports = Object.fromEntries(
    (containerOf(servicePod).ports ?? []).map(({ name = '', containerPort }) => [name, containerPort]),
  );
  const metricsPort = environment['SUBSIDY_METRICS_PORT'];
  t.strictSame(ports, { http: Number(setByImage('PORT')), metrics: Number(metricsPort) });
  const { annotations } = deployment.spec?.template.metadata ?? {};
  t.equal(annotations?.['prometheus.io/port'], metricsPort);
  const named = [
    ...services.flatMap(({ spec }) => (spec?.ports ?? []).map(({ targetPort }) => targetPort)),
    ...(policy.spec?.ingress ?? []).flatMap(({ ports = [] }) => ports.map(({ port }) => port)),
    ...(['startupProbe', 'livenessProbe', 'readinessProbe'] as const).map(
      (probe) => containerOf(servicePod)[probe]?.httpGet?.port,
    ),
  ];
  t.strictSame(
    named.filter((name) => !Object.hasOwn(ports, String(name))),
    [],
  );
});

t.test('services, the disruption budget and the network policy select the pods they are about', async (t) => {
  const labels = (template: Deployment['spec'] | Job['spec']) => template?.template.metadata?.labels ?? {};
  const ofService = labels(deployment.spec);
  const selects = (selector: object | undefined, pod: object) =>
    Object.entries(selector ?? { nothing: '' }).every(([name, value]) => Object(pod)[name] === value);
  const selectors = [
    deployment.spec?.selector.matchLabels,
    budget.spec?.selector?.matchLabels,
    servicePod.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels,
    ...services.map(({ spec }) => spec?.selector),
  ];
  for (const selector of selectors) {
    t.ok(selects(selector, ofService));
    t.notOk(selects(selector, labels(job.spec)), 'and not the migration');
  }
  for (const pod of [ofService, labels(job.spec)]) t.ok(selects(policy.spec?.podSelector.matchLabels, pod));
});

t.test('no pod has more rights than the image needs', async (t) => {
  t.match(dockerfile, /USER node\n(?!.*USER )/s, 'the account node, which is 1000 in its base image');
  for (const pod of pods) {
    t.equal(pod.enableServiceLinks, false);
    t.equal(pod.automountServiceAccountToken, false);
    t.strictSame(pod.securityContext, {
      runAsNonRoot: true,
      runAsUser: 1000,
      runAsGroup: 1000,
      fsGroup: 1000,
      seccompProfile: { type: 'RuntimeDefault' },
    });
    t.strictSame(containerOf(pod).securityContext, {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    });
  }
});

t.test('memory suffices for the heap and the worker threads, and the time for stopping', async (t) => {
  const heap = Number(/--max-old-space-size=(\d+)/.exec(dockerfile)?.[1]);
  const mebibytesOf = (pod: PodSpec) => {
    const [, number, unit] =
      /^(\d+)([MG])i$/.exec(containerOf(pod).resources?.limits?.['memory'] ?? '') ?? [];
    return Number(number) * (unit === 'G' ? 1_024 : 1);
  };
  const [threads, ofEach] = [/mostThreads = (\d+)/, /heapMegabytes = (\d+)/].map((one) =>
    Number(one.exec(read('src/runtime/threads/pool.ts'))?.[1]),
  );
  t.ok(mebibytesOf(servicePod) >= heap + Number(threads) * Number(ofEach) + 128);
  t.ok(mebibytesOf(migrationPod) >= heap + 128);
  const closeSeconds = Number(/closeMs = (\d+)_000/.exec(read('src/main.ts'))?.[1]);
  const { lifecycle } = containerOf(servicePod);
  const pause = lifecycle?.preStop?.sleep?.seconds ?? Number.NaN;
  t.ok(Number(servicePod.terminationGracePeriodSeconds) > pause + closeSeconds);
});
