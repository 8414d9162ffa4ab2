// The client's connection breaks after the commit, before it has the answer: the same request again is answered as the
// first time, and was done once.

import { setTimeout as delay } from 'node:timers/promises';
import t from 'tap';
import { testDatabase } from '../database.ts';
import { openNetwork } from '../network.ts';
import { holds } from './checks.ts';
import { startReplicas } from './replicas.ts';
import { isLong, randomOf, tell } from './run.ts';
import { startWriters } from './writers.ts';

t.setTimeout(120_000);

const seconds = isLong ? 20 : 3;

t.test('a third of all answers never reach their client, and every write is done once', async (t) => {
  const random = randomOf(t);
  const { db, serviceUrl } = await testDatabase(t);
  const replicas = await startReplicas(t, serviceUrl);
  const [url = ''] = replicas.urls;
  const network = await openNetwork(t, url);
  const writers = await startWriters({ urls: [new URL(network.url).origin], random });
  network.breakAnswers(33, random);
  await delay(seconds * 1_000);
  const lost = writers.statuses.get(0) ?? 0;
  t.ok(lost > 0, `${lost} answers were lost`);
  network.heal();
  await holds(t, { db, replicas, writers });
  tell(t, {
    fault: 'the client’s connection breaks after the commit, before the answer',
    often: `${lost} answers`,
    held: `${writers.written.length} keys, one effect and one audit entry each`,
    worstMs: writers.longestPauseMs(),
  });
});
