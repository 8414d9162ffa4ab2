// Finds one payment line, and describes lines for officers.

import { type Flag, flagsOfCases } from '../../applications/flags/operations.ts';
import { nameFor } from '../../platform/access/names.ts';
import type { ReadContext } from '../../platform/context.ts';
import { Problem } from '../../platform/problem.ts';
import { findLine, type ListedLine } from './payee-store.ts';
import { openName } from './payees.ts';

export type LineRow = NonNullable<Awaited<ReturnType<typeof findLine>>>;

/** @throws Problem not-found out of scope */
export async function foundLine(
  context: ReadContext,
  disbursementId: string,
  lineId: string,
): Promise<LineRow> {
  const line = await findLine(context.tx, context.scope, disbursementId, lineId);
  if (line === undefined) throw new Problem('not-found');
  return line;
}

/** Describes lines for officers: numbers are masked, and each line carries the flags of its case. */
export async function describeLines(context: ReadContext, lines: readonly ListedLine[]) {
  context.shows(lines.map(({ personId }) => personId));
  const flags = await flagsOfCases(context, lines);
  return lines.map((line) => describeLine(context, line, flags.get(line.applicationId) ?? []));
}

function describeLine(context: ReadContext, line: ListedLine, flags: readonly Flag[]) {
  return {
    lineId: line.lineId,
    caseNumber: line.caseNumber,
    name: nameFor(context, openName(context.encryption, line)),
    identityNumber: line.identityMasked,
    account: line.accountMasked,
    months: line.months,
    amountFen: line.amountFen,
    state: line.state,
    failure: line.failure,
    holdReason: line.holdReason,
    releaseCause: line.releaseCause,
    replacesLineId: line.replacesLineId,
    batchNumber: line.batchNumber,
    accountChangedAt: line.accountChangedAt,
    nameChangedAt: line.nameChangedAt,
    flags: [...flags],
  };
}
