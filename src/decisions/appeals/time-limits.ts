// Within how many days an appeal is decided: dated values with their source. Pure.

import type { Day } from '../../values/days.ts';
import { addWorkingDays, isWorkingDay, type WorkingCalendar } from '../../values/working-days.ts';
import type { AppealKind } from './states.ts';

interface Dated {
  readonly from: Day;
  /** Calendar days after the day on which the appeal was received. */
  readonly days: number;
  readonly source: string;
}

/** Oldest first. */
const limits: Readonly<Record<AppealKind, readonly Dated[]>> = {
  reconsideration: [
    { from: '1999-10-01', days: 60, source: '《中华人民共和国行政复议法》第三十一条' },
    { from: '2024-01-01', days: 60, source: '《中华人民共和国行政复议法》（2023年修订）第六十二条' },
  ],
  'simple-reconsideration': [
    { from: '2024-01-01', days: 30, source: '《中华人民共和国行政复议法》（2023年修订）第六十二条' },
  ],
  petition: [{ from: '2022-05-01', days: 60, source: '《信访工作条例》第三十四条' }],
  // The measure sets none. The office may publish another one.
  objection: [{ from: '2024-12-06', days: 30, source: '办法未作规定，按经办机构的办理期限' }],
};

/** Whether there is a time limit for the kind on the day. */
export function limitOn(kind: AppealKind, receivedOn: Day): Dated | undefined {
  return limits[kind].findLast(({ from }) => from <= receivedOn);
}

/** The last day in time: the day of receipt does not count, and a last day off work moves to the next working day. */
export function dueDay(receivedOn: Day, days: number, calendar: WorkingCalendar): Day {
  const last = Temporal.PlainDate.from(receivedOn).add({ days }).toString();
  return isWorkingDay(last, calendar) ? last : addWorkingDays(last, 1, calendar);
}
