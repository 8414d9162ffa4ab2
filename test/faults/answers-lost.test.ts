// The client's connection breaks after the commit, before it has the answer: the same request again is answered as the
// first time, and was done once.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { testDatabase } from '../database.ts';
import { openNetwork } from '../network.ts';
import { holds } from './checks.ts';
import { startReplicas } from './replicas.ts';
import { counts, isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(120_000);

const seconds = isLong ? 20 : 3;

for (const count of counts)
  t.test(
    `a third of all answers never reach their client, and every write is done once; processes: ${count}`,
    async (t) => {
      const random = randomOf(t);
      const { db, serviceUrl } = await testDatabase(t);
      const replicas = await startReplicas(t, serviceUrl, { count });
      const networks = await Promise.all(replicas.urls.map((url) => openNetwork(t, url)));
      const writers = await startWriters({ urls: networks.map(({ url }) => new URL(url).origin), random });
      for (const network of networks) network.breakAnswers(33, random);
      await delay(seconds * 1_000);
      const lost = writers.statuses.get(0) ?? 0;
      t.ok(lost > 0, `${lost} answers were lost`);
      for (const network of networks) network.heal();
      await holds(t, { db, replicas, writers });
      tell(t, {
        fault: 'the client’s connection breaks after the commit, before the answer',
        processes: count,
        often: `${lost} answers`,
        held: `${writers.written.length} keys, one effect and one audit entry each`,
        worstMs: writers.longestPauseMs(),
      });
    },
  );
