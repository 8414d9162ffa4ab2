// The two database machines of deploy/ha, the third with HAProxy, and the machine's loss: all on this machine, on free ports,
// in one folder, under an ordinary account, with Debian's patroni, etcd-server, haproxy and postgresql-15. Holds no test.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chownSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { serverAccount } from '../../src/sandbox/cluster.ts';
import { childrenOf } from '../processes.ts';
import { comesTrue } from '../program.ts';

const configuration = join(import.meta.dirname, '../../deploy/ha');
const host = '127.0.0.1';
const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8' };
const wellWithinMs = 120_000;
const stopWithinMs = 20_000;

/** What of the programs is not installed. */
export function missingPrograms(): string[] {
  const needed = ['patroni', 'patronictl', 'etcd', 'haproxy', '/usr/lib/postgresql/15/bin/postgres'];
  return needed.filter((program) => spawnSync(program, ['--help'], { env: environment }).error !== undefined);
}

export type NodeName = 'a' | 'b';
type Values = Readonly<Record<string, string | number>>;

/** A node as Patroni tells of it. */
interface Member {
  readonly name: NodeName;
  readonly role: 'leader' | 'sync_standby' | 'replica';
  readonly state: string;
  readonly timeline: number;
}

export type Cluster = Awaited<ReturnType<typeof startCluster>>;

/** @param folder that ordinary accounts may enter; holds data, configuration and logs */
export async function startCluster(folder: string) {
  const ports = await freePorts(
    ...['etcdA', 'peerA', 'etcdB', 'peerB', 'etcdC', 'peerC'],
    ...['patroniA', 'postgresA', 'patroniB', 'postgresB', 'haproxy'],
  );
  const secret = () => randomBytes(16).toString('hex');
  const common = {
    ADDRESS: host,
    NETWORK: `${host}/32`,
    ETCD_PEERS: `a=http://${host}:${ports['peerA']},b=http://${host}:${ports['peerB']},c=http://${host}:${ports['peerC']}`,
    ETCD_HOSTS: `${host}:${ports['etcdA']},${host}:${ports['etcdB']},${host}:${ports['etcdC']}`,
    A_ADDRESS: host,
    B_ADDRESS: host,
    PATRONI_PASSWORD: secret(),
    POSTGRES_PASSWORD: secret(),
    REPLICATOR_PASSWORD: secret(),
    REWINDER_PASSWORD: secret(),
  };
  const portsOf = (letter: string): Values => ({
    ETCD_PORT: ports[`etcd${letter}`] ?? 0,
    ETCD_PEER_PORT: ports[`peer${letter}`] ?? 0,
    PATRONI_PORT: ports[`patroni${letter}`] ?? 0,
    POSTGRES_PORT: ports[`postgres${letter}`] ?? 0,
  });
  const nodes = {
    a: openNode(folder, 'a', { ...common, ...portsOf('A') }),
    b: openNode(folder, 'b', { ...common, ...portsOf('B') }),
  };
  const third = openMachine(folder, 'c', {
    ...common,
    ...portsOf('C'),
    HAPROXY_PORT: ports['haproxy'] ?? 0,
    A_POSTGRES_PORT: ports['postgresA'] ?? 0,
    A_PATRONI_PORT: ports['patroniA'] ?? 0,
    B_POSTGRES_PORT: ports['postgresB'] ?? 0,
    B_PATRONI_PORT: ports['patroniB'] ?? 0,
  });
  third.start('etcd');
  third.start('haproxy');
  nodes.a.startAll();
  nodes.b.startAll();

  /** Empty while nobody answers. */
  async function members(): Promise<readonly Member[]> {
    for (const letter of ['A', 'B']) {
      const url = `http://${host}:${ports[`patroni${letter}`]}/cluster`;
      const asked = fetch(url, { signal: AbortSignal.timeout(1_000) }).then((answer) => answer.json());
      const answer = (await asked.catch(() => ({}))) as { members?: readonly Member[] };
      if (answer.members !== undefined) return answer.members;
    }
    return [];
  }

  async function leader(): Promise<Member> {
    const found = (await members()).find(({ role }) => role === 'leader');
    if (found === undefined) throw new Error('there is no leader');
    return found;
  }

  return {
    /** The superuser's, by way of HAProxy. */
    url: `postgresql://postgres:${common.POSTGRES_PASSWORD}@${host}:${ports['haproxy']}/postgres`,
    nodes,
    leader,
    /** Waits until there are a leader and a standby, which has every commit unless replication is asynchronous. */
    async isWell(standby: Member['role'] = 'sync_standby'): Promise<void> {
      const isWell = async () => {
        const running = (await members()).filter(({ state }) => state === 'running' || state === 'streaming');
        return ['leader', standby].every((role) => running.some((member) => member.role === role));
      };
      if (!(await comesTrue(isWell, wellWithinMs))) throw new Error(JSON.stringify(await members()));
    },
    /** Runs `patronictl` as an operator does. */
    async patronictl(...args: readonly string[]): Promise<void> {
      const { account, folder } = nodes[(await leader()).name];
      const all = ['-c', join(folder, 'patroni.yml'), ...args];
      const child = spawn('patronictl', all, { ...account, cwd: '/', env: { ...environment, HOME: folder } });
      let said = '';
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (text) => {
          said += text;
        });
      const [code] = await once(child, 'close');
      if (code !== 0) throw new Error(`patronictl ${args.join(' ')}: ${said}`);
    },
    /** etcd of all three, as when nobody reaches anybody's. */
    async loseEtcd(): Promise<() => void> {
      const all = [nodes.a, nodes.b, third];
      await Promise.all(all.map((machine) => machine.end('etcd', 'SIGKILL')));
      return () => {
        for (const machine of all) machine.start('etcd');
      };
    },
    async stop(): Promise<void> {
      await Promise.all([nodes.a.end('patroni', 'SIGTERM'), nodes.b.end('patroni', 'SIGTERM')]);
      await third.end('haproxy', 'SIGTERM');
      await Promise.all([nodes.a, nodes.b, third].map((machine) => machine.end('etcd', 'SIGTERM')));
    },
  };
}

/** A machine's programs, each with its file of deploy/ha. */
const programs = {
  etcd: { file: 'etcd.yml', args: (file: string) => ['--config-file', file] },
  patroni: { file: 'patroni.yml', args: (file: string) => [file] },
  haproxy: { file: 'haproxy.cfg', args: (file: string) => ['-db', '-f', file] },
};
type Program = keyof typeof programs;

function openMachine(parent: string, name: string, values: Values) {
  const account = serverAccount();
  const folder = join(parent, name);
  const own = (path: string) => {
    if (account.uid !== undefined) chownSync(path, account.uid, account.gid);
  };
  mkdirSync(folder, { mode: 0o700 });
  own(folder);
  const running = new Map<Program, ChildProcess>();

  return {
    account,
    folder,
    running,
    start(program: Program): void {
      const { file, args } = programs[program];
      const filled = join(folder, file);
      const all: Values = { ...values, NAME: name, FOLDER: folder };
      const text = readFileSync(join(configuration, file), 'utf8');
      const whole = text.replaceAll(/\$\{([A-Z_]+)\}/g, (_, key: string) => {
        if (!Object.hasOwn(all, key)) throw new Error(`${file}: no value for ${key}`);
        return String(all[key]);
      });
      writeFileSync(filled, whole, { mode: 0o600 });
      own(filled);
      const log = openSync(join(folder, `${program}.log`), 'a');
      const child = spawn(program, args(filled), {
        ...account,
        cwd: '/',
        env: { ...environment, HOME: folder },
        stdio: ['ignore', log, log],
        // Ctrl-C is for the drill, which then stops all of them in order.
        detached: true,
      });
      running.set(program, child);
    },
    async end(program: Program, signal: 'SIGTERM' | 'SIGKILL'): Promise<void> {
      const child = running.get(program);
      running.delete(program);
      if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, 'exit');
      child.kill(signal);
      const timer = setTimeout(() => child.kill('SIGKILL'), stopWithinMs);
      await exit;
      clearTimeout(timer);
    },
  };
}

function openNode(parent: string, name: NodeName, values: Values) {
  const machine = openMachine(parent, name, values);
  const { folder, running } = machine;
  const postmaster = () =>
    Number(readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n', 1)[0]);
  /** Patroni first: it would start PostgreSQL again. */
  const everything = () => {
    const own = [running.get('patroni'), running.get('etcd')].flatMap((child) => child?.pid ?? []);
    return [...own, postmaster(), ...childrenOf(postmaster())];
  };
  return {
    ...machine,
    name,
    startAll(): void {
      machine.start('etcd');
      machine.start('patroni');
    },
    /** As when the machine loses its power: PostgreSQL, Patroni and etcd are gone. */
    async kill(): Promise<void> {
      signal('SIGKILL', everything());
      await Promise.all([machine.end('patroni', 'SIGKILL'), machine.end('etcd', 'SIGKILL')]);
    },
    /** As when the machine hangs: nothing is answered, and nobody is told. Returns what lets it go on. */
    freeze(): () => void {
      const frozen = everything();
      signal('SIGSTOP', frozen);
      return () => signal('SIGCONT', frozen);
    },
    killPostgres: (): void => signal('SIGKILL', [postmaster()]),
    /** From now on commits stay on this node. */
    stopSending(): void {
      const isSender = (pid: number) => readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('walsender');
      const senders = childrenOf(postmaster()).filter(isSender);
      if (senders.length === 0) throw new Error(`${name} sends nothing`);
      signal('SIGSTOP', senders);
    },
    log: (): string => readFileSync(join(folder, 'patroni.log'), 'utf8'),
  };
}

function signal(name: NodeJS.Signals, pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, name);
    } catch (error) {
      // PostgreSQL's own processes end with it.
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  }
}

/** A port for each name. All are held until the last is known, so that none is given twice. */
async function freePorts(...names: readonly string[]): Promise<Readonly<Record<string, number>>> {
  const held = names.map(() => createServer().listen(0, host));
  await Promise.all(held.map((server) => once(server, 'listening')));
  const found = held.map((server) => {
    const address = server.address();
    server.close();
    return typeof address === 'object' && address !== null ? address.port : 0;
  });
  return Object.fromEntries(names.map((name, index) => [name, found[index] ?? 0]));
}
