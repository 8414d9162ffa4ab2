// What JSON.parse lets pass: a name that stands twice in one object. It keeps the last and drops the others, while another
// reader of the same text, a signature check or a log, may have gone by the first. Pure.

/** Whether an object in a valid JSON text names a field twice. One pass over the text, one over what it means. */
export function hasRepeatedName(text: string, value: unknown): boolean {
  return namesIn(text) !== fieldsOf(value);
}

/** Strings that a colon follows: in a valid text, and in it alone, those are the names. */
function namesIn(text: string): number {
  let names = 0;
  for (let start = text.indexOf('"'); start !== -1; ) {
    let end = endOfString(text, start);
    end += 1;
    while (isSpace(text.charCodeAt(end))) end += 1;
    if (text[end] === ':') names += 1;
    start = text.indexOf('"', end);
  }
  return names;
}

/** The quote that ends a string: the next one with an even number of backslashes before it. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); ; quote = text.indexOf('"', quote + 1)) {
    let backslash = quote - 1;
    while (text[backslash] === '\\') backslash -= 1;
    if ((quote - backslash) % 2 === 1) return quote;
  }
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09;
}

/** Without recursion: how deep a body may be is judged later, by its schema. */
function fieldsOf(value: unknown): number {
  let fields = 0;
  const left: unknown[] = [value];
  while (left.length > 0) {
    const one = left.pop();
    if (typeof one !== 'object' || one === null) continue;
    const inner: readonly unknown[] = Array.isArray(one) ? one : Object.values(one);
    if (!Array.isArray(one)) fields += inner.length;
    for (const item of inner) if (typeof item === 'object') left.push(item);
  }
  return fields;
}
