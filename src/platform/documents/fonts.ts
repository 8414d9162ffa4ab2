// The embedded Chinese type of everything that is printed.

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
    /** A text as the type can show it. */
    shown: (text: string) => printable(text, hasGlyph),
  };
}

let fonts: ReturnType<typeof readFonts> | undefined;

/** Read with the first paper: fifteen megabytes each, which a service that prints nothing need not hold. */
export function chineseFonts(): ReturnType<typeof readFonts> {
  fonts ??= readFonts();
  return fonts;
}
