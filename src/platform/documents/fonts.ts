// The embedded Chinese font of all printed papers.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { printable, readGlyphs } from './glyphs.ts';

const require = createRequire(import.meta.url);

function readFonts() {
  const read = (file: string) => readFileSync(require.resolve(`@expo-google-fonts/noto-serif-sc/${file}`));
  const regular = read('400Regular/NotoSerifSC_400Regular.ttf');
  const hasGlyph = readGlyphs(regular);
  return {
    regular,
    bold: read('700Bold/NotoSerifSC_700Bold.ttf'),
    /** Text with characters missing from the font replaced. */
    shown: (text: string) => printable(text, hasGlyph),
  };
}

let fonts: ReturnType<typeof readFonts> | undefined;

/**
 * Loaded with the first paper: the fonts take fifteen megabytes each, which a process that prints nothing
 * need not hold.
 */
export function chineseFonts(): ReturnType<typeof readFonts> {
  fonts ??= readFonts();
  return fonts;
}
