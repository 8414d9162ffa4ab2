// Reads what somebody wrote as records: judged by the schema of its kind, every fault with its place. Pure; what becomes of
// a row that reads well is decided in operations.ts.

import type { Settings } from '../../platform/context.ts';
import { textPattern } from '../../platform/http/contract/schemas.ts';
import { faultsOfForm } from '../../platform/http/problems/form-faults.ts';
import { judgeOf } from '../../platform/http/problems/validation.ts';
import type { Fault } from '../../platform/problem.ts';
import type { Places } from '../../platform/reference/store.ts';
import { type Fact, type Kind, kinds } from '../../rules/facts.ts';
import { faultsOfFact } from '../../rules/validation/facts.ts';
import { type Day, firstDayOf, lastDayOf, monthOf } from '../../values/days.ts';
import { type IdentityNumber, isProvince, readIdentityNumber } from '../../values/identity-number.ts';
import { faultsOfName, normaliseName } from '../../values/names.ts';
import { holdsPersonalNumber } from '../../values/personal-numbers.ts';
import { type Mapping, translated, translatedBack } from './mapping.ts';
import { factSchemas, type RecordRow, RemovalRow, rowSchemas, type WrittenFact } from './schemas.ts';

/** A row that reads well, with its days and the rest apart. */
export interface ReadRow {
  readonly rowNumber: number;
  readonly identity: IdentityNumber;
  readonly name: string | null;
  readonly kind: Kind;
  readonly sourceKey: string;
  readonly version: number;
  readonly fromDay: Day;
  readonly toDay: Day | null;
  readonly details: Record<string, string | boolean | readonly string[]>;
  readonly removed: boolean;
}

export interface RefusedRow {
  readonly rowNumber: number;
  readonly sourceKey: string | null;
  readonly faults: readonly Fault[];
}

/** On which day a row is read, and whether test people are accepted. */
export interface Reader {
  readonly today: Day;
  readonly settings: Pick<Settings, 'acceptTestPeople'>;
  /** The city's streets and divisions: a code within it that it does not have is a mistake. */
  readonly places: Places;
  /** Whose field names the rows are written in; ours when absent. */
  readonly mapping?: Mapping | undefined;
}

const judgesOfRows = eachKind((kind) => judgeOf(rowSchemas[kind]));
const judgesOfFacts = eachKind((kind) => judgeOf(factSchemas[kind]));
const judgeOfRemovals = judgeOf(RemovalRow);

/** Of one row; a row with more is no record, and ten thousand of them are told in one answer. */
const mostFaultsOfRow = 20;

/** @param rowNumber from 1 */
export function readRow(written: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const result = readMapped(written, rowNumber, reader);
  if (!('faults' in result) || result.faults.length <= mostFaultsOfRow) return result;
  const detail = `该行另有 ${result.faults.length - mostFaultsOfRow} 项错误未列出，请先按以上各项修改。`;
  const more = { pointer: `/body/rows/${rowNumber - 1}`, code: 'more-errors', detail };
  return { ...result, faults: [...result.faults.slice(0, mostFaultsOfRow), more] };
}

function readMapped(written: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const { mapping } = reader;
  if (mapping === undefined) return readOwn(written, rowNumber, reader);
  const result = readOwn(translated(written, mapping), rowNumber, reader);
  if (!('faults' in result)) return result;
  return { ...result, faults: translatedBack(result.faults, written, mapping) };
}

function readOwn(row: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const said = saidOf(row);
  const at = `/body/rows/${rowNumber - 1}`;
  const refused = (faults: readonly Fault[]) => ({
    rowNumber,
    sourceKey: printableKey(said['sourceKey']),
    faults,
  });
  const judge = said['removed'] === undefined ? judgesOfRows.get(said['kind']) : judgeOfRemovals;
  if (judge === undefined) return refused([unknownKind(at, kinds)]);
  const faults = faultsOfForm(at, judge(row));
  const identity = readIdentity(said, at, reader);
  if ('faults' in identity) faults.push(...identity.faults);
  if (typeof said['name'] === 'string') faults.push(...faultsOfName(said['name'], `${at}/name`));
  if (faults.length > 0 || 'faults' in identity) return refused(faults);

  const fits = row as RecordRow | RemovalRow; // judged above
  const { kind, sourceKey: key, version } = fits;
  const common = { rowNumber, identity: identity.value, kind, sourceKey: key, version };
  if ('removed' in fits) {
    // A removal holds no days; the column wants one.
    return { ...common, name: null, fromDay: '1000-01-01', toDay: null, details: {}, removed: true };
  }
  const {
    kind: _kind,
    sourceKey: _key,
    version: _version,
    identityNumber: _number,
    name,
    ...particulars
  } = fits;
  const orderFaults = [
    ...faultsOfFact({ kind, ...particulars }, at),
    ...faultsOfFuture(fits, at, reader.today),
    ...faultsOfPlaces(fits, at, reader.places),
  ];
  if (orderFaults.length > 0) return refused(orderFaults);
  return {
    ...common,
    name: name === undefined ? null : normaliseName(name),
    ...daysOf(particulars),
    removed: false,
  };
}

/** A record laid over what is on file, as a fact; or every fault of it. */
export function readFact(
  written: unknown,
  id: string,
  at: string,
): { fact: Fact } | { faults: readonly Fault[] } {
  const judged = judgeFact(written, kinds, at);
  if ('faults' in judged) return judged;
  const { kind, fromDay, toDay, details } = apart(judged.written);
  // The details belong to this kind: they come from one value that its schema judged.
  return { fact: { id, kind, from: fromDay, to: toDay, ...details } as unknown as Fact };
}

/** A record that somebody vouches for without being a register, its days and the rest apart; or every fault of it. */
export function readWrittenFact(
  written: unknown,
  accepted: readonly Kind[],
  at: string,
  { today, places }: Reader,
): Pick<ReadRow, 'kind' | 'fromDay' | 'toDay' | 'details'> | { faults: readonly Fault[] } {
  const judged = judgeFact(written, accepted, at);
  if ('faults' in judged) return judged;
  const faults = [
    ...faultsOfFuture(judged.written, at, today),
    ...faultsOfPlaces(judged.written, at, places),
  ];
  return faults.length > 0 ? { faults } : apart(judged.written);
}

function judgeFact(
  written: unknown,
  accepted: readonly Kind[],
  at: string,
): { written: WrittenFact } | { faults: readonly Fault[] } {
  const said = saidOf(written);
  const judge = accepted.some((kind) => kind === said['kind']) ? judgesOfFacts.get(said['kind']) : undefined;
  if (judge === undefined) return { faults: [unknownKind(at, accepted)] };
  const faults = faultsOfForm(at, judge(written));
  if (faults.length === 0) faults.push(...faultsOfFact(said, at));
  return faults.length > 0 ? { faults } : { written: written as WrittenFact }; // judged above
}

function apart({ kind, ...particulars }: WrittenFact) {
  return { kind, ...daysOf(particulars) };
}

// Distributed over the kinds: a plain Omit of the union would keep only what all of them have.
type Without<Row, Names extends string> = Row extends unknown ? Omit<Row, Names> : never;
type Particulars = Without<WrittenFact, 'kind'>;

/** A contribution and its refund hold the days of their month, earlier grants begin with the first approval; all else says its days. */
function daysOf(particulars: Particulars): Pick<ReadRow, 'fromDay' | 'toDay' | 'details'> {
  if ('month' in particulars) {
    const { month } = particulars;
    return { fromDay: firstDayOf(month), toDay: lastDayOf(month), details: { ...particulars } };
  }
  if ('firstApprovedOn' in particulars) {
    return { fromDay: particulars.firstApprovedOn, toDay: null, details: { ...particulars } };
  }
  const { from, ...rest } = particulars;
  const { to, ...details } = { to: null, ...rest };
  return { fromDay: from, toDay: to, details };
}

function readIdentity(said: Said, at: string, { today, settings }: Reader) {
  const number = said['identityNumber'];
  // Its absence is a fault of the schema, told once.
  if (typeof number !== 'string') return { faults: [] };
  // Old numbers of fifteen digits are found in the history of grants and nowhere else.
  const acceptFifteenDigits = said['kind'] === 'prior-benefit';
  const { acceptTestPeople } = settings;
  return readIdentityNumber(number, `${at}/identityNumber`, { today, acceptTestPeople, acceptFifteenDigits });
}

/** What has not happened yet cannot have been contributed for, paid or granted. */
function faultsOfFuture(row: RecordRow | WrittenFact, at: string, today: Day): Fault[] {
  const faults: Fault[] = [];
  const inFuture = (pointer: string, detail: string) =>
    faults.push({ pointer: `${at}/${pointer}`, code: 'in-future', detail });
  if ('month' in row) {
    if (row.month > monthOf(today)) inFuture('month', '费款所属期不能晚于本月。');
    const { paidOn, refundedOn } = { paidOn: undefined, refundedOn: undefined, ...row };
    if (paidOn !== undefined && paidOn > today) inFuture('paidOn', '缴费日期不能晚于今天。');
    if (refundedOn !== undefined && refundedOn > today) inFuture('refundedOn', '退费日期不能晚于今天。');
  }
  if ('firstApprovedOn' in row) {
    if (row.firstApprovedOn > today) inFuture('firstApprovedOn', '初次核定日不能晚于今天。');
    for (const [index, month] of row.months.entries()) {
      if (month > monthOf(today)) inFuture(`months/${index}`, '已享受月份不能晚于本月。');
    }
  }
  return faults;
}

/** Within the city every code is known; elsewhere only the province can be told. Closed streets still stand on records. */
export function faultsOfPlaces(
  said: WrittenFact | RecordRow,
  at: string,
  { city, streets, divisions }: Places,
): Fault[] {
  const isKnown = (code: string, known: ReadonlySet<string>) =>
    code.startsWith(city) ? known.has(code) : isProvince(code.slice(0, 2));
  const faults: Fault[] = [];
  if ('street' in said && !isKnown(said.street, streets)) {
    const detail = '没有这个街道（乡镇）代码，请使用九位统计用区划代码。';
    faults.push({ pointer: `${at}/street`, code: 'unknown-division', detail });
  }
  const elsewhere = {
    movedInFrom: 'movedInFrom' in said ? said.movedInFrom : undefined,
    place: 'place' in said ? said.place : undefined,
  };
  for (const [name, code] of Object.entries(elsewhere)) {
    if (code === undefined || isKnown(code, divisions)) continue;
    const detail = '没有这个行政区划代码，请使用六位行政区划代码。';
    faults.push({ pointer: `${at}/${name}`, code: 'unknown-division', detail });
  }
  return faults;
}

function unknownKind(at: string, accepted: readonly Kind[]): Fault {
  const detail = `未知的记录种类，只能是：${accepted.join('、')}。`;
  return { pointer: `${at}/kind`, code: 'unknown-value', detail };
}

const isPrintable = new RegExp(textPattern, 'u');

/** The key of a row that may be refused, as far as it can be kept and shown. */
function printableKey(key: unknown): string | null {
  const isKept = typeof key === 'string' && key !== '' && isPrintable.test(key) && !holdsPersonalNumber(key);
  return isKept ? [...key].slice(0, 100).join('') : null;
}

type Said = Readonly<Record<string, unknown>>;

function saidOf(value: unknown): Said {
  return typeof value === 'object' && value !== null ? (value as Said) : {};
}

function eachKind<T>(make: (kind: Kind) => T): ReadonlyMap<unknown, T> {
  return new Map(kinds.map((kind) => [kind, make(kind)]));
}
