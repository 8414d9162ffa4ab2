// The started program when more is asked for than it can do. The ratios are generous, for a busy machine; `npm run bench --
// overload` measures them.

import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import t from 'tap';
import type { Storm, Weathered } from '../../bench/load.ts';
import { testDatabase } from '../database.ts';
import { dataFolder, serve, tokenOf } from '../program.ts';

t.setTimeout(120_000);

const clients = 16;
const hammering = 800;
const seconds = 2;

t.test('three times the load and 800 sockets that retry at once leave the work undisturbed', async (t) => {
  const { serviceUrl } = await testDatabase(t);
  const service = await serve(t, {
    DATABASE_URL: serviceUrl,
    SUBSIDY_SANDBOX: 'on',
    SUBSIDY_DATA_DIR: dataFolder(t),
    SUBSIDY_RATE_LIMIT: '10000000',
    SUBSIDY_ADDRESS_LIMIT: '10000000',
    SUBSIDY_CONNECTIONS_PER_ADDRESS: '2000',
  });
  const generator = new Worker(new URL('../../bench/load.ts', import.meta.url));
  t.teardown(() => generator.terminate());
  const personas = ['handler-360203', 'handler-360281', 'reviewer-360203', 'platform-ganfutong'];
  const shots = await Promise.all(
    personas.map(async (one) => ({
      method: 'GET' as const,
      path: '/v1/applications',
      headers: { authorization: `Bearer ${await tokenOf(service.url, one)}` },
    })),
  );
  const weather = async (connections: number, perSecond?: number): Promise<Weathered> => {
    const storm: Storm = {
      origin: service.url,
      connections,
      shots: Array.from({ length: hammering }, () => shots).flat(),
      seconds,
      onceEach: false,
      ...(perSecond === undefined ? {} : { perSecond }),
    };
    generator.postMessage(storm);
    return (await once(generator, 'message'))[0];
  };
  const told = () => service.lines.filter((line) => line.includes('"requests refused"'));

  await weather(clients); // warms what every process does first
  const peak = await weather(clients);
  t.equal(peak.refusedPerSecond, 0);
  const thrice = await weather(300, 3 * peak.servedPerSecond);
  const storm = weather(hammering);
  const health: boolean[] = [];
  let isStorming = true;
  storm.finally(() => {
    isStorming = false;
  });
  while (isStorming) {
    const answers = await Promise.all(['live', 'ready'].map((one) => fetch(`${service.url}/health/${one}`)));
    health.push(answers.every(({ status }) => status === 200));
    await Promise.all(answers.map((answer) => answer.text()));
  }
  const hammered = await storm;
  const linesOfRefusals = told().length;
  const after = await weather(clients);

  const figuresOf = ({ left: _, ...figures }: Weathered) => JSON.stringify(figures);
  const figures = [peak, thrice, hammered, after].map(figuresOf).join('\n');
  const usual = Math.min(peak.servedPerSecond, after.servedPerSecond);
  t.ok(thrice.servedPerSecond > 0.5 * usual, `at three times the load:\n${figures}`);
  t.ok(hammered.servedPerSecond > 0.25 * usual, `from ${hammering} sockets:\n${figures}`);
  t.ok(thrice.p99Ms < 6 * Math.max(peak.p99Ms, after.p99Ms), `served in time:\n${figures}`);
  t.ok(hammered.refusedPerSecond > 0);
  t.strictSame([thrice.untold, hammered.untold], [0, 0], 'every refusal says when to come back');
  t.ok(health.length > 2 && health.every(Boolean), 'health is told meanwhile');
  t.ok(linesOfRefusals > 0 && linesOfRefusals <= 6 * seconds, `${linesOfRefusals} lines`);
  t.ok(told().every((line) => !line.includes('stack')));
  t.equal(after.refusedPerSecond, 0, 'normal again at once');
});
