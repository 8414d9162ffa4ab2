// Detects repeated names in a JSON object, which JSON.parse accepts: it keeps the last, while another reader
// of the same text (a signature check, a log) may use the first. Pure.

/**
 * Whether an object in a valid JSON text repeats a name. One pass over the text and one over the parsed
 * value.
 */
export function hasRepeatedName(text: string, value: unknown): boolean {
  return namesIn(text) !== fieldsOf(value);
}

/** Counts strings followed by a colon: in valid JSON, exactly the names. */
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

/** The quote that ends a string: the next one preceded by an even number of backslashes. */
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

/** Not recursive: the schema limits nesting only later. */
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
