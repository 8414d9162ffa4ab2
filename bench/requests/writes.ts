// What a round of writes needs, made beforehand: drafts to be submitted, and compared cases to be decided.

import { randomUUID } from 'node:crypto';
import { cleanRecords } from '../../test/registers/residents.ts';
import type { Steps } from '../../test/steps.ts';
import { secondQuarter } from '../../test/steps.ts';
import type { Shot } from '../load.ts';
import type { RunningService } from '../processes.ts';
import { platform, submitting } from '../service.ts';

const atOnce = 8;

async function each<Item, T>(items: readonly Item[], act: (item: Item) => Promise<T>): Promise<T[]> {
  const done: T[] = [];
  let next = 0;
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (let index = next++; index < items.length; index = next++)
        done[index] = await act(items[index] as Item);
    }),
  );
  return done;
}

/** A delivery has at most 10,000 rows, and a person some six. */
const peoplePerDelivery = 1_000;

/** Drafts of as many new people, whose records arrive before them. */
async function makeDrafts(steps: Steps, count: number) {
  const people = Array.from({ length: count }, () => steps.nextResident());
  for (let from = 0; from < people.length; from += peoplePerDelivery) {
    const delivered = people.slice(from, from + peoplePerDelivery);
    await steps.deliver(
      delivered.flatMap((one) => cleanRecords(one, secondQuarter)),
      '2025-06',
    );
  }
  return await each(people, (one) => steps.drafted(one));
}

export async function shotsToSubmit(service: RunningService, steps: Steps, count: number): Promise<Shot[]> {
  const bearer = await service.tokenOf(platform);
  return (await makeDrafts(steps, count)).map(({ id }) => submitting(id, bearer));
}

export async function shotsToDecide(service: RunningService, steps: Steps, count: number): Promise<Shot[]> {
  const drafts = await makeDrafts(steps, count);
  return await each(drafts, async (draft): Promise<Shot> => {
    const submitted = await steps.act(platform, draft, 'submission');
    const accepted = await steps.act(`handler-${draft.agencyCode}`, submitted, 'acceptance');
    const { id: comparisonId } = await steps.compared(accepted);
    const bearer = await service.tokenOf(`reviewer-${draft.agencyCode}`);
    return {
      method: 'POST',
      path: `/v1/applications/${draft.id}/decision`,
      headers: {
        authorization: `Bearer ${bearer}`,
        'idempotency-key': randomUUID(),
        'if-match': `"${accepted.version}"`,
        'content-type': 'application/json',
      },
      body: JSON.stringify({ comparisonId, outcome: 'approved' }),
    };
  });
}
