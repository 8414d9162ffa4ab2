// The environment of a walk: the service, the model, and disturbances such as broken connections and repeated requests.
// Contains no test.

import { setTimeout as delay } from 'node:timers/promises';
import type { Answer, City, Problem } from '../../helper.ts';
import type { DisbursementAnswer, RecoveryAnswer } from '../../steps.ts';
import { type Line, MoneyModel, type Run } from './model.ts';

export const payer = 'payer-360203';
export const today = '2025-07-05';

/** All fields that a step reads from answers. */
export type Body = Omit<DisbursementAnswer, 'state'> &
  Omit<RecoveryAnswer, 'state'> &
  Problem & { readonly replacedBy: string | null };

/** The longest pause between two tries is twenty of these. */
const pauseMs = 20;

/** The choices of one step, all derived from one number. */
export class Dice {
  #rest: number;

  constructor(roll: number) {
    this.#rest = roll;
  }

  /** 0 to `sides` − 1. */
  roll(sides: number): number {
    const face = this.#rest % sides;
    this.#rest = Math.floor(this.#rest / sides);
    return face;
  }

  pick<T>(from: readonly T[]): T | undefined {
    return from[this.roll(Math.max(1, from.length))];
  }
}

function isForLater({ status, body }: Answer<unknown>): boolean {
  return status === 503 || (body as { code?: string }).code === 'idempotency-key-in-flight';
}

export class World {
  readonly city: City;
  readonly model = new MoneyModel();
  #count = 0;

  constructor(city: City) {
    this.city = city;
  }

  /** A number that was not returned before. */
  next(): number {
    this.#count += 1;
    return this.#count;
  }

  /**
   * Sends a request whose effect must happen once: sometimes connections break meanwhile, sometimes it is repeated, and
   * then the answer must be the first one. Throws on an unexpected status.
   */
  async post(
    dice: Dice,
    by: string,
    url: string,
    expected: number,
    { body, ifMatch }: { body?: object; ifMatch?: number } = {},
  ): Promise<Body> {
    const options = {
      key: `walk-key-${this.next()}`,
      ...(body === undefined ? {} : { body }),
      ...(ifMatch === undefined ? {} : { ifMatch }),
    };
    const mishap = dice.roll(4);
    const first = this.city.call<Body>(by, 'POST', url, options);
    if (mishap === 0) await this.#breakConnections();
    let answer: Answer<Body> = await first;
    // A broken connection's request may still be ending: its key is then in flight.
    for (let attempt = 1; isForLater(answer) && attempt <= 20; attempt += 1) {
      await delay(attempt * pauseMs);
      answer = await this.city.call<Body>(by, 'POST', url, options);
    }
    if (answer.status !== expected)
      throw new Error(`${url} gave ${answer.status} instead of ${expected}: ${JSON.stringify(answer.body)}`);
    if (mishap <= 1 && expected < 300) {
      const again = await this.city.call<Body>(by, 'POST', url, options);
      if (JSON.stringify(again.body) !== JSON.stringify(answer.body)) throw new Error(`${url} twice differs`);
    }
    return answer.body;
  }

  /** The same on a disbursement in its current version. */
  async act(dice: Dice, by: string, run: Run, step: string, expected: number, body?: object): Promise<Body> {
    const { version } = await this.city.disbursement({ id: run.id, agencyCode: '360203' });
    const url = `/v1/disbursements/${run.id}/${step}`;
    return await this.post(dice, by, url, expected, {
      ifMatch: version,
      ...(body === undefined ? {} : { body }),
    });
  }

  async #breakConnections(): Promise<void> {
    await this.city.db.pool
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
      )
      .catch(() => {});
  }

  runs(...states: Run['state'][]): Run[] {
    return this.model.runs.filter(({ state }) => states.includes(state));
  }

  lines(...states: Line['state'][]): Line[] {
    return this.model.lines.filter(({ state }) => states.includes(state));
  }
}

export function urlOf({ run, id }: Line): string {
  return `/v1/disbursements/${run.id}/lines/${id}`;
}
