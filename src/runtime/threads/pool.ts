// Runs what strangers' files make us do (parse, inspect, unpack) and what takes long (printing) in worker threads, each
// with bounded memory and a deadline: a file can end its worker, never the process, and never stall the event loop.

import { Piscina } from 'piscina';
import { createLanes } from '../../platform/http/limits/lanes.ts';
import type { App } from '../../platform/http/server.ts';
import { Problem } from '../../platform/problem.ts';
import type { Outcome, PaperName, TaskInput, TaskName, TaskResult } from './tasks.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly workers: Workers;
  }
}

export interface Workers {
  /**
   * Runs a task with a copy of its input.
   *
   * @throws Problem of the task; `file-too-complex` beyond its deadline or memory; `unavailable` with a full queue
   */
  run<T extends TaskName>(task: T, input: TaskInput<T>): Promise<TaskResult<T>>;
  /** The same for a paper: its bytes. @throws Problem `unavailable` beyond its deadline or memory too */
  print<T extends PaperName>(paper: T, input: TaskInput<T>): Promise<Buffer>;
}

const mostThreads = 2;
/** Beyond this many waiting tasks a refusal is kinder than a wait. */
const mostWaiting = 32;
const idleTimeoutMs = 60_000;
const heapMegabytes = 256;
/** A thread that has to be started first is given this time beside the task's own. */
const startMs = 5_000;
/** A street of thousands takes seconds. */
const paperMs = 60_000;
/** From the moment a thread is free: what waits behind others is not counted. */
const deadlineMs: Readonly<Record<TaskName, number>> = {
  inspectMaterial: 2_000,
  readTable: 5_000,
  readResultFile: 20_000,
  refuseUnstampable: 2_000,
  stampMaterial: 20_000,
  printFundRequest: paperMs,
  printNotice: paperMs,
  printMonthExplanation: paperMs,
  printRoster: paperMs,
  printUndertaking: paperMs,
  rosterWorkbook: paperMs,
};

/** Makes the pool with the app and ends it with the app. Threads start with the first task. */
export function registerWorkers(app: App): void {
  const pool = new Piscina({
    filename: new URL('worker.ts', import.meta.url).href,
    name: 'run',
    minThreads: 0,
    maxThreads: mostThreads,
    maxQueue: mostWaiting,
    idleTimeout: idleTimeoutMs,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  app.addHook('onClose', () => pool.destroy());
  const threads = createLanes({ atOnce: mostThreads, waiting: mostWaiting });

  async function run<T extends TaskName>(task: T, input: TaskInput<T>): Promise<TaskResult<T>> {
    const leave = await threads.enter('threads');
    if (leave === null) throw new Problem('unavailable', { headers: { 'retry-after': '1' } });
    try {
      return await runNow(task, input);
    } finally {
      leave();
    }
  }

  async function runNow<T extends TaskName>(task: T, input: TaskInput<T>): Promise<TaskResult<T>> {
    const isStarting = pool.threads.length < mostThreads;
    const signal = AbortSignal.timeout(deadlineMs[task] + (isStarting ? startMs : 0));
    let outcome: Outcome<TaskResult<T>>;
    try {
      outcome = await pool.run({ task, input }, { signal });
    } catch (error) {
      if (signal.aborted || isOutOfMemory(error)) throw new Problem('file-too-complex');
      throw error;
    }
    if ('value' in outcome) return outcome.value;
    const { code, detail, fieldErrors } = outcome.problem;
    throw new Problem(code, { detail, fieldErrors });
  }

  async function print<T extends PaperName>(paper: T, input: TaskInput<T>): Promise<Buffer> {
    try {
      // What comes back from a thread has lost its class.
      return Buffer.from((await run(paper, input)) as Uint8Array);
    } catch (error) {
      const isTooLarge = error instanceof Problem && error.code === 'file-too-complex';
      throw isTooLarge ? new Problem('unavailable', { headers: { 'retry-after': '5' } }) : error;
    }
  }

  app.decorate('workers', { run, print });
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
