// The tasks of worker threads: pure functions of their input, which is copied to them.

import { inspectMaterial } from '../../applications/materials/inspection.ts';
import { refuseUnstampable, stampMaterial } from '../../applications/materials/paper.ts';
import { printUndertaking } from '../../applications/undertakings/paper.ts';
import { printNotice } from '../../notifications/notices/paper.ts';
import { printMonthExplanation } from '../../oversight/explanations/paper.ts';
import { printFundRequest } from '../../payments/funds/fund-request-paper.ts';
import { printRoster, rosterWorkbook } from '../../payments/rosters/roster-paper.ts';
import type { FieldError, ProblemCode } from '../../platform/problem.ts';
import { readTable } from '../../registers/imports/table.ts';

const papers = {
  printFundRequest,
  printNotice,
  printMonthExplanation,
  printRoster,
  printUndertaking,
  rosterWorkbook,
};

export const tasks = {
  inspectMaterial,
  readTable,
  refuseUnstampable,
  stampMaterial,
  ...papers,
};

export type PaperName = keyof typeof papers;

type Tasks = typeof tasks;
export type TaskName = keyof Tasks;
export type TaskInput<T extends TaskName> = Parameters<Tasks[T]>[0];
export type TaskResult<T extends TaskName> = Awaited<ReturnType<Tasks[T]>>;

/** Shared memory in which a thread tells that it has begun: its id, and the processor time it had spent before, in ms. */
export type Begun = Float64Array<SharedArrayBuffer>;

/** A Problem loses its class between threads. */
export type Outcome<T> =
  | { readonly value: T }
  | {
      readonly problem: {
        readonly code: ProblemCode;
        readonly detail: string;
        readonly fieldErrors: readonly FieldError[];
      };
    };
