// Checks of days that need today, which a schema does not know.

import type { Day } from '../../values/days.ts';
import { Problem } from '../problem.ts';

/**
 * Throws for the day of an event that lies after today.
 *
 * @param what it is the day of, in Chinese: 到账日期
 * @throws Problem invalid-fields
 */
export function refuseFutureDay(day: Day, today: Day, pointer: string, what: string): void {
  if (day <= today) return;
  const detail = `${what}不能晚于今天。`;
  throw new Problem('invalid-fields', { fieldErrors: [{ pointer, code: 'in-future', detail }] });
}
