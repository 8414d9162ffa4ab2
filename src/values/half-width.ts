// Full-width letters, digits and spaces as keyboards for Chinese write them.

/** Converts full-width letters, digits and spaces to half-width. */
export function halfWidth(text: string): string {
  // Nearly every text has none.
  if (!/[\u3000\uFF01-\uFF5E]/.test(text)) return text;
  return text
    .replace(/[\uFF01-\uFF5E]/g, (wide) => String.fromCharCode(wide.charCodeAt(0) - 0xfee0))
    .replaceAll('\u3000', ' ');
}
