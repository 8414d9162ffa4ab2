// How PostgreSQL's values become ours, and nothing else: text in, JavaScript value out.
// Given to each pool, never set on pg globally: a library in the same process keeps pg's own defaults.
import pg from 'pg';

type ParseValue = (text: string) => unknown;

/** A bigint as a number; throws beyond 2^53 − 1 rather than rounding a sum of money. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a JavaScript number`);
  return value;
}

/**
 * A timestamptz as UTC text of one fixed width, `2025-07-01T08:00:00.123456Z`.
 * Not a Date, which drops the microseconds and with them the order of rows a cursor relies on. Not a
 * Temporal.Instant either: pg would bind it as quoted JSON, and the text already sorts as time, binds back
 * exactly and travels in JSON as it is. `Temporal.Instant.from` takes it where arithmetic is needed.
 */
export function parseInstant(text: string): string {
  const parts = /^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.(\d{1,6}))?\+00$/.exec(text);
  if (parts === null)
    throw new RangeError(`timestamptz ${text} is not a UTC instant of the years 0000 to 9999`);
  return `${parts[1]}T${parts[2]}.${(parts[3] ?? '').padEnd(6, '0')}Z`;
}

const asText: ParseValue = (text) => text;
type Oid = Parameters<typeof pg.types.getTypeParser>[0];
type ArrayParser = (text: string) => (string | null)[];
// varchar[]. The casts: pg's types name no array type, and its parser for this one yields text and nulls.
const textArray = pg.types.getTypeParser(1015 as Oid, 'text') as ArrayParser;

function arrayOf(parse: ParseValue): ParseValue {
  return (text) => textArray(text).map((item) => (item === null ? null : parse(item)));
}

// Calendar days and numerics stay the text they are: a Date would move a day with the time zone, a float a cent.
const parsers = new Map<number, ParseValue>([
  [pg.types.builtins.INT8, parseInt8],
  [1016, arrayOf(parseInt8)],
  [pg.types.builtins.DATE, asText],
  [1182, arrayOf(asText)],
  [pg.types.builtins.TIMESTAMPTZ, parseInstant],
  [1185, arrayOf(parseInstant)],
  [pg.types.builtins.NUMERIC, asText],
  [1231, arrayOf(asText)],
]);

// PostgreSQL sends a domain as the type below it, but an array of one under an oid of its own, given at creation.
// Ours are all over text, and no other type of ours begins with a brace.
const firstOidOfOurs = 16_384;
const parseOurs: ParseValue = (text) => (text.startsWith('{') ? textArray(text) : text);

/** The `types` of a pg client or pool of this service. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, format);
    if (oid >= firstOidOfOurs) return parseOurs;
    return parsers.get(oid) ?? pg.types.getTypeParser(oid, format);
  },
};
