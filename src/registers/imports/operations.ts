// Imports a register by hand: a table of one kind of record, uploaded by the agency of its people after a check of the
// same file. A row becomes a record as if a register had delivered it; a later row of the same key supersedes it.

import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Table as Sheet } from '../../platform/documents/tables.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import type { Kind } from '../../rules/facts.ts';
import { kindTitles } from '../../rules/policy/catalogue.ts';
import { inForce, policyOn } from '../../rules/policy/policy.ts';
import { importTerm, isNearByDates } from '../../rules/term.ts';
import { monthOf } from '../../values/days.ts';
import { monthInWords } from '../../values/wording.ts';
import { forecastRows, type Intake, type ReceivedRows, takeDelivery } from '../deliveries/intake.ts';
import { readerOf } from '../deliveries/operations.ts';
import { maximumRows } from '../deliveries/schemas.ts';
import { findPeopleByIdentity } from '../people/operations.ts';
import { stateCoverage } from '../records/coverage.ts';
import { translated } from '../records/mapping.ts';
import { type ReadRow, type RefusedRow, readRow } from '../records/reading.ts';
import type { CoverageStatement } from '../records/schemas.ts';
import { listPlacesOfPeople } from '../records/store.ts';
import { columnsOf } from './columns.ts';
import type { ImportCheckQuery, ImportQuery } from './schemas.ts';
import type { Table } from './table.ts';

/** A file: the digest of its bytes and its rows. */
export interface RegisterFile {
  readonly sha256: string;
  readonly table: Table;
}

/**
 * Reports what an import would do; stores nothing.
 *
 * @throws Problem file-too-complex
 */
export async function checkRecordImport(context: ReadContext, file: RegisterFile, asked: ImportCheckQuery) {
  coverageOf(context, asked);
  const rows = await readRows(context, file, asked);
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
 * @param asked `confirm` is the digest that the check returned
 * @throws Problem file-too-complex, import-not-checked
 */
export async function importRecords(context: WriteContext, file: RegisterFile, asked: ImportQuery) {
  const { confirm, confirmRows = '' } = asked;
  if (confirm !== file.sha256) throw new Problem('import-not-checked');
  const coverage = coverageOf(context, asked);
  const confirmed = confirmRows.split(',').map(Number);
  const { received, read, unreadable } = await readRows(context, file, asked);
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
  const origin = { source, assignsVersions: true, fileDigest: Buffer.from(file.sha256, 'hex') };
  const { row, totals, refused } = await takeDelivery(context, origin, rows);
  const { deliveryId } = row;
  await stateCoverage(context, { source, deliveryId }, coverage);
  const confirmedRows = taken
    .map(({ rowNumber }) => rowNumber)
    .filter((rowNumber) => contradictions.get(rowNumber) !== null);
  const { kind, throughMonth = null } = asked;
  const change = { source, kind, throughMonth, sha256: file.sha256, confirmedRows, ...totals };
  await context.audit({ target: ['record-delivery', deliveryId], change });
  return answerOf(file, deliveryId, { totals, refused, flagged: flagsOf(context, taken) });
}

/** The template of a register's table: a sheet to fill in, and a sheet that says what each column takes. */
export function getRecordTemplateFile(kind: Kind): readonly Sheet[] {
  const columns = columnsOf(kind);
  const text = (title: string, width: number) => ({ title, kind: 'text', width }) as const;
  return [
    {
      name: kindTitles[kind],
      caption: [],
      columns: columns.map(({ headings: [title] }) => text(title, 20)),
      rows: [],
      total: null,
    },
    {
      name: '填写说明',
      caption: [],
      columns: [text('列', 16), text('是否必填', 10), text('怎样填写', 80)],
      rows: columns.map(({ headings: [title], isRequired, note }) => [title, isRequired ? '必填' : '', note]),
      total: null,
    },
  ];
}

function agencyOf({ scope }: ReadContext): string {
  if (scope.relation !== 'agency') throw new Error('registers are imported by an agency');
  return scope.code;
}

/** Each agency has a source of its own for what it imports. */
function sourceOf(context: ReadContext): string {
  return `hand-${agencyOf(context).toLowerCase()}`;
}

/**
 * The agency's statement that the register of the kind is complete for its people.
 *
 * @throws Problem invalid-fields for a month in the future
 */
function coverageOf(context: ReadContext, { kind, throughMonth }: ImportCheckQuery): CoverageStatement[] {
  if (throughMonth === undefined) return [];
  if (throughMonth > monthOf(context.today)) {
    const detail = '数据完整至的月份不能晚于本月。';
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/query/throughMonth', code: 'in-future', detail }],
    });
  }
  return [{ kind, throughMonth, agencyCode: agencyOf(context), asOf: context.at.toString() }];
}

async function readRows(
  context: ReadContext,
  { table }: RegisterFile,
  { kind, mapping }: ImportCheckQuery,
): Promise<ReceivedRows> {
  if (table.rows.length > maximumRows) {
    const detail = `一次最多 ${maximumRows} 行，请分批导入。`;
    throw new Problem('payload-too-large', { detail });
  }
  const reader = readerOf(context, mapping);
  const read: ReadRow[] = [];
  const unreadable: RefusedRow[] = [];
  const seen = new Set<string>();
  for (const { rowNumber, row } of table.rows) {
    const whole = { sourceKey: `row-${rowNumber}`, ...row, kind, version: 1 };
    const meant: Written = Object(reader.mapping === undefined ? whole : translated(whole, reader.mapping));
    const result = readRow(meant['removed'] === true ? removalOf(meant) : whole, rowNumber, reader);
    if ('fieldErrors' in result) {
      unreadable.push(result);
      continue;
    }
    const hasKey = result.sourceKey !== `row-${rowNumber}`;
    // A row without a key gets one of its person's keyed hash, so that no key contains the identity number.
    const sourceKey = hasKey ? result.sourceKey : keyOf(context, result, meant);
    if (seen.has(sourceKey)) unreadable.push(twice(rowNumber, hasKey ? sourceKey : null));
    else read.push({ ...result, sourceKey });
    seen.add(sourceKey);
  }
  const { inScope, refused } = await apartByPlace(context, read);
  return { received: table.rows.length, read: inScope, unreadable: [...unreadable, ...refused] };
}

type Written = Readonly<Record<string, unknown>>;

/** A removal has only its key and person; the other cells say which record it is. */
function removalOf({ kind, sourceKey, version, identityNumber, removed }: Written): Written {
  return { kind, sourceKey, version, identityNumber, removed };
}

/** A person has one earlier grant, one contribution to an insurance for a month, and one record from a day. */
function keyOf({ encryption }: ReadContext, { kind, identity }: ReadRow, written: Written): string {
  const person = `person-${encryption.blindIndex(identity.text).toString('hex').slice(0, 32)}`;
  if (kind === 'prior-benefit') return person;
  const { month, from, scheme, insurance } = written;
  return [person, month ?? from, scheme, insurance].filter((part) => part !== undefined).join('-');
}

/**
 * Keeps the rows about people of the agency: with their household, or a case, there. Households that nobody has yet
 * registered are of the agency of their street. Earlier grants may be of people who are registered nowhere yet.
 */
async function apartByPlace(context: ReadContext, rows: readonly ReadRow[]) {
  const agency = agencyOf(context);
  const known = await findPeopleByIdentity(
    context,
    rows.map(({ identity }) => identity),
  );
  const places = await listPlacesOfPeople(context.tx, [...known.values()], agency, context.today);
  const streets = context.reference.streetsOfAgency(agency, context.today);
  const refused: RefusedRow[] = [];
  const inScope = rows.filter((row) => {
    const { rowNumber, sourceKey, identity, kind, details, removed } = row;
    const place = places.get(known.get(identity.text) ?? '');
    const pointer = `/body/rows/${rowNumber - 1}`;
    const isElsewhere = place === 'elsewhere' || (place === undefined && !mayBeUnknown.has(kind));
    const isOtherStreet = kind === 'household' && !removed && !streets.has(String(details['street']));
    if (!isElsewhere && !isOtherStreet) return true;
    const detail = isOtherStreet
      ? '街道不由本机构经办，请由该街道的经办机构导入。'
      : place === 'elsewhere'
        ? '此人户籍登记在其他经办机构的辖区，请由该机构导入。'
        : '尚无此人在本辖区的户籍登记或申请，请先导入户籍登记。';
    const at = isOtherStreet ? `${pointer}/street` : `${pointer}/identityNumber`;
    refused.push({ rowNumber, sourceKey, fieldErrors: [{ pointer: at, code: 'other-agency', detail }] });
    return false;
  });
  return { inScope, refused };
}

const mayBeUnknown: ReadonlySet<Kind> = new Set(['household', 'prior-benefit']);

function twice(rowNumber: number, sourceKey: string | null): RefusedRow {
  const detail = '同一人同一时间（或同一编号）在文件中出现多行，请合并为一行，或为每行填写不同的编号。';
  const pointer = `/body/rows/${rowNumber - 1}`;
  return { rowNumber, sourceKey, fieldErrors: [{ pointer, code: 'row-twice', detail }] };
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
  { sha256, table }: RegisterFile,
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
