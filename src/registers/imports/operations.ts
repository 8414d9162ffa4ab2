// Imports months granted before this service or in another city, after a check of the same file. A row becomes a record
// of the kind `prior-benefit`; a later import of the same person supersedes it.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { listPlaces } from '../../platform/reference/store.ts';
import { inForce, policyOn } from '../../rules/policy/policy.ts';
import { importTerm, isNearByDates } from '../../rules/term.ts';
import { monthOf } from '../../values/days.ts';
import { monthInWords } from '../../values/wording.ts';
import { forecastRows, type Intake, type ReceivedRows, takeDelivery } from '../deliveries/intake.ts';
import { maximumRows } from '../deliveries/schemas.ts';
import { type ReadRow, type RefusedRow, readRow } from '../records/reading.ts';
import type { ImportQuery } from './schemas.ts';
import type { Table } from './table.ts';

/** A file: the digest of its bytes and its rows. */
export interface HistoryFile {
  readonly sha256: string;
  readonly table: Table;
}

/**
 * Reports what an import would do; stores nothing.
 *
 * @throws Problem file-too-complex
 */
export async function checkHistory(context: ReadContext, file: HistoryFile) {
  const rows = await readHistory(context, file);
  const { refused, totals } = await forecastRows(context, sourceOf(context), rows.read);
  return answerOf(file, null, {
    totals,
    refused: [...rows.unreadable, ...refused].sort((a, b) => a.rowNumber - b.rowNumber),
    flagged: flagsOf(context, rows.read),
  });
}

/**
 * Imports a checked file. Valid rows are stored; invalid rows, and rows that contradict their own dates and were not
 * confirmed, are returned with every error. The same file again changes nothing.
 *
 * @param confirm the digest that the check returned
 * @throws Problem file-too-complex, import-not-checked
 */
export async function importHistory(
  context: WriteContext,
  file: HistoryFile,
  { confirm, confirmRows = '' }: ImportQuery,
) {
  if (confirm !== file.sha256) throw new Problem('import-not-checked');
  const confirmed = confirmRows.split(',').map(Number);
  const { received, read, unreadable } = await readHistory(context, file);
  const contradictions = new Map(read.map((row) => [row.rowNumber, contradictionOf(context, row)]));
  const isTaken = ({ rowNumber }: ReadRow) =>
    contradictions.get(rowNumber) === null || confirmed.includes(rowNumber);
  const taken = read.filter(isTaken);
  const unconfirmed = read
    .filter((row) => !isTaken(row))
    .map(({ rowNumber, sourceKey }) => {
      const contradiction = contradictions.get(rowNumber);
      return { rowNumber, sourceKey, fieldErrors: contradiction ? [contradiction] : [] };
    });
  const source = sourceOf(context);
  const rows = { received, read: taken, unreadable: [...unreadable, ...unconfirmed] };
  const { row, totals, refused } = await takeDelivery(context, { source, assignsVersions: true }, rows);
  const confirmedRows = taken
    .map(({ rowNumber }) => rowNumber)
    .filter((rowNumber) => contradictions.get(rowNumber) !== null);
  const change = { source, sha256: file.sha256, confirmedRows, ...totals };
  await context.audit({ target: ['record-delivery', row.deliveryId], change });
  return answerOf(file, row.deliveryId, { totals, refused, flagged: flagsOf(context, taken) });
}

/** Each agency has a source of its own for the grants it imports. */
function sourceOf({ scope }: ReadContext): string {
  if (scope.relation !== 'agency') throw new Error('history is imported by an agency');
  return `history-${scope.code.toLowerCase()}`;
}

async function readHistory(context: ReadContext, { table }: HistoryFile): Promise<ReceivedRows> {
  if (table.rows.length > maximumRows) {
    const detail = `一次最多 ${maximumRows} 行，请分批导入。`;
    throw new Problem('payload-too-large', { detail });
  }
  const reader = { today: context.today, settings: context.settings, places: await listPlaces(context.tx) };
  const read: ReadRow[] = [];
  const unreadable: RefusedRow[] = [];
  const seen = new Set<string>();
  for (const { rowNumber, reference, row } of table.rows) {
    const written = { ...row, kind: 'prior-benefit', sourceKey: reference ?? `row-${rowNumber}`, version: 1 };
    const result = readRow(written, rowNumber, reader);
    if ('fieldErrors' in result) {
      unreadable.push(result);
      continue;
    }
    // A row without a number is identified by its person's keyed hash, so that no key contains the identity number.
    const sourceKey =
      reference ??
      `person-${context.encryption.blindIndex(result.identity.text).toString('hex').slice(0, 32)}`;
    if (seen.has(sourceKey)) unreadable.push(twice(rowNumber, reference));
    else read.push({ ...result, sourceKey });
    seen.add(sourceKey);
  }
  return { received: table.rows.length, read, unreadable };
}

function twice(rowNumber: number, reference: string | null): RefusedRow {
  const detail = '同一人（或同一编号）在文件中出现多行，请合并为一行，或为每行填写不同的编号。';
  const pointer = `/body/rows/${rowNumber - 1}`;
  return { rowNumber, sourceKey: reference, fieldErrors: [{ pointer, code: 'row-twice', detail }] };
}

/** Warnings about rows that are taken but should be checked. */
function flagsOf(context: ReadContext, read: readonly ReadRow[]) {
  const cap = inForce(policyOn(context.today, context.policies).parameters.ordinaryCapMonths, context.today);
  return read.flatMap((row) => {
    const { rowNumber, identity, details } = row;
    const at = `/body/rows/${rowNumber - 1}`;
    const contradiction = contradictionOf(context, row);
    const errors: FieldError[] = contradiction === null ? [] : [contradiction];
    if (identity.converted) {
      const detail = '15 位旧号码已转换为 18 位，请与本人身份证核对。';
      errors.push({ pointer: `${at}/identityNumber`, code: 'identity-number-converted', detail });
    }
    const { near, months } = details;
    if (near === false && Array.isArray(months) && months.length > cap) {
      const detail = `不属于距退休不足 5 年，但已享受月份超过 ${cap} 个月，请核对。`;
      errors.push({ pointer: `${at}/months`, code: 'over-cap', detail });
    }
    return errors.length > 0 ? [{ row: rowNumber, errors: inWords(rowNumber, errors) }] : [];
  });
}

/** Errors with the row number in words instead of a JSON pointer, for clerks who search the file. */
function inWords(rowNumber: number, fieldErrors: readonly FieldError[]): FieldError[] {
  return fieldErrors.map((one) => ({ ...one, detail: `第${rowNumber}行${one.detail}` }));
}

/** Whether a row's distance to retirement contradicts its own dates under the law at its first approval. */
function contradictionOf(
  { today, policies }: ReadContext,
  { rowNumber, identity, details }: ReadRow,
): FieldError | null {
  const { near, firstApprovedOn } = details;
  if (typeof near !== 'boolean' || typeof firstApprovedOn !== 'string') return null;
  const policy = policyOn(today, policies);
  const term = importTerm({ near, firstApprovedOn }, identity, [], policy);
  if (isNearByDates(term, policy) === near) return null;
  const years = inForce(policy.parameters.nearWindowYears, firstApprovedOn);
  const [written, counted] = near ? ['是', '不少于'] : ['否', '不足'];
  const detail =
    `“距退休不足${years}年”填的是“${written}”，但从初次核定日到法定退休时间` +
    `（${monthInWords(monthOf(term.retirementOn))}）${counted}${years}年。请核对；当时确实这样认定的，请在导入时确认该行。`;
  return { pointer: `/body/rows/${rowNumber - 1}/near`, code: 'near-contradicts-dates', detail };
}

function answerOf(
  { sha256, table }: HistoryFile,
  deliveryId: string | null,
  {
    totals,
    refused,
    flagged,
  }: Pick<Intake, 'totals' | 'refused'> & { readonly flagged: ReturnType<typeof flagsOf> },
) {
  return {
    sha256,
    encoding: table.encoding,
    deliveryId,
    totals: { received: table.rows.length, ...totals, refused: refused.length },
    refused: refused.map(({ rowNumber, sourceKey, fieldErrors }) => ({
      row: rowNumber,
      sourceKey,
      errors: inWords(rowNumber, fieldErrors),
    })),
    flagged,
  };
}
