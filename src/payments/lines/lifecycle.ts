// Finds one payment line, and describes lines for officers.

import { describeHeirs } from '../../applications/application/heirs.ts';
import { applicantNames } from '../../applications/application/payee.ts';
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
  const inherited = lines.filter(isPaidToHeir);
  const [flags, heirs, names] = await Promise.all([
    flagsOfCases(context, lines),
    describeHeirs(
      context,
      inherited.map(({ nameChangeId }) => nameChangeId ?? ''),
    ),
    applicantNames(
      context,
      inherited.map((line) => ({ ...line, nameEncrypted: line.appliedNameEncrypted })),
    ),
  ]);
  return lines.map((line) => {
    const name = isPaidToHeir(line)
      ? (names.get(line.applicationId) ?? '')
      : nameFor(context, openName(context.encryption, line));
    const heir = heirs.get(line.nameChangeId ?? '') ?? null;
    return describeLine(line, { name, heir, flags: flags.get(line.applicationId) ?? [] });
  });
}

function isPaidToHeir({ holderKind }: Pick<ListedLine, 'holderKind'>): boolean {
  return holderKind === 'heir';
}

type Heir = ReturnType<Awaited<ReturnType<typeof describeHeirs>>['get']>;

interface Described {
  /** The applicant's. */
  readonly name: string;
  readonly heir: Heir | null;
  readonly flags: readonly Flag[];
}

function describeLine(line: ListedLine, { name, heir, flags }: Described) {
  return {
    lineId: line.lineId,
    caseNumber: line.caseNumber,
    name,
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
    nameChangedAt: isPaidToHeir(line) ? null : line.nameChangedAt,
    heir: heir ?? null,
    flags: [...flags],
  };
}
