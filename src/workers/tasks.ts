// What worker threads can be asked for: pure functions of their input, which is copied to them.

import { inspectMaterial } from '../applications/material-inspection.ts';
import { refuseUnstampable, stampMaterial } from '../applications/material-paper.ts';
import { printUndertaking } from '../applications/undertaking-paper.ts';
import { printFundRequest } from '../disbursements/fund-request-paper.ts';
import { readResultFile } from '../disbursements/result-file.ts';
import { printRoster, rosterWorkbook } from '../disbursements/roster-paper.ts';
import { readTable } from '../history/table.ts';
import type { Fault, ProblemCode } from '../http/problem.ts';
import { printNotice } from '../notices/paper.ts';
import { printReasonSheet } from '../reason-sheets/paper.ts';

const papers = {
  printFundRequest,
  printNotice,
  printReasonSheet,
  printRoster,
  printUndertaking,
  rosterWorkbook,
};

export const tasks = {
  inspectMaterial,
  readTable,
  readResultFile,
  refuseUnstampable,
  stampMaterial,
  ...papers,
};

export type PaperName = keyof typeof papers;

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
