// Decides which tasks begin, which wait and which are refused, by how many are in progress. Knows no requests, no clock
// and no I/O: it is told the time, and says what is to be done.

export interface LimiterOptions {
  /** Most tasks in progress together. */
  readonly atOnce: number;
  /** Most in progress of one client. */
  readonly ofOne: number;
  /** Most of one client that wait. */
  readonly waitingOfOne?: number;
  /** A queue this long is overload. */
  readonly mostWaiting?: number;
  /** A queue is overload too when somebody has waited this long in it. */
  readonly patienceMs?: number;
  /** The longest wait during overload. */
  readonly waitMs?: number;
}

const overloadMs = 1_000;
/** At three times the load, two are refused for each that begins; a third makes up for delays. */
const refusedPerBegun = 3;
/** At least: about a twentieth of a core's time. */
const refusedPerMs = 1.2;
/** A late sweep does not make up for all of its delay at once. */
const longestSweepMs = 50;

interface Waiting<Task> {
  readonly task: Task;
  readonly client: string;
  readonly since: number;
}

/**
 * A queue that is short and moves is served in order: bursts are nobody's fault. Overload begins when the queue is too
 * long or too slow, and lasts until nobody was refused for a second. Meanwhile the newest begins first, because its client still waits, and who has
 * waited `waitMs` is refused. Of several clients, one with the fewest tasks in progress comes first.
 *
 * Times are in milliseconds and never run backwards.
 */
export class Limiter<Task> {
  readonly #options: Required<LimiterOptions>;
  readonly #begun = new Map<string, number>();
  #inProgress = 0;
  #begunSinceRefusals = 0;
  #refusedAt = Number.NEGATIVE_INFINITY;
  /** In order of arrival. */
  #waiting: Waiting<Task>[] = [];
  #overloadedUntil = Number.NEGATIVE_INFINITY;

  constructor(options: LimiterOptions) {
    const unlimited = Number.POSITIVE_INFINITY;
    this.#options = {
      waitingOfOne: unlimited,
      mostWaiting: unlimited,
      patienceMs: unlimited,
      waitMs: unlimited,
      ...options,
    };
  }

  get inProgress(): number {
    return this.#inProgress;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  isOverloaded(now: number): boolean {
    return now < this.#overloadedUntil;
  }

  arrive(task: Task, client: string, now: number): 'begins' | 'waits' | 'refused' {
    const { atOnce, ofOne, waitingOfOne, mostWaiting } = this.#options;
    const begun = this.#begun.get(client) ?? 0;
    if (this.#inProgress < atOnce && begun < ofOne) {
      this.#begin(client);
      return 'begins';
    }
    if (waitingOfOne <= this.#waiting.length && this.#waitingOf(client) >= waitingOfOne) return 'refused';
    this.#waiting.push({ task, client, since: now });
    if (this.#waiting.length > mostWaiting) this.#overloadedUntil = now + overloadMs;
    return 'waits';
  }

  /** A task of this client has ended. @returns the task that begins in its place */
  leave(client: string, now: number): Task | undefined {
    const begun = this.#begun.get(client) ?? 0;
    if (begun > 1) this.#begun.set(client, begun - 1);
    else this.#begun.delete(client);
    this.#inProgress -= 1;
    this.#judge(now);
    const [next] = this.#waiting.splice(this.#nextPlace(now), 1);
    if (next === undefined) return undefined;
    this.#begin(next.client);
    return next.task;
  }

  /**
   * The tasks that have waited too long, of each client in turn the oldest: they wait no longer. To be asked every few
   * milliseconds while tasks wait. Who retries at once is refused again and again; refusals are therefore paced by what is
   * begun, so that they do not keep the process from it, and who retries waits for them longer than others.
   */
  overdue(now: number): Task[] {
    this.#judge(now);
    const { waitMs } = this.#options;
    const elapsedMs = Math.min(now - this.#refusedAt, longestSweepMs);
    const most = Math.ceil(Math.max(refusedPerMs * elapsedMs, refusedPerBegun * this.#begunSinceRefusals));
    this.#refusedAt = now;
    this.#begunSinceRefusals = 0;
    if (!this.isOverloaded(now)) return [];
    const overdue = this.#waiting.filter(({ since }) => now - since >= waitMs);
    const refused = new Set(inTurn(overdue).take(most));
    if (refused.size === 0) return [];
    this.#waiting = this.#waiting.filter((one) => !refused.has(one));
    this.#overloadedUntil = now + overloadMs;
    return [...refused].map(({ task }) => task);
  }

  #judge(now: number): void {
    const oldest = this.#waiting[0];
    if (oldest !== undefined && now - oldest.since >= this.#options.patienceMs)
      this.#overloadedUntil = now + overloadMs;
  }

  #begin(client: string): void {
    this.#begun.set(client, (this.#begun.get(client) ?? 0) + 1);
    this.#inProgress += 1;
    this.#begunSinceRefusals += 1;
  }

  /** The length of the queue when nobody in it may begin. */
  #nextPlace(now: number): number {
    const isOverloaded = this.isOverloaded(now);
    let place = this.#waiting.length;
    let fewest = this.#options.ofOne;
    for (const [index, { client }] of this.#waiting.entries()) {
      const begun = this.#begun.get(client) ?? 0;
      const isNewer = isOverloaded && begun === fewest && begun < this.#options.ofOne;
      if (begun >= fewest && !isNewer) continue;
      place = index;
      fewest = begun;
    }
    return place;
  }

  #waitingOf(client: string): number {
    return this.#waiting.filter((one) => one.client === client).length;
  }
}

/** The first of each client, then the second of each, and so on. */
function* inTurn<One extends { readonly client: string }>(all: readonly One[]): Generator<One> {
  let queues = [...Map.groupBy(all, ({ client }) => client).values()];
  for (let turn = 0; queues.length > 0; turn += 1) {
    queues = queues.filter(({ length }) => length > turn);
    for (const queue of queues) yield queue[turn] as One; // it is longer
  }
}
