// The peers with which requests are measured read and write the service's tables by their own SQL. A change of the schema,
// or of an answer, has to reach them too.

import t from 'tap';
import { type Running, startPeer, startServiceProcess } from '../bench/processes.ts';
import { mustSubmitAlike } from '../bench/requests/effects.ts';
import { askAll, makeSample, mustAnswerAlike, stepsOf } from '../bench/requests/sample.ts';
import { settingsOf } from '../bench/requests/settings.ts';
import { withPostgres } from '../bench/service.ts';

t.test('the peers of the benchmark of requests answer, and write, what the service does', async (t) => {
  const started: Running[] = [];
  await withPostgres(async (place) => {
    try {
      const service = await startServiceProcess(place, { name: 'peers', poolSize: 2 });
      started.push(service);
      const steps = stepsOf(service);
      const questions = await askAll(service, await makeSample(service, steps, 1));
      const settings = await settingsOf(service, { poolSize: 2, questions });
      const [bare, typeorm, byHand] = await Promise.all(
        ['bare-fastify', 'typeorm', 'by-hand'].map(async (name) => {
          const peer = await startPeer(`requests/${name}.ts`, settings);
          started.push(peer);
          return peer;
        }),
      );
      for (const [name, peer] of Object.entries({ bare, typeorm }))
        await t.resolves(mustAnswerAlike(name, peer?.origin ?? '', questions, service.tokenOf), name);
      await t.resolves(mustSubmitAlike(service, steps, byHand?.origin ?? ''), 'by hand');
    } finally {
      for (const { stop } of started.reverse()) await stop();
    }
  });
});
