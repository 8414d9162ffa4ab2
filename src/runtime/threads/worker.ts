// A worker thread: runs one task at a time and returns its outcome.

import { Problem } from '../../platform/problem.ts';
import { type Outcome, type TaskName, tasks } from './tasks.ts';

export async function run({ task, input }: { task: TaskName; input: never }): Promise<Outcome<unknown>> {
  try {
    return { value: await tasks[task](input) };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const { code, detail, fieldErrors } = error;
    return { problem: { code, detail, fieldErrors } };
  }
}
