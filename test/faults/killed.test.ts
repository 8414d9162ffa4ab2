// The process is killed (kill -9) again and again while clients write, alone and as one of three on one database.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { testDatabase } from '../database.ts';
import { holds } from './checks.ts';
import { startReplicas } from './replicas.ts';
import { isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(600_000);

const kills = isLong ? 20 : 3;
const shortestLifeMs = 200;
const longestLifeMs = 1_200;

for (const count of [1, 3]) {
  t.test(`kill -9 under writers loses nothing and does nothing twice; processes: ${count}`, async (t) => {
    const random = randomOf(t);
    const { db, serviceUrl } = await testDatabase(t);
    const replicas = await startReplicas(t, serviceUrl, { count });
    const writers = await startWriters({ urls: replicas.urls, random });
    for (let kill = 0; kill < kills; kill += 1) {
      await delay(shortestLifeMs + random() * (longestLifeMs - shortestLifeMs));
      const index = Math.floor(random() * count);
      await replicas.end(index, 'SIGKILL');
      await replicas.start(index);
    }
    await holds(t, { db, replicas, writers });
    tell(t, {
      fault: '`kill -9` of a process under writers',
      processes: count,
      often: `${kills} times`,
      held: `${writers.written.length} keys, one effect each`,
      worstMs: writers.longestPauseMs(),
    });
  });
}
