// Replaces characters that a font lacks by their code: an empty box would not tell the reader which character
// of a name is missing. Pure.

/** Whether a TrueType font has a glyph for a code point, by its cmap table (format 12). */
export function readGlyphs(font: Buffer): (codePoint: number) => boolean {
  const groups = groupsOf(font, cmapAt(font));
  return (codePoint) => {
    let [low, high] = [0, groups.length - 1];
    while (low <= high) {
      const middle = (low + high) >> 1;
      const group = groups[middle];
      if (group === undefined || codePoint < group.first) high = middle - 1;
      else if (codePoint > group.last) low = middle + 1;
      else return true;
    }
    return false;
  };
}

/** The text with each missing character as `〔U+20BB7〕`. */
export function printable(text: string, hasGlyph: (codePoint: number) => boolean): string {
  return text.replaceAll(/[^\n -~]/gu, (character) => {
    const codePoint = character.codePointAt(0) ?? 0;
    return hasGlyph(codePoint) ? character : `〔U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}〕`;
  });
}

function cmapAt(font: Buffer): number {
  const tables = font.readUInt16BE(4);
  for (let table = 0; table < tables; table += 1) {
    const at = 12 + table * 16;
    if (font.toString('latin1', at, at + 4) === 'cmap') return font.readUInt32BE(at + 8);
  }
  throw new Error('the font has no table of characters');
}

function groupsOf(font: Buffer, cmap: number): { readonly first: number; readonly last: number }[] {
  const subtables = font.readUInt16BE(cmap + 2);
  for (let subtable = 0; subtable < subtables; subtable += 1) {
    const at = cmap + font.readUInt32BE(cmap + 4 + subtable * 8 + 4);
    if (font.readUInt16BE(at) !== 12) continue;
    return Array.from({ length: font.readUInt32BE(at + 12) }, (_, group) => ({
      first: font.readUInt32BE(at + 16 + group * 12),
      last: font.readUInt32BE(at + 20 + group * 12),
    }));
  }
  throw new Error('the font has no table of all characters');
}
