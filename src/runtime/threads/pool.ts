// Processes uploaded files (parsing, inspecting, unpacking) and prints papers in worker threads with bounded
// memory and a deadline: a file can end its worker, but neither end the process nor block the event loop.

import { Piscina } from 'piscina';
import { Limiter } from '../../platform/http/limits/limiter.ts';
import type { App } from '../../platform/http/server.ts';
import { Problem } from '../../platform/problem.ts';
import type { Begun, Outcome, PaperName, TaskInput, TaskName, TaskResult } from './tasks.ts';

declare module 'fastify' {
  interface FastifyInstance {
    readonly workers: Workers;
  }
}

export interface Workers {
  /**
   * Runs a task with a copy of its input.
   *
   * @throws Problem of the task; `file-too-complex` beyond its deadline or memory; `unavailable` with a full queue, or
   *   where the machine was busy with something else for too long
   */
  run<T extends TaskName>(task: T, input: TaskInput<T>): Promise<TaskResult<T>>;
  /**
   * The same for a paper; returns its bytes. @throws Problem `unavailable` beyond its deadline or memory too
   */
  print<T extends PaperName>(paper: T, input: TaskInput<T>): Promise<Buffer>;
}

const mostThreads = 2;
/** More waiting tasks are rejected. */
const mostWaiting = 32;
const oneQueue = '';
const idleTimeoutMs = 60_000;
const heapMegabytes = 256;
/** How long a task is waited for that has hardly had a processor: its thread still starts, or others keep the machine busy. */
const patienceMs = 20_000;
/** A street with thousands of people takes seconds. */
const paperMs = 60_000;
/**
 * Counted from when a thread is free, without the time in the queue. A task that has had half of it as processor time is
 * ended; one that has had less is judged again when it has passed once more.
 */
const deadlineMs: Readonly<Record<TaskName, number>> = {
  inspectMaterial: 2_000,
  readTable: 5_000,
  refuseUnstampable: 2_000,
  stampMaterial: 20_000,
  printFundRequest: paperMs,
  printNotice: paperMs,
  printMonthExplanation: paperMs,
  printRoster: paperMs,
  printUndertaking: paperMs,
  rosterWorkbook: paperMs,
};

let workers: Workers | undefined;

/** The threads are the process's: several apps, as in tests, share them. They start with the first task. */
export function registerWorkers(app: App): void {
  workers ??= createWorkers();
  app.decorate('workers', workers);
}

function createWorkers(): Workers {
  const pool = new Piscina({
    filename: new URL('worker.ts', import.meta.url).href,
    name: 'run',
    minThreads: 0,
    maxThreads: mostThreads,
    maxQueue: mostWaiting,
    idleTimeout: idleTimeoutMs,
    resourceLimits: { maxOldGenerationSizeMb: heapMegabytes },
  });
  const threads = new Limiter<() => void>({
    atOnce: mostThreads,
    ofOne: mostThreads,
    waitingOfOne: mostWaiting,
  });

  async function run<T extends TaskName>(task: T, input: TaskInput<T>): Promise<TaskResult<T>> {
    await new Promise<void>((resolve, reject) => {
      const arrival = threads.arrive(resolve, oneQueue, performance.now());
      if (arrival === 'begins') resolve();
      if (arrival === 'refused') reject(new Problem('unavailable', { headers: { 'retry-after': '1' } }));
    });
    try {
      return await runNow(task, input);
    } finally {
      threads.leave(oneQueue, performance.now())?.();
    }
  }

  async function runNow<T extends TaskName>(task: T, input: TaskInput<T>): Promise<TaskResult<T>> {
    const until = performance.now() + patienceMs;
    const begun: Begun = new Float64Array(new SharedArrayBuffer(16));
    const late = new AbortController();
    let hasWorked = false;
    const deadlines = setInterval(async () => {
      hasWorked = (await workedMs(begun)) >= deadlineMs[task] / 2;
      if (hasWorked || performance.now() >= until) late.abort();
    }, deadlineMs[task]);
    let outcome: Outcome<TaskResult<T>>;
    try {
      outcome = await pool.run({ task, input, begun }, { signal: late.signal });
    } catch (error) {
      if (hasWorked || isOutOfMemory(error)) throw new Problem('file-too-complex');
      if (late.signal.aborted) throw new Problem('unavailable', { headers: { 'retry-after': '5' } });
      throw error;
    } finally {
      clearInterval(deadlines);
    }
    if ('value' in outcome) return outcome.value;
    const { code, detail, fieldErrors } = outcome.problem;
    throw new Problem(code, { detail, fieldErrors });
  }

  /** Processor time that the task's thread has spent on it: little when other work kept the processors busy. */
  async function workedMs([thread = 0, before = 0]: Begun): Promise<number> {
    try {
      const usage = await pool.threads.find(({ threadId }) => threadId === thread)?.cpuUsage();
      return usage === undefined ? 0 : (usage.user + usage.system) / 1_000 - before;
    } catch {
      return 0; // the thread has just ended
    }
  }

  async function print<T extends PaperName>(paper: T, input: TaskInput<T>): Promise<Buffer> {
    try {
      // A value sent between threads loses its class.
      return Buffer.from((await run(paper, input)) as Uint8Array);
    } catch (error) {
      const isTooLarge = error instanceof Problem && error.code === 'file-too-complex';
      throw isTooLarge ? new Problem('unavailable', { headers: { 'retry-after': '5' } }) : error;
    }
  }

  return { run, print };
}

function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY';
}
