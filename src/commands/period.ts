// Parses the period of decisions that commands take.

import { ConfigError } from '../platform/config/config.ts';
import { isDay } from '../values/days.ts';

export const periodOptions = {
  from: { type: 'string', value: 'DAY', help: '第一天，如 2024-12-06 · the first day' },
  to: { type: 'string', value: 'DAY', help: '最后一天，如 2025-03-31 · the last day' },
} as const;

/** @throws ConfigError with a line per error */
export function readPeriod({ from = '', to = '' }: { readonly from?: string; readonly to?: string }) {
  const errors: string[] = [];
  if (!isDay(from)) errors.push(`--from: ${periodOptions.from.help}`);
  if (!isDay(to)) errors.push(`--to: ${periodOptions.to.help}`);
  if (errors.length === 0 && from > to) errors.push('--to: 不得早于 --from · not before --from');
  if (errors.length > 0) throw new ConfigError(errors);
  return { from, to };
}
