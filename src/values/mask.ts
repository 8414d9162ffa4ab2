// How a number of a person is shown to whoever need not know it: identity, account and phone numbers alike.

/**
 * `3****************1`: the first and the last character stay. A birth month, a sex and a whole region code beside it still
 * leave more than a thousand identity numbers, which a test counts; one more character at either end would not.
 */
export function maskNumber(text: string): string {
  return text.length < 3
    ? '*'.repeat(text.length)
    : `${text.at(0)}${'*'.repeat(text.length - 2)}${text.at(-1)}`;
}
