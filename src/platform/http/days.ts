// Validates days against today, which a schema cannot.

import type { Day } from '../../values/days.ts';
import { Problem } from '../problem.ts';

/**
 * Rejects a day after today.
 *
 * @param what name of the day in Chinese: 到账日期
 * @throws Problem invalid-fields
 */
export function refuseFutureDay(day: Day, today: Day, pointer: string, what: string): void {
  if (day <= today) return;
  const detail = `${what}不能晚于今天。`;
  throw new Problem('invalid-fields', { fieldErrors: [{ pointer, code: 'in-future', detail }] });
}
