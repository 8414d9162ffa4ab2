// The assertion for some fields of an answer, where tap's own `match` is loose: for it '1' is 1, a missing field is null,
// 'unpaid' is 'paid', and a list may be longer than expected. Holds no test.

import type { Test } from 'tap';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Passes when `found` has what `expected` names. Objects may have more fields than expected; lists may not be longer, and
 * values are strictly equal. A regular expression stands for any text that it fits, undefined for a missing field.
 */
export function strictMatch(
  t: Pick<Test, 'strictSame' | 'currentAssert'>,
  found: unknown,
  expected: object,
  message = 'has these fields',
): boolean {
  t.currentAssert = strictMatch;
  return t.strictSame(selected(found, expected), expected, message);
}

/** What `expected` names of `found`; a text that a regular expression fits becomes that expression. */
function selected(found: unknown, expected: unknown): unknown {
  if (expected instanceof RegExp) return typeof found === 'string' && expected.test(found) ? expected : found;
  if (Array.isArray(expected) && Array.isArray(found))
    return found.map((item, at) => selected(item, at < expected.length ? expected[at] : item));
  if (isObject(expected) && isObject(found))
    return Object.fromEntries(
      Object.keys(expected).map((name) => [name, selected(found[name], expected[name])]),
    );
  return found;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
