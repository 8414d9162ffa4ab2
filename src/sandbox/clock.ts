// The sandbox's clock, which can be moved ahead, so that integrators see the end of a quarter, the thirtieth day or the fifth
// year without waiting. Only ahead: what has happened keeps its time. Never in production.

import { readFileSync } from 'node:fs';
import { rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
// For its declaration of `hide` in a route's schema.
import type {} from '@fastify/swagger';
import type { FastifyInstance } from 'fastify';
import { type FieldError, Problem } from '../platform/problem.ts';
import { dayInShanghai } from '../values/days.ts';

/** GET says the time, POST `{"by": "P30D"}` or `{"to": "2026-10-01"}` moves it. */
export const sandboxClockPath = '/sandbox/clock';
/** Below the data folder: how far the clock is ahead. */
export const sandboxClockFile = 'sandbox-clock.json';
const timeZone = 'Asia/Shanghai';
/** Offices are open. */
const morning = Temporal.PlainTime.from('09:00');
/** Beyond it dates have more than four digits somewhere. */
const last = Temporal.Instant.from('2999-12-31T00:00:00Z');

export interface SandboxClock {
  readonly now: () => Temporal.Instant;
  /** Kept for the next start. @throws RangeError for a time that has passed */
  moveTo(instant: Temporal.Instant): Promise<void>;
}

/** @param dataDir exists already */
export function openSandboxClock(dataDir: string): SandboxClock {
  const path = join(dataDir, sandboxClockFile);
  let aheadMs = readAhead(path);
  const now = () => Temporal.Now.instant().add({ milliseconds: aheadMs });
  return {
    now,
    async moveTo(instant) {
      if (Temporal.Instant.compare(instant, now()) < 0) throw new RangeError('the time has passed');
      const next = instant.epochMilliseconds - Date.now();
      await writeFile(`${path}.new`, JSON.stringify({ aheadMs: next }));
      await rename(`${path}.new`, path);
      aheadMs = next;
    },
  };
}

function readAhead(path: string): number {
  try {
    return Number(JSON.parse(readFileSync(path, 'utf8')).aheadMs);
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return 0;
    throw error;
  }
}

/** Fastify plugin. @param whenMoved starts what is done each night @throws Error in production */
export async function sandboxClock(
  app: FastifyInstance,
  {
    clock,
    environment,
    whenMoved,
  }: { readonly clock: SandboxClock; readonly environment: string; readonly whenMoved: () => Promise<void> },
): Promise<void> {
  if (environment === 'production') throw new Error('the sandbox’s clock is refused in production');
  const answer = () => {
    const now = clock.now();
    return { now: now.toString(), day: dayInShanghai(now) };
  };
  const open = { config: { public: true }, schema: { hide: true } };
  app.get(sandboxClockPath, open, async () => answer());
  // `body: {}` takes any JSON; what it holds is read below.
  const takesBody = { ...open, schema: { hide: true, body: {} } };
  app.post(sandboxClockPath, takesBody, async ({ body }) => {
    const instant = readMove(body, clock.now());
    try {
      await clock.moveTo(instant);
    } catch (error) {
      if (error instanceof RangeError)
        throw invalid('/body', 'in-past', '沙箱时钟只能向前调；要回到从前，请重置沙箱。');
      throw error;
    }
    await whenMoved();
    return answer();
  });
}

/** @throws Problem `invalid-fields` */
function readMove(body: unknown, now: Temporal.Instant): Temporal.Instant {
  const { by, to, ...more } = Object(body) as Readonly<Record<string, unknown>>; // of any JSON, the two are read
  const [unknown] = Object.keys(more);
  if (unknown !== undefined)
    throw invalid(`/body/${unknown}`, 'unknown-field', '不认识这个字段，请删除或改正字段名。');
  if ((by === undefined) === (to === undefined))
    throw invalid('/body', 'exactly-one', '请填写时长或日期，二者择一。');
  const instant = by === undefined ? whenIs(String(to)) : afterwards(now, String(by));
  if (instant !== null && Temporal.Instant.compare(instant, last) <= 0) return instant;
  throw by === undefined
    ? invalid('/body/to', 'wrong-format', '请写日期（如 2026-10-01）或带时区的时间，最晚到 2999 年。')
    : invalid('/body/by', 'wrong-format', '不是可用的时长；写法见沙箱说明，最晚到 2999 年。');
}

function afterwards(now: Temporal.Instant, duration: string): Temporal.Instant | null {
  return orNull(() => now.toZonedDateTimeISO(timeZone).add(Temporal.Duration.from(duration)).toInstant());
}

/** A day means its morning. */
function whenIs(said: string): Temporal.Instant | null {
  return (
    orNull(() => Temporal.Instant.from(said)) ??
    orNull(() => Temporal.PlainDate.from(said).toZonedDateTime({ timeZone, plainTime: morning }).toInstant())
  );
}

function orNull<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (error instanceof RangeError) return null;
    throw error;
  }
}

function invalid(pointer: string, code: FieldError['code'], detail: string): Problem {
  return new Problem('invalid-fields', { fieldErrors: [{ pointer, code, detail }] });
}
