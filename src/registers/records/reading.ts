// Parses and validates records by the schema of their kind; each error points to its field. Pure; deliveries/intake.ts
// decides what happens with a valid row.

import type { Settings } from '../../platform/context.ts';
import { textPattern } from '../../platform/http/contract/schemas.ts';
import { fieldErrorsOfForm } from '../../platform/http/problems/form-errors.ts';
import { validatorOf } from '../../platform/http/problems/validation.ts';
import type { FieldError } from '../../platform/problem.ts';
import type { Places } from '../../platform/reference/reference.ts';
import { type Fact, type Kind, kinds } from '../../rules/facts.ts';
import { fieldErrorsOfFact } from '../../rules/validation/facts.ts';
import { type Day, firstDayOf, lastDayOf, monthOf } from '../../values/days.ts';
import { type IdentityNumber, isProvince, readIdentityNumber } from '../../values/identity-number.ts';
import { fieldErrorsOfName, normaliseName } from '../../values/names.ts';
import { holdsPersonalNumber } from '../../values/personal-numbers.ts';
import { type Mapping, translated, translatedBack } from './mapping.ts';
import { factSchemas, type RecordRow, RemovalRow, rowSchemas, type WrittenFact } from './schemas.ts';

/** A valid row, its days separate from the other details. */
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
  readonly fieldErrors: readonly FieldError[];
}

/** How rows are read: on which day, and whether test people are accepted. */
export interface Reader {
  readonly today: Day;
  readonly settings: Pick<Settings, 'acceptTestPeople'>;
  /** The city's streets and divisions: an unknown code within the city is an error. */
  readonly places: Places;
  /** The mapping for the rows' field names; absent if they use ours. */
  readonly mapping?: Mapping | undefined;
}

const validatorsOfRows = eachKind((kind) => validatorOf(rowSchemas[kind]));
const validatorsOfFacts = eachKind((kind) => validatorOf(factSchemas[kind]));
const validateRemoval = validatorOf(RemovalRow);

/** Per row, because one answer can hold the errors of ten thousand rows. */
const mostFieldErrorsOfRow = 20;

/** @param rowNumber from 1 */
export function readRow(written: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const result = readMapped(written, rowNumber, reader);
  if (!('fieldErrors' in result) || result.fieldErrors.length <= mostFieldErrorsOfRow) return result;
  const detail = `该行另有 ${result.fieldErrors.length - mostFieldErrorsOfRow} 项错误未列出，请先按以上各项修改。`;
  const more: FieldError = { pointer: `/body/rows/${rowNumber - 1}`, code: 'more-errors', detail };
  return { ...result, fieldErrors: [...result.fieldErrors.slice(0, mostFieldErrorsOfRow), more] };
}

function readMapped(written: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const { mapping } = reader;
  if (mapping === undefined) return readOwn(written, rowNumber, reader);
  const result = readOwn(translated(written, mapping), rowNumber, reader);
  if (!('fieldErrors' in result)) return result;
  return { ...result, fieldErrors: translatedBack(result.fieldErrors, written, mapping) };
}

function readOwn(row: unknown, rowNumber: number, reader: Reader): ReadRow | RefusedRow {
  const said = saidOf(row);
  const at = `/body/rows/${rowNumber - 1}`;
  const refused = (fieldErrors: readonly FieldError[]) => ({
    rowNumber,
    sourceKey: printableKey(said['sourceKey']),
    fieldErrors,
  });
  const validate = said['removed'] === undefined ? validatorsOfRows.get(said['kind']) : validateRemoval;
  if (validate === undefined) return refused([unknownKind(at, kinds)]);
  const fieldErrors = fieldErrorsOfForm(at, validate(row));
  const identity = readIdentity(said, at, reader);
  if ('fieldErrors' in identity) fieldErrors.push(...identity.fieldErrors);
  if (typeof said['name'] === 'string') fieldErrors.push(...fieldErrorsOfName(said['name'], `${at}/name`));
  if (fieldErrors.length > 0 || 'fieldErrors' in identity) return refused(fieldErrors);

  const fits = row as RecordRow | RemovalRow; // validated above
  const { kind, sourceKey: key, version } = fits;
  const common = { rowNumber, identity: identity.value, kind, sourceKey: key, version };
  if ('removed' in fits) {
    // A removal has no days, but the column is not null.
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
  const orderErrors = [
    ...fieldErrorsOfFact(fits, at),
    ...fieldErrorsOfFuture(fits, at, reader.today),
    ...fieldErrorsOfPlaces(fits, at, reader.places),
  ];
  if (orderErrors.length > 0) return refused(orderErrors);
  return {
    ...common,
    name: name === undefined ? null : normaliseName(name),
    ...daysOf(particulars),
    removed: false,
  };
}

/** Parses a record supposed in a “what if” as a fact, or returns all its errors. */
export function readFact(
  written: unknown,
  id: string,
  at: string,
): { fact: Fact } | { fieldErrors: readonly FieldError[] } {
  const validated = validateFact(written, kinds, at);
  if ('fieldErrors' in validated) return validated;
  const { kind, fromDay, toDay, details } = apart(validated.written);
  // The details match the kind: the kind's schema validated the whole value.
  return { fact: { id, kind, from: fromDay, to: toDay, ...details } as unknown as Fact };
}

/** Parses a record that an officer states, days separate from details, or returns all its errors. */
export function readWrittenFact(
  written: unknown,
  accepted: readonly Kind[],
  at: string,
  { today, places }: Reader,
): Pick<ReadRow, 'kind' | 'fromDay' | 'toDay' | 'details'> | { fieldErrors: readonly FieldError[] } {
  const validated = validateFact(written, accepted, at);
  if ('fieldErrors' in validated) return validated;
  const fieldErrors = [
    ...fieldErrorsOfFuture(validated.written, at, today),
    ...fieldErrorsOfPlaces(validated.written, at, places),
  ];
  return fieldErrors.length > 0 ? { fieldErrors } : apart(validated.written);
}

function validateFact(
  written: unknown,
  accepted: readonly Kind[],
  at: string,
): { written: WrittenFact } | { fieldErrors: readonly FieldError[] } {
  const said = saidOf(written);
  const validate = accepted.some((kind) => kind === said['kind'])
    ? validatorsOfFacts.get(said['kind'])
    : undefined;
  if (validate === undefined) return { fieldErrors: [unknownKind(at, accepted)] };
  const fieldErrors = fieldErrorsOfForm(at, validate(written));
  if (fieldErrors.length === 0) fieldErrors.push(...fieldErrorsOfFact(said, at));
  return fieldErrors.length > 0 ? { fieldErrors } : { written: written as WrittenFact }; // validated above
}

function apart({ kind, ...particulars }: WrittenFact) {
  return { kind, ...daysOf(particulars) };
}

// Distributes over the union: a plain Omit would keep only the properties common to all kinds.
type Without<Row, Names extends string> = Row extends unknown ? Omit<Row, Names> : never;
type Particulars = Without<WrittenFact, 'kind'>;

/**
 * A contribution and its refund get the days of their month, earlier grants begin with the first approval; other kinds
 * have days.
 */
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
  // The schema already reports its absence.
  if (typeof number !== 'string') return { fieldErrors: [] };
  // Only the history of grants contains old numbers of fifteen digits.
  const acceptFifteenDigits = said['kind'] === 'prior-benefit';
  const { acceptTestPeople } = settings;
  return readIdentityNumber(number, `${at}/identityNumber`, { today, acceptTestPeople, acceptFifteenDigits });
}

/** A contribution, payment or grant cannot lie in the future. */
function fieldErrorsOfFuture(row: RecordRow | WrittenFact, at: string, today: Day): FieldError[] {
  const fieldErrors: FieldError[] = [];
  const inFuture = (pointer: string, detail: string) =>
    fieldErrors.push({ pointer: `${at}/${pointer}`, code: 'in-future', detail });
  if ('month' in row) {
    if (row.month > monthOf(today)) inFuture('month', '费款所属期不能晚于本月。');
    const isLater = (day: Day | undefined) => day !== undefined && day > today;
    if ('paidOn' in row && isLater(row.paidOn)) inFuture('paidOn', '缴费日期不能晚于今天。');
    if ('refundedOn' in row && isLater(row.refundedOn)) inFuture('refundedOn', '退费日期不能晚于今天。');
  }
  if ('firstApprovedOn' in row) {
    if (row.firstApprovedOn > today) inFuture('firstApprovedOn', '初次核定日不能晚于今天。');
    for (const [index, month] of row.months.entries()) {
      if (month > monthOf(today)) inFuture(`months/${index}`, '已享受月份不能晚于本月。');
    }
  }
  return fieldErrors;
}

/** Every code within the city is known; elsewhere only the province is. Records may name closed streets. */
export function fieldErrorsOfPlaces(
  said: WrittenFact | RecordRow,
  at: string,
  { city, streets, divisions }: Places,
): FieldError[] {
  const isKnown = (code: string, known: ReadonlySet<string>) =>
    code.startsWith(city) ? known.has(code) : isProvince(code.slice(0, 2));
  const fieldErrors: FieldError[] = [];
  if ('street' in said && !isKnown(said.street, streets)) {
    const detail = '没有这个街道（乡镇）代码，请使用九位统计用区划代码。';
    fieldErrors.push({ pointer: `${at}/street`, code: 'unknown-division', detail });
  }
  const fieldErrorOf = (name: string, code: string | undefined) => {
    if (code === undefined || isKnown(code, divisions)) return;
    const detail = '没有这个行政区划代码，请使用六位行政区划代码。';
    fieldErrors.push({ pointer: `${at}/${name}`, code: 'unknown-division', detail });
  };
  if ('movedInFrom' in said) fieldErrorOf('movedInFrom', said.movedInFrom);
  if ('place' in said) fieldErrorOf('place', said.place);
  return fieldErrors;
}

function unknownKind(at: string, accepted: readonly Kind[]): FieldError {
  const detail = `未知的记录种类，只能是：${accepted.join('、')}。`;
  return { pointer: `${at}/kind`, code: 'unknown-value', detail };
}

const isPrintable = new RegExp(textPattern, 'u');

/**
 * The key as stored and shown with a refusal: at most 100 characters; null if unprintable or holding a personal number.
 */
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
