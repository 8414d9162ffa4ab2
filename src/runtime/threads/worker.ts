// A worker thread: runs one task at a time and returns its outcome.

import { threadId } from 'node:worker_threads';
import { Problem } from '../../platform/problem.ts';
import { type Begun, type Outcome, type TaskName, tasks } from './tasks.ts';

export async function run({
  task,
  input,
  begun,
}: {
  task: TaskName;
  input: never;
  begun: Begun;
}): Promise<Outcome<unknown>> {
  const { user, system } = process.threadCpuUsage();
  begun.set([threadId, (user + system) / 1_000]);
  try {
    return { value: await tasks[task](input) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, detail, fieldErrors } = error;
    return { problem: { code, detail, fieldErrors } };
  }
}
