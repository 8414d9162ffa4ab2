// Parsers for PostgreSQL's values: text in, JavaScript value out. Set on each pool, never on pg globally,
// since other libraries in the process rely on pg's defaults.
import pg from 'pg';

type ParseValue = (text: string) => unknown;

/** Parses a bigint; throws beyond 2^53 − 1 instead of rounding an amount. */
export function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} does not fit a JavaScript number`);
  return value;
}

/**
 * A timestamptz as UTC text of fixed width, `2025-07-01T08:00:00.123456Z`. Not a Date, which loses the
 * microseconds that cursors order by. Not a Temporal.Instant, which pg would bind as quoted JSON; the text
 * sorts chronologically, binds back exactly and is valid JSON. Convert with `Temporal.Instant.from` for
 * arithmetic.
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
// varchar[]. The casts: pg's types name no array type, and this parser yields text and nulls.
const textArray = pg.types.getTypeParser(1015 as Oid, 'text') as ArrayParser;

function arrayOf(parse: ParseValue): ParseValue {
  return (text) => textArray(text).map((item) => (item === null ? null : parse(item)));
}

// Calendar days and numerics stay text: a Date shifts with the time zone, and a float loses cents.
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

// PostgreSQL sends a domain as its base type, but an array of a domain under its own oid, assigned at
// creation. Ours are all over text, and no other type of ours begins with a brace.
const firstOidOfOurs = 16_384;
const parseOurs: ParseValue = (text) => (text.startsWith('{') ? textArray(text) : text);

/** The `types` option of this service's pg clients and pools. */
export const valueTypes: pg.CustomTypesConfig = {
  getTypeParser(oid: number, format?: 'text' | 'binary') {
    if (format === 'binary') return pg.types.getTypeParser(oid, format);
    if (oid >= firstOidOfOurs) return parseOurs;
    return parsers.get(oid) ?? pg.types.getTypeParser(oid, format);
  },
};
