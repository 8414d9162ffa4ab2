// The services that are measured, each in a process of its own on a database of its own with the cases that are read:
// this commit's, and an earlier one's that takes turns with it.

import type { Steps } from '../../test/steps.ts';
import type { Shot } from '../load.ts';
import { type RunningService, startServiceProcess } from '../processes.ts';
import { type Server, startLoad, withPostgres } from '../service.ts';
import { checkOut } from './checkout.ts';
import { askAll, makeSample, type Question, stepsOf } from './sample.ts';

export const poolSize = 6;

export interface Opened {
  readonly name: string;
  readonly service: RunningService;
  readonly steps: Steps;
  readonly questions: readonly Question[];
}

export interface Place extends Server {
  readonly ours: Opened;
  /** Ours, and the earlier one if it is asked for. */
  readonly all: readonly Opened[];
  readonly load: ReturnType<typeof startLoad>;
  /** Run at the end, the last first. */
  readonly stops: (() => Promise<void> | void)[];
}

/**
 * @param against the earlier commit
 * @param ofEach cases in each state
 */
export async function withServices(
  { against, ofEach }: { readonly against: string | undefined; readonly ofEach: number },
  act: (place: Place) => Promise<void>,
): Promise<void> {
  const stops: Place['stops'] = [];
  await withPostgres(async (server) => {
    const open = async (name: string, options: { name: string; checkout?: string }): Promise<Opened> => {
      const service = await startServiceProcess(server, { ...options, poolSize });
      stops.push(service.stop);
      const steps = stepsOf(service);
      const cases = await makeSample(service, steps, ofEach);
      return { name, service, steps, questions: await askAll(service, cases) };
    };
    try {
      const ours = await open('this commit', { name: 'ours' });
      const all = [ours];
      if (against !== undefined) {
        const { folder, commit, remove } = checkOut(against);
        stops.push(remove);
        all.push(await open(`commit ${commit}`, { name: 'earlier', checkout: folder }));
      }
      const load = startLoad();
      stops.push(load.stop);
      await act({ ...server, ours, all, load, stops });
    } finally {
      for (const stop of stops.reverse()) await stop();
    }
  });
}

export async function shotOf(
  { path, reader, status }: Question,
  tokenOf: RunningService['tokenOf'],
): Promise<Shot> {
  return { method: 'GET', path, headers: { authorization: `Bearer ${await tokenOf(reader)}` }, status };
}

export function repeated(shots: readonly Shot[], count: number): Shot[] {
  return Array.from({ length: count }, (_, index) => shots[index % shots.length] as Shot);
}
