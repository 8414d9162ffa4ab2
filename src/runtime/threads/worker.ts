// A worker thread: runs one task at a time and sends back what it came to.

import { Problem } from '../../platform/problem.ts';
import { type Outcome, type TaskName, tasks } from './tasks.ts';

/** Called by the pool for each task. */
export async function run({ task, input }: { task: TaskName; input: never }): Promise<Outcome<unknown>> {
  try {
    return { value: await tasks[task](input) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, detail, fieldErrors } = error;
    return { problem: { code, detail, fieldErrors } };
  }
}
