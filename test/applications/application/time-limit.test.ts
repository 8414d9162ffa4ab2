// The time limits of a case, computed and over HTTP.

import t from 'tap';
import { type ApplicationState, states } from '../../../src/applications/application/states.ts';
import {
  noTimeLimit,
  recounted,
  type TimeLimit,
  timeLimitIn,
} from '../../../src/applications/application/time-limit.ts';
import type { WorkingCalendar } from '../../../src/values/working-days.ts';
import { type Problem, setup } from '../../helper.ts';
import { policyOn } from '../../published-policies.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const weekdays: WorkingCalendar = { years: new Set([2025]), exceptions: new Map() };
const basis = { policy: policyOn('2025-07-05', { statutoryAge: 'national' }), calendar: weekdays };

t.test(
  'a case must be accepted in five and reviewed in twenty working days, and other states have no time limit',
  async (t) => {
    const submitted = timeLimitIn('submitted', noTimeLimit, '2025-07-07', basis);
    t.strictSame(submitted, {
      timeLimit: 'acceptance',
      timeLimitDaysLeft: 5,
      timeLimitFrom: '2025-07-07',
      timeLimitDueOn: '2025-07-14',
    });
    const accepted = timeLimitIn('accepted', submitted, '2025-07-09', basis);
    strictMatch(t, accepted, { timeLimit: 'review', timeLimitDueOn: '2025-08-06' });
    const all = Object.keys(states) as ApplicationState[]; // the table's own keys
    const limited = new Set<ApplicationState>(['submitted', 'correction-requested', 'accepted']);
    for (const state of all.filter((one) => !limited.has(one))) {
      t.strictSame(timeLimitIn(state, submitted, '2025-07-09', basis), noTimeLimit, state);
    }
  },
);

t.test(
  'a correction pauses the time limit, and the answer resumes it with the working days that were left',
  async (t) => {
    const submitted = timeLimitIn('submitted', noTimeLimit, '2025-07-07', basis);
    const standing = timeLimitIn('correction-requested', submitted, '2025-07-09', basis);
    t.strictSame(standing, {
      timeLimit: 'acceptance',
      timeLimitDaysLeft: 3,
      timeLimitFrom: null,
      timeLimitDueOn: null,
    });
    const resumed = timeLimitIn('submitted', standing, '2025-08-01', basis);
    strictMatch(t, resumed, { timeLimitDaysLeft: 3, timeLimitDueOn: '2025-08-06' });
  },
);

t.test('a time limit that was exceeded before a correction is still exceeded after it', async (t) => {
  const submitted = timeLimitIn('submitted', noTimeLimit, '2025-07-07', basis);
  const standing = timeLimitIn('correction-requested', submitted, '2025-07-16', basis);
  t.equal(standing.timeLimitDaysLeft, -2);
  t.equal(timeLimitIn('submitted', standing, '2025-08-01', basis).timeLimitDueOn, '2025-07-30');
});

t.test('only a running time limit is recomputed when the calendar changes', async (t) => {
  const standing: TimeLimit = {
    timeLimit: 'acceptance',
    timeLimitDaysLeft: 3,
    timeLimitFrom: null,
    timeLimitDueOn: null,
  };
  t.equal(recounted(standing, weekdays), standing);
  const holiday = { ...weekdays, exceptions: new Map([['2025-07-14', false]]) };
  const submitted = timeLimitIn('submitted', noTimeLimit, '2025-07-07', basis);
  t.equal(recounted(submitted, holiday).timeLimitDueOn, '2025-07-15');
});

t.test('a case shows its due day and is listed as overdue after it', async (t) => {
  const { call, applied, accepted, clock } = await setup(t);
  const application = await applied();
  strictMatch(t, application.timeLimit, {
    name: 'acceptance',
    state: 'running',
    dueOn: '2025-07-11',
    workingDaysLeft: 5,
  });
  const overdue = async () => {
    const query = { timeLimit: 'overdue' };
    const { body } = await call<{ items: { id: string }[] }>('handler-360203', 'GET', '/v1/applications', {
      query,
      status: 200,
    });
    return body.items.map(({ id }) => id);
  };
  clock.set('2025-07-11');
  t.strictSame(await overdue(), [], 'the last day is in time');
  clock.set('2025-07-12');
  t.strictSame(await overdue(), [application.id]);
  const url = `/v1/applications/${application.id}`;
  const { body } = await call<Application>('handler-360203', 'GET', url, { status: 200 });
  strictMatch(t, body.timeLimit, { state: 'overdue', workingDaysLeft: 0 });
  t.equal(body.state, 'submitted', 'nothing is decided by silence');
  clock.set('2025-07-14');
  strictMatch(t, (await accepted()).timeLimit, { name: 'review', dueOn: '2025-08-11' });
});

t.test(
  'a year missing from the calendar causes a warning, and adding it recomputes the due days',
  async (t) => {
    const { call, applied, clock, work } = await setup(t);
    clock.set('2026-12-29');
    const application = await applied();
    strictMatch(t, application.timeLimit, { dueOn: '2027-01-05', unannouncedYears: [2027] });
    const aboutTheCalendar = ({ warnings }: Application) =>
      warnings.filter(({ code }) => code === 'calendar-year-missing').map(({ pointer }) => pointer);
    t.strictSame(aboutTheCalendar(application), ['/timeLimit/dueOn']);

    const body = {
      year: 2027,
      announcement: 'https://www.gov.cn/zhengce/',
      off: [{ day: '2027-01-01', name: '元旦' }],
      work: [{ day: '2027-01-02', name: '元旦' }],
    };
    await call('handler-360203', 'POST', '/v1/calendar-years', { body, status: 403 });
    const faulty = {
      ...body,
      off: [{ day: '2026-01-01', name: '元旦' }],
      work: [{ day: '2027-01-05', name: '元旦' }],
    };
    const refused = await call<Problem>('administrator', 'POST', '/v1/calendar-years', {
      body: faulty,
      status: 400,
    });
    t.strictSame(
      refused.body.errors.map(({ pointer, code }) => [pointer, code]),
      [
        ['/body/off/0/day', 'other-year'],
        ['/body/work/0/day', 'not-a-weekend'],
      ],
    );
    await call('administrator', 'POST', '/v1/calendar-years', { body, status: 201 });
    await work();

    const url = `/v1/applications/${application.id}`;
    const read = await call<Application>('handler-360203', 'GET', url, { status: 200 });
    t.equal(read.body.timeLimit?.dueOn, '2027-01-05');
    t.strictSame(read.body.timeLimit?.unannouncedYears, []);
    t.strictSame(aboutTheCalendar(read.body), []);
    t.equal(read.body.version, application.version + 1, 'another due day is another version');
    const again = await call<Problem>('administrator', 'POST', '/v1/calendar-years', { body, status: 409 });
    t.equal(again.body.code, 'calendar-year-exists');
    const { body: list } = await call<{ items: { year: number }[] }>('auditor', 'GET', '/v1/calendar-years', {
      status: 200,
    });
    t.strictSame(
      list.items.map(({ year }) => year),
      [2024, 2025, 2026, 2027],
    );
  },
);
