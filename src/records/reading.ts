// Reads what somebody wrote as records: judged by the schema of its kind, every fault with its place. Pure; what becomes of
// a row that reads well is decided in operations.ts.

import type { Settings } from '../act.ts';
import { faultOf } from '../http/answer.ts';
import type { Fault } from '../http/problem.ts';
import { textPattern } from '../http/schemas.ts';
import { judgeOf } from '../http/validation.ts';
import { type Day, firstDayOf, lastDayOf, monthOf } from '../rules/days.ts';
import { faultsOfFact } from '../rules/fact-faults.ts';
import { type Fact, type Kind, kinds } from '../rules/facts.ts';
import { type IdentityNumber, readIdentityNumber } from '../rules/identity-number.ts';
import { faultsOfName, normaliseName } from '../rules/names.ts';
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
}

const judgesOfRows = eachKind((kind) => judgeOf(rowSchemas[kind]));
const judgesOfFacts = eachKind((kind) => judgeOf(factSchemas[kind]));
const judgeOfRemovals = judgeOf(RemovalRow);

/** @param rowNumber from 1 */
export function readRow(row: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const said = saidOf(row);
  const sourceKey = printableKey(said['sourceKey']);
  const at = `/body/rows/${rowNumber - 1}`;
  const judge = said['removed'] === undefined ? judgesOfRows.get(said['kind']) : judgeOfRemovals;
  if (judge === undefined) return { rowNumber, sourceKey, faults: [unknownKind(at)] };
  const faults = judge(row).map((fault) => faultOf(at, fault));
  const identity = readIdentity(said, at, reader);
  if ('faults' in identity) faults.push(...identity.faults);
  if (typeof said['name'] === 'string') faults.push(...faultsOfName(said['name'], `${at}/name`));
  if (faults.length > 0 || 'faults' in identity) return { rowNumber, sourceKey, faults };

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
    ...futureFaults(fits, at, reader.today),
  ];
  if (orderFaults.length > 0) return { rowNumber, sourceKey, faults: orderFaults };
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
  const said = saidOf(written);
  const judge = judgesOfFacts.get(said['kind']);
  if (judge === undefined) return { faults: [unknownKind(at)] };
  const faults = judge(written).map((fault) => faultOf(at, fault));
  if (faults.length === 0) faults.push(...faultsOfFact(said, at));
  if (faults.length > 0) return { faults };
  const { kind, ...particulars } = written as WrittenFact; // judged above
  const { fromDay, toDay, details } = daysOf(particulars);
  // The details belong to this kind: they come from one value that its schema judged.
  return { fact: { id, kind, from: fromDay, to: toDay, ...details } as unknown as Fact };
}

// Distributed over the kinds: a plain Omit of the union would keep only what all of them have.
type Without<Row, Names extends string> = Row extends unknown ? Omit<Row, Names> : never;
type Particulars = Without<WrittenFact, 'kind'>;

/** A contribution holds the days of its month, earlier grants begin with the first approval; all else says its days. */
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

function futureFaults(row: RecordRow, at: string, today: Day): Fault[] {
  if (!('month' in row) || row.month <= monthOf(today)) return [];
  return [{ pointer: `${at}/month`, code: 'in-future', detail: '费款所属期不能晚于本月。' }];
}

function unknownKind(at: string): Fault {
  const detail = `未知的记录种类，只能是：${kinds.join('、')}。`;
  return { pointer: `${at}/kind`, code: 'unknown-value', detail };
}

const isPrintable = new RegExp(textPattern, 'u');

/** The key of a row that may be refused, as far as it can be kept and shown. */
function printableKey(key: unknown): string | null {
  return typeof key === 'string' && isPrintable.test(key) ? [...key].slice(0, 100).join('') : null;
}

type Said = Readonly<Record<string, unknown>>;

function saidOf(value: unknown): Said {
  return typeof value === 'object' && value !== null ? (value as Said) : {};
}

function eachKind<T>(make: (kind: Kind) => T): ReadonlyMap<unknown, T> {
  return new Map(kinds.map((kind) => [kind, make(kind)]));
}
