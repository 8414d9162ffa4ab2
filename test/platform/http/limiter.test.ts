// Which requests begin, wait and are refused, by a simulated clock and a service with a known capacity.

import fc from 'fast-check';
import t from 'tap';
import { Limiter, type LimiterOptions } from '../../../src/platform/http/limits/limiter.ts';

const options: LimiterOptions = { atOnce: 12, ofOne: 9, mostWaiting: 48, patienceMs: 250, waitMs: 30 };
/** With twelve at once: 600 each second. */
const workMs = 20;
const capacity = 600;
const sweepMs = 5;

interface Task {
  readonly client: string;
  readonly arrivedAt: number;
}

interface Ended extends Task {
  readonly endedAt: number;
}

/** A service whose every task takes `workMs`. Hears of each millisecond; `arrivals` says who
 * sends, knowing who was just answered. */
function play(untilMs: number, arrivals: (now: number, answered: readonly Task[]) => readonly string[]) {
  const limiter = new Limiter<Task>(options);
  const served: (Ended & { readonly beganAt: number })[] = [];
  const refused: Ended[] = [];
  let working: { task: Task; beganAt: number }[] = [];
  for (let now = 0; now < untilMs; now += 1) {
    const done = working.filter(({ beganAt }) => now - beganAt >= workMs);
    working = working.filter((one) => !done.includes(one));
    for (const { task, beganAt } of done) {
      served.push({ ...task, beganAt, endedAt: now });
      const next = limiter.leave(task.client, now);
      if (next !== undefined) working.push({ task: next, beganAt: now });
    }
    const turnedAway = now % sweepMs === 0 ? limiter.overdue(now) : [];
    refused.push(...turnedAway.map((task) => ({ ...task, endedAt: now })));
    for (const client of arrivals(now, [...turnedAway, ...done.map(({ task }) => task)])) {
      const task = { client, arrivedAt: now };
      if (limiter.arrive(task, client, now) === 'begins') working.push({ task, beganAt: now });
    }
  }
  return { served, refused, limiter };
}

/** So many each second, evenly, each by another of a hundred clients. */
function steady(perSecond: number) {
  let sent = 0;
  return (now: number): string[] => {
    const due = Math.floor((now * perSecond) / 1_000) - sent;
    return Array.from({ length: due }, () => `client ${sent++ % 100}`);
  };
}

const between = <T extends Ended>(all: readonly T[], from: number, to: number) =>
  all.filter(({ endedAt }) => endedAt >= from && endedAt < to);

t.test('below capacity everything begins when it arrives', (t) => {
  const { served, refused } = play(5_000, steady(capacity * 0.8));
  t.equal(refused.length, 0);
  t.strictSame([...new Set(served.map(({ arrivedAt, beganAt }) => beganAt - arrivedAt))], [0]);
  t.end();
});

t.test('at three times its capacity it does all it can, quickly, and refuses the rest within 100 ms', (t) => {
  const { served, refused } = play(10_000, steady(3 * capacity));
  t.ok(served.length >= 0.99 * capacity * 10, `${served.length} served`);
  const waits = served.map(({ arrivedAt, beganAt }) => beganAt - arrivedAt).sort((a, b) => a - b);
  t.ok((waits[Math.floor(waits.length * 0.99)] ?? 99) <= 2 * workMs, 'a hundredth waits longer');
  t.ok(refused.length > capacity * 10);
  t.ok(refused.every(({ arrivedAt, endedAt }) => endedAt - arrivedAt <= 100));
  t.end();
});

t.test('a little beyond its capacity it refuses few, and early', (t) => {
  const { served, refused } = play(20_000, steady(1.2 * capacity));
  t.ok(served.length >= 0.99 * capacity * 20, `${served.length} served`);
  const late = between(refused, 2_000, 20_000).filter(({ arrivedAt, endedAt }) => endedAt - arrivedAt > 50);
  t.strictSame(late, []);
  t.end();
});

t.test('when the load has gone, nothing is refused any more', (t) => {
  const storm = steady(3 * capacity);
  const calm = steady(capacity / 2);
  const { refused, served, limiter } = play(4_000, (now) => {
    const gentle = calm(now);
    return now < 2_000 ? storm(now) : gentle;
  });
  t.strictSame(between(refused, 2_100, 4_000), []);
  const late = between(served, 2_200, 4_000).map(({ arrivedAt, beganAt }) => beganAt - arrivedAt);
  t.strictSame([...new Set(late)], [0]);
  t.equal(limiter.isOverloaded(4_000), false);
  t.end();
});

t.test('eight hundred clients that retry at once are answered at a pace that leaves time for work', (t) => {
  const { served, refused } = play(5_000, (now, answered) =>
    now === 0
      ? Array.from({ length: 800 }, (_, index) => `client ${index}`)
      : answered.map(({ client }) => client),
  );
  t.ok(served.length >= 0.99 * capacity * 5, `${served.length} served`);
  t.ok(refused.length / 5 <= 3 * capacity + 1_200, `${refused.length / 5} refusals each second`);
  t.end();
});

t.test('beside clients that retry at once, another that asks for too much is refused within 100 ms', (t) => {
  const flood = (client: string) => client.startsWith('flood');
  const other = steady(capacity / 2);
  const { refused } = play(5_000, (now, answered) => [
    ...(now === 0
      ? Array.from({ length: 800 }, (_, index) => `flood ${index % 4}`)
      : answered.map(({ client }) => client).filter(flood)),
    ...other(now).map(() => 'other'),
  ]);
  const others = refused.filter(({ client }) => client === 'other');
  t.ok(others.length > capacity / 2, `${others.length} are refused`);
  const late = others.filter(({ arrivedAt, endedAt }) => endedAt - arrivedAt > 100);
  t.equal(late.length, 0, `${late.length} later`);
  t.end();
});

t.test('a burst is served whole and in order', (t) => {
  const { served, refused } = play(1_000, (now) =>
    now === 0 ? Array.from({ length: 60 }, (_, index) => `client ${index}`) : [],
  );
  t.strictSame(refused, []);
  t.strictSame(
    served.map(({ client }) => client),
    Array.from({ length: 60 }, (_, index) => `client ${index}`),
  );
  t.end();
});

t.test('during overload the newest begins first, and the oldest are refused first', (t) => {
  const limiter = new Limiter<number>({ atOnce: 1, ofOne: 1, mostWaiting: 3, waitMs: 50 });
  for (const task of [0, 1, 2, 3, 4]) limiter.arrive(task, `client ${task}`, 10 * task);
  t.equal(limiter.isOverloaded(45), true);
  t.equal(limiter.leave('client 0', 45), 4);
  t.strictSame(limiter.overdue(65), [1]);
  t.strictSame(limiter.overdue(85), [2, 3]);
  t.equal(limiter.isOverloaded(1_084), true);
  t.equal(limiter.isOverloaded(1_085), false, 'nobody was refused for a second');
  t.end();
});

t.test('a short queue that does not move is overload too', (t) => {
  const limiter = new Limiter<string>({ atOnce: 1, ofOne: 1, patienceMs: 250, waitMs: 50 });
  limiter.arrive('works long', 'one', 0);
  limiter.arrive('waits', 'two', 0);
  t.strictSame(limiter.overdue(249), []);
  t.strictSame(limiter.overdue(250), ['waits']);
  t.end();
});

t.test('between clients with floods of requests, another waits for at most one task', (t) => {
  const { served, refused } = play(3_000, (now) => {
    const flood = now % 10 === 0 ? Array.from({ length: 20 }, (_, at) => `flood ${at % 2}`) : [];
    return now % 50 === 0 ? ['other', ...flood] : flood;
  });
  t.strictSame(
    refused.filter(({ client }) => client === 'other'),
    [],
  );
  const others = served.filter(({ client }) => client === 'other');
  t.ok(others.length >= 59);
  t.ok(others.every(({ arrivedAt, beganAt }) => beganAt - arrivedAt <= workMs));
  t.end();
});

t.test('of one client only so many wait', (t) => {
  const limiter = new Limiter<number>({ atOnce: 3, ofOne: 1, waitingOfOne: 2 });
  const arrivals = [1, 2, 3, 4].map((task) => limiter.arrive(task, 'one', 0));
  t.strictSame(arrivals, ['begins', 'waits', 'waits', 'refused']);
  t.equal(limiter.arrive(5, 'another', 0), 'begins');
  t.equal(limiter.leave('one', 1), 2);
  t.equal(limiter.leave('another', 1), undefined, 'the one who waits has its one place');
  t.end();
});

t.test('whatever happens, limits hold and every task has one end', (t) => {
  const step = fc.oneof(
    fc.record({ arrives: fc.constantFrom('a', 'b', 'c') }),
    fc.constant('leaves' as const),
    fc.constant('sweep' as const),
  );
  fc.assert(
    fc.property(fc.array(fc.tuple(step, fc.integer({ min: 0, max: 40 })), { maxLength: 200 }), (steps) => {
      const limiter = new Limiter<{ client: string }>({
        atOnce: 4,
        ofOne: 3,
        mostWaiting: 5,
        patienceMs: 60,
        waitMs: 30,
      });
      const begun: { client: string }[] = [];
      let arrived = 0;
      let ended = 0;
      let now = 0;
      for (const [what, passes] of steps) {
        now += passes;
        if (what === 'sweep') ended += limiter.overdue(now).length;
        else if (what === 'leaves') {
          const task = begun.shift();
          if (task === undefined) continue;
          ended += 1;
          const next = limiter.leave(task.client, now);
          if (next !== undefined) begun.push(next);
        } else {
          const task = { client: what.arrives };
          arrived += 1;
          if (limiter.arrive(task, task.client, now) === 'begins') begun.push(task);
        }
        const most = Math.max(
          0,
          ...['a', 'b', 'c'].map((one) => begun.filter(({ client }) => client === one).length),
        );
        if (begun.length > 4 || most > 3 || limiter.inProgress !== begun.length) return false;
        if (arrived !== ended + begun.length + limiter.waiting) return false;
        // Nobody waits beside a free place that they might have.
        if (limiter.waiting > 0 && begun.length < 4 && most < 3) return false;
      }
      return true;
    }),
  );
  t.end();
});
