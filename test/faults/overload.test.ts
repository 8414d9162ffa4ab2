// One process when more is asked for than it can do, and clients beside that write and come back when they are told. The ratios
// are generous, for a busy machine; `npm run bench -- overload` measures them.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Storm, Weathered } from '../../bench/load.ts';
import { testDatabase } from '../database.ts';
import { tokenOf } from '../program.ts';
import { holds } from './checks.ts';
import { startReplicas } from './replicas.ts';
import { isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(180_000);

const clients = 16;
const hammering = 800;
/** Another client, each of whose sockets asks once a second. */
const gentle = 5;
const seconds = isLong ? 10 : 2;
const mostWriters = 2;

t.test('three times the load and 800 sockets that retry at once leave the work undisturbed', async (t) => {
  const random = randomOf(t);
  const { db, serviceUrl } = await testDatabase(t);
  const replicas = await startReplicas(t, serviceUrl, { environment: { LOG_LEVEL: 'warn' } });
  const [origin = ''] = replicas.urls;
  const [crowd, others] = [startLoad(), startLoad()];
  const shotsOf = async (...personas: readonly string[]) => {
    const shots = personas.map(async (one) => ({
      method: 'GET' as const,
      path: '/v1/applications',
      headers: { authorization: `Bearer ${await tokenOf(origin, one)}` },
    }));
    const some = await Promise.all(shots);
    return Array.from({ length: hammering }, () => some).flat();
  };
  const shots = await shotsOf('handler-360203', 'handler-360281', 'reviewer-360203', 'platform-wujia2');
  const usual = { origin, shots, seconds, onceEach: false };
  const told = () => replicas.lines().filter((line) => line.includes('"requests refused"'));

  // From the beginning: a list of no cases is answered faster than clients can ask for it three times as often.
  const writers = await startWriters({ urls: replicas.urls, random, writers: mostWriters });
  await crowd({ ...usual, connections: clients }); // warms what every process does first
  const peak = await crowd({ ...usual, connections: clients });
  t.equal(peak.refusedPerSecond, 0);
  const thrice = await crowd({ ...usual, connections: 300, perSecond: 3 * peak.servedPerSecond });

  const gently = await shotsOf('second-reviewer-360203');
  const storm = crowd({ ...usual, connections: hammering });
  const besides = others({ ...usual, shots: gently, connections: gentle, perSecond: gentle });
  const health: boolean[] = [];
  let isStorming = true;
  storm.finally(() => {
    isStorming = false;
  });
  while (isStorming) {
    const answers = await Promise.all(['live', 'ready'].map((one) => fetch(`${origin}/health/${one}`)));
    health.push(answers.every(({ status }) => status === 200));
    await Promise.all(answers.map((answer) => answer.text()));
  }
  const [hammered, beside] = [await storm, await besides];
  const linesOfRefusals = told().length;
  await holds(t, { db, replicas, writers });
  const after = await crowd({ ...usual, connections: clients });

  const figuresOf = ({ left: _, ...figures }: Weathered) => JSON.stringify(figures);
  const figures = [peak, thrice, hammered, beside, after].map(figuresOf).join('\n');
  const before = Math.min(peak.servedPerSecond, after.servedPerSecond);
  t.ok(thrice.servedPerSecond > 0.2 * before, `at three times the load:\n${figures}`);
  t.ok(hammered.servedPerSecond > 0, `from ${hammering} sockets:\n${figures}`);
  t.ok(hammered.refusedPerSecond > 0);
  t.ok(beside.servedPerSecond > 0, `another is served beside them:\n${figures}`);
  // The suite runs other files meanwhile: how much is left then says little.
  if (isLong) {
    t.ok(thrice.servedPerSecond > 0.5 * before, `at three times the load:\n${figures}`);
    t.ok(thrice.p99Ms < 6 * Math.max(peak.p99Ms, after.p99Ms), `served in time:\n${figures}`);
    t.ok(hammered.servedPerSecond > 0.1 * before, `from ${hammering} sockets:\n${figures}`);
    t.ok(beside.servedPerSecond > beside.refusedPerSecond, `another is served beside them:\n${figures}`);
  }
  t.strictSame([thrice.untold, hammered.untold], [0, 0], 'every refusal says when to come back');
  t.ok(health.length > 2 && health.every(Boolean), 'health is told meanwhile');
  t.ok(linesOfRefusals > 0 && linesOfRefusals <= 6 * seconds, `${linesOfRefusals} lines`);
  t.ok(told().every((line) => !line.includes('stack')));
  t.equal(after.refusedPerSecond, 0, 'normal again at once');

  const parts = ({ servedPerSecond }: Weathered) => (servedPerSecond / peak.servedPerSecond).toFixed(2);
  const ms = (value: number) => `${Math.round(value)} ms`;
  tell(t, {
    fault: 'three times the load, due at a fixed rate, beside writers',
    processes: 1,
    often: `for ${seconds} s`,
    held: `${parts(thrice)} of the peak is served, p99 ${(thrice.p99Ms / peak.p99Ms).toFixed(1)} times; refusals within ${ms(thrice.refusedP99Ms)} (p99)`,
    worstMs: null,
  });
  tell(t, {
    fault: `${hammering} sockets that retry at once, beside writers that do not`,
    processes: 1,
    often: `for ${seconds} s`,
    held: `${parts(hammered)} of the peak is served, they themselves are refused within ${ms(hammered.refusedP99Ms)}; another client is answered within ${ms(beside.p99Ms)} (p99), ${beside.refusedPerSecond} of ${gentle} a second refused; ${writers.written.length} writes`,
    worstMs: writers.longestPauseMs(),
  });
});

/** Clients in a thread of their own. */
function startLoad(): (storm: Storm) => Promise<Weathered> {
  const worker = new Worker(new URL('../../bench/load.ts', import.meta.url));
  t.teardown(() => worker.terminate());
  return async (storm) => {
    worker.postMessage(storm);
    return (await once(worker, 'message'))[0];
  };
}
