// Which months may be asked about together: ended ones, of one quarter. Pure.

import type { Fault } from '../http/problem.ts';
import { type Day, lastDayOf, type Month, monthsOfQuarter, type Quarter } from '../rules/days.ts';

/** Every fault of months claimed on a day; a claim is for whole months that have ended (articles 四 and 六). */
export function monthFaults(months: readonly Month[], quarter: Quarter, today: Day): Fault[] {
  const ofQuarter = monthsOfQuarter(quarter);
  return months.flatMap((month, index) => {
    const pointer = `/body/months/${index}`;
    if (!ofQuarter.includes(month)) {
      return [
        { pointer, code: 'other-quarter', detail: '月份不属于所填季度，一次申请只能包含同一季度的月份。' },
      ];
    }
    if (lastDayOf(month) >= today) {
      return [{ pointer, code: 'not-ended', detail: '该月份尚未结束，请在次月起申请。' }];
    }
    return [];
  });
}
