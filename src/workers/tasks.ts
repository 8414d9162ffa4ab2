// What worker threads can be asked for: pure functions of their input, which is copied to them.

import { inspectMaterial } from '../applications/material-inspection.ts';
import { readResultFile } from '../disbursements/result-file.ts';
import { readTable } from '../history/table.ts';
import type { Fault, ProblemCode } from '../http/problem.ts';

export const tasks = { inspectMaterial, readTable, readResultFile };

type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
export type TaskInput<T extends TaskName> = Parameters<Tasks[T]>[0];
export type TaskResult<T extends TaskName> = Awaited<ReturnType<Tasks[T]>>;

/** A refusal loses its class between threads. */
export type Outcome<T> =
  | { readonly value: T }
  | {
      readonly refusal: {
        readonly code: ProblemCode;
        readonly detail: string;
        readonly faults: readonly Fault[];
      };
    };
