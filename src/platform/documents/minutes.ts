// Formats instants for papers.

import { dayInWords } from '../../values/wording.ts';

/** `2025年7月5日10:12` in Asia/Shanghai, of an RFC 3339 instant. */
export function minuteInWords(instant: string): string {
  const local = Temporal.Instant.from(instant).toZonedDateTimeISO('Asia/Shanghai');
  return `${dayInWords(local.toPlainDate().toString())}${local.toPlainTime().toString().slice(0, 5)}`;
}
