// Random walks of everything that can happen to money, against a small model that only adds. Requests are repeated and
// connections killed in between. After every step each figure is the model's, and every equation holds.

import fc from 'fast-check';
import t from 'tap';
import { type Answer, type City, type Problem, setup } from '../helper.ts';
import type { DisbursementAnswer, RecoveryAnswer } from '../steps.ts';
import { fenOf, type Line, MoneyModel, monthFen, type Run } from './money-model.ts';

const payer = 'payer-360203';
const finance = 'finance-360203';
const reviewer = 'reviewer-360203';
const street = '360203007';
const seed = Number(process.env['WALK_SEED'] ?? 139);
const walks = 6;
const stepsPerWalk = 30;

type Body = Omit<DisbursementAnswer, 'state'> & Omit<RecoveryAnswer, 'state'> & Problem;
/** A number from which each step takes its choices. */
type Dice = (sides: number) => number;

function diceOf(roll: number): Dice {
  let rest = roll;
  return (sides) => {
    const face = rest % sides;
    rest = Math.floor(rest / sides);
    return face;
  };
}

class World {
  readonly city: City;
  readonly model = new MoneyModel();
  readonly taken = new Map<string, number>();
  #count = 0;

  constructor(city: City) {
    this.city = city;
  }

  next(): number {
    this.#count += 1;
    return this.#count;
  }

  /** Acts once, however often it is asked: sometimes the connections break meanwhile, sometimes it is asked again. */
  async post(dice: Dice, by: string, url: string, body?: object, ifMatch?: number): Promise<Answer<Body>> {
    const options = {
      key: `walk-key-${this.next()}`,
      ...(body === undefined ? {} : { body }),
      ...(ifMatch === undefined ? {} : { ifMatch }),
    };
    const mishap = dice(4);
    const first = this.city.call<Body>(by, 'POST', url, options);
    if (mishap === 0) await this.#breakConnections();
    let answer = await first;
    for (let attempt = 0; answer.status === 503 && attempt < 20; attempt += 1)
      answer = await this.city.call<Body>(by, 'POST', url, options);
    if (mishap > 1 || answer.status !== 201) return answer;
    const again = await this.city.call<Body>(by, 'POST', url, options);
    if (JSON.stringify(again.body) !== JSON.stringify(answer.body)) throw new Error(`${url} twice differs`);
    return answer;
  }

  async #breakConnections(): Promise<void> {
    await this.city.db.pool
      .query(
        `select pg_terminate_backend(pid) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and state <> 'idle'`,
      )
      .catch(() => {});
  }

  async versionOf(run: Run): Promise<number> {
    return (await this.city.disbursement({ id: run.id, agencyCode: '360203' })).version;
  }

  runs(...states: Run['state'][]): Run[] {
    return this.model.runs.filter(({ state }) => states.includes(state));
  }

  lines(...states: Line['state'][]): Line[] {
    return this.model.lines.filter(({ state }) => states.includes(state));
  }
}

function pick<T>(dice: Dice, from: readonly T[]): T | undefined {
  return from[dice(Math.max(1, from.length))];
}

function urlOf({ run, id }: Line): string {
  return `/v1/disbursements/${run.id}/lines/${id}`;
}

function settle(run: Run): void {
  const isOpen = run.lines.some(({ state }) => state === 'at-the-bank');
  if (!isOpen && run.state === 'in-payment') run.state = 'settled';
  if (run.state === 'funded' && !run.lines.some(({ state }) => state === 'waiting')) run.state = 'settled';
}

/** Each step does what it can; where there is nothing to do it it does nothing and says so. */
const steps: Readonly<Record<string, (world: World, dice: Dice) => Promise<boolean>>> = {
  async approve({ city, model }) {
    if (model.cases.length >= 5) return false;
    const { id, caseNumber, months } = await city.approved();
    const granted = months.map(({ month }) => ({
      applicationId: id,
      month,
      line: null,
      recovered: 'no' as const,
      recoveryId: null,
      version: 0,
      repaidFen: 0,
    }));
    model.cases.push({ id, caseNumber, months: granted });
    return true;
  },

  async gather(world, dice) {
    const { model, city } = world;
    const free = model.cases.flatMap((one) => {
      const months = one.months.filter(({ line, recovered }) => line === null && recovered === 'no');
      return months.length === 0 ? [] : [{ ...one, months }];
    });
    const { status, body } = await world.post(dice, payer, '/v1/disbursements');
    if (status !== (free.length === 0 ? 409 : 201)) throw new Error(`gathering gave ${status}`);
    if (free.length === 0) return true;
    const run: Run = {
      id: body.id,
      number: body.number,
      state: 'verifying',
      lines: [],
      requestedFen: 0,
      receivedFen: 0,
      returnedFen: 0,
      batches: 0,
    };
    for (const { lineId, caseNumber, amountFen } of await city.linesOf({ ...body, state: 'verifying' })) {
      const months = free.find((one) => one.caseNumber === caseNumber)?.months ?? [];
      if (amountFen !== months.length * monthFen) throw new Error(`${caseNumber} is paid ${amountFen}`);
      const line: Line = { id: lineId, run, months, state: 'waiting', batch: 0 };
      for (const month of months) month.line = line;
      run.lines.push(line);
    }
    if (run.lines.length !== free.length) throw new Error('not everybody was gathered');
    model.runs.push(run);
    return true;
  },

  async verify(world, dice) {
    const run = pick(dice, world.runs('verifying'));
    if (run === undefined) return false;
    const held = dice(3) === 0 ? run.lines.filter(({ state }) => state === 'waiting').slice(0, 1) : [];
    const body = { held: held.map(({ id }) => ({ lineId: id, reason: '待核实' })) };
    const url = `/v1/disbursements/${run.id}/rosters/${street}/verification`;
    const { status } = await world.post(dice, `street-${street}`, url, body, await world.versionOf(run));
    if (status !== 201) throw new Error(`verifying gave ${status}`);
    for (const line of held) line.state = 'held';
    run.state = 'verified';
    return true;
  },

  async release(world, dice) {
    const line = pick(dice, world.lines('held'));
    if (line === undefined) return false;
    const { status } = await world.post(dice, `street-${street}`, `${urlOf(line)}/release`, {
      reason: '已核实',
    });
    if (status !== 201) throw new Error(`releasing gave ${status}`);
    world.model.release(line);
    return true;
  },

  async cancel(world, dice) {
    const run = pick(dice, world.runs('verifying', 'verified'));
    if (run === undefined || dice(3) > 0) return false;
    const url = `/v1/disbursements/${run.id}/cancellation`;
    const { status } = await world.post(dice, payer, url, { reason: '重新汇集' }, await world.versionOf(run));
    if (status !== 201) throw new Error(`cancelling gave ${status}`);
    for (const line of run.lines) if (line.state === 'waiting') world.model.release(line);
    run.state = 'cancelled';
    return true;
  },

  async request(world, dice) {
    const run = pick(dice, world.runs('verified'));
    if (run === undefined) return false;
    const fen = fenOf(run.lines.filter(({ state }) => state === 'waiting'));
    const url = `/v1/disbursements/${run.id}/fund-request`;
    const { status } = await world.post(dice, payer, url, undefined, await world.versionOf(run));
    if (status !== (fen === 0 ? 409 : 201)) throw new Error(`requesting ${fen} gave ${status}`);
    if (fen === 0) return true;
    run.requestedFen = fen;
    run.state = 'funds-requested';
    return true;
  },

  async receive(world, dice) {
    const run = pick(dice, world.runs('funds-requested'));
    if (run === undefined) return false;
    const openFen = run.requestedFen - run.receivedFen;
    const amountFen = dice(2) === 0 ? openFen : 1 + dice(openFen);
    const isLast = dice(2) === 0;
    const body = { amountFen, isLast, reference: `拨-${world.next()}`, receivedOn: '2025-07-05' };
    const url = `/v1/disbursements/${run.id}/fund-receipts`;
    const { status } = await world.post(dice, finance, url, body, await world.versionOf(run));
    const receivedFen = run.receivedFen + amountFen;
    const isEnd = isLast || amountFen === openFen;
    const waiting = run.lines.filter(({ state }) => state === 'waiting');
    let left = receivedFen;
    const covered = waiting.filter((line) => {
      left -= fenOf([line]);
      return left >= 0;
    });
    const isRefused = isEnd && waiting.length > 0 && covered.length === 0;
    if (status !== (isRefused ? 422 : 201)) throw new Error(`receiving gave ${status}`);
    if (isRefused) return true;
    run.receivedFen = receivedFen;
    if (!isEnd) return true;
    for (const line of waiting) if (!covered.includes(line)) world.model.release(line);
    run.state = 'funded';
    settle(run);
    return true;
  },

  async pay(world, dice) {
    const run = pick(dice, world.runs('funded', 'in-payment', 'settled'));
    if (run === undefined) return false;
    const waiting = run.lines.filter(({ state }) => state === 'waiting');
    const url = `/v1/disbursements/${run.id}/payment`;
    const format = { format: dice(2) === 0 ? 'utf-8-csv' : 'gb18030-csv' };
    const { status } = await world.post(dice, payer, url, format, await world.versionOf(run));
    if (status !== (waiting.length === 0 ? 409 : 201)) throw new Error(`paying gave ${status}`);
    if (waiting.length === 0) return true;
    run.batches += 1;
    for (const line of waiting) Object.assign(line, { state: 'at-the-bank', batch: run.batches });
    run.state = 'in-payment';
    return true;
  },

  async answer(world, dice) {
    const open = pick(dice, world.lines('at-the-bank'));
    if (open === undefined) return false;
    const { run, batch } = open;
    const lines = run.lines.filter((line) => line.state === 'at-the-bank' && line.batch === batch);
    const said = lines.map((line) => ({
      line,
      result: (['paid', 'paid', 'failed', 'unknown'] as const)[dice(4)],
    }));
    const sum = (wanted: string) =>
      fenOf(said.filter(({ result }) => result === wanted).map(({ line }) => line));
    const body = {
      batchNumber: `${run.number}-${String(batch).padStart(2, '0')}`,
      totals: {
        count: said.length,
        paidFen: sum('paid'),
        failedFen: sum('failed'),
        unknownFen: sum('unknown'),
      },
      lines: said.map(({ line, result }) => ({
        lineId: line.id,
        amountFen: fenOf([line]),
        result,
        ...(result === 'failed' ? { failure: 'account-closed' } : {}),
      })),
    };
    const url = `/v1/disbursements/${run.id}/payment-results`;
    const { status, body: told } = await world.post(dice, payer, url, body);
    // "Unknown" of everybody, said again word by word, is the same file.
    if (status === 409 && told.code === 'results-already-applied') return true;
    if (status !== 201) throw new Error(`results gave ${status} ${JSON.stringify(told)}`);
    for (const { line, result } of said) if (result === 'paid' || result === 'failed') line.state = result;
    settle(run);
    return true;
  },

  async comeBack(world, dice) {
    const line = pick(dice, world.lines('paid'));
    if (line === undefined) return false;
    const isRecovered = line.months.some(({ recovered }) => recovered === 'after-payment');
    const body = { amountFen: fenOf([line]), reference: '退票', returnedOn: '2025-07-05', reason: '已销户' };
    const { status } = await world.post(dice, payer, `${urlOf(line)}/return`, body);
    if (status !== (isRecovered ? 409 : 201)) throw new Error(`a return gave ${status}`);
    if (!isRecovered) line.state = 'returned';
    return true;
  },

  async giveBack(world, dice) {
    const run = pick(dice, world.model.runs);
    if (run === undefined || run.receivedFen === 0) return false;
    const freeFen = world.model.freeOf(run);
    const amountFen = 1 + dice(2 * Math.max(1, freeFen));
    const body = { amountFen, reference: `退-${world.next()}`, returnedOn: '2025-07-05' };
    const url = `/v1/disbursements/${run.id}/fund-returns`;
    const { status } = await world.post(dice, payer, url, body, await world.versionOf(run));
    const isAllowed = amountFen <= freeFen;
    if (status !== (isAllowed ? 201 : 422)) throw new Error(`giving back gave ${status}`);
    if (isAllowed) run.returnedFen += amountFen;
    return true;
  },

  async reissue(world, dice) {
    const line = pick(dice, world.lines('failed', 'returned'));
    if (line === undefined) return false;
    const months = line.months.filter((month) => month.line === line && month.recovered === 'no');
    const proposed = await world.post(dice, payer, `${urlOf(line)}/reissue`, { reason: '账户已恢复' });
    if (proposed.status !== (months.length === 0 ? 409 : 201))
      throw new Error(`a reissue gave ${proposed.status}`);
    if (months.length === 0) return true;
    const isFunded = world.model.unspentOf(line.run) - waitingFen(line.run) >= months.length * monthFen;
    const url = `${urlOf(line)}/reissue/confirmation`;
    const { status, body } = await world.post(dice, reviewer, url);
    if (status !== 201) throw new Error(`its confirmation gave ${status}`);
    // The cast: this operation answers another schema than the others.
    const { replacedBy } = body as unknown as { replacedBy: string | null };
    if ((replacedBy !== null) !== isFunded)
      throw new Error('a new line waits where the money is, and only there');
    for (const month of line.months) if (month.line === line) month.line = null;
    if (replacedBy === null) return true;
    const replacement: Line = { id: replacedBy, run: line.run, months, state: 'waiting', batch: 0 };
    for (const month of months) month.line = replacement;
    line.run.lines.push(replacement);
    return true;
  },

  async recover(world, dice) {
    const month = pick(
      dice,
      world.model.months.filter(({ recovered }) => recovered === 'no'),
    );
    if (month === undefined) return false;
    const { applicationId, line } = month;
    const body = { applicationId, month: month.month, grounds: `核实-${world.next()}` };
    const opened = await world.post(dice, 'handler-360203', '/v1/recoveries', body);
    if (opened.status !== 201) throw new Error(`opening gave ${opened.status}`);
    const url = `/v1/recoveries/${opened.body.id}`;
    const heard = { heardOn: '2025-07-05', heardHow: 'phone' };
    const isAtTheBank = line?.state === 'at-the-bank';
    const { status, body: told } = await world.post(dice, reviewer, `${url}/confirmation`, heard, 1);
    if (status !== (isAtTheBank ? 409 : 201)) throw new Error(`recovering gave ${status}`);
    if (isAtTheBank) {
      await world.post(dice, reviewer, `${url}/dismissal`, { reason: '待发放结果' }, 1);
      return true;
    }
    const wasPaid = line?.state === 'paid';
    Object.assign(month, { recovered: wasPaid ? 'after-payment' : 'before-payment', recoveryId: told.id });
    month.version = told.version;
    if (line?.state === 'waiting') {
      world.model.release(line);
      settle(line.run);
    } else if (!wasPaid) month.line = null;
    return true;
  },

  async repay(world, dice) {
    const owing = world.model.months.filter(({ recovered }) => recovered === 'after-payment');
    const month = pick(dice, owing);
    if (month === undefined) return false;
    const owedFen = monthFen - month.repaidFen;
    const amountFen = 1 + dice(monthFen + 10_000);
    const body = { amountFen, reference: `退款-${world.next()}`, receivedOn: '2025-07-05' };
    const url = `/v1/recoveries/${month.recoveryId}/repayments`;
    const { status, body: told } = await world.post(dice, payer, url, body, month.version);
    const expected = owedFen === 0 ? 409 : amountFen > owedFen ? 422 : 201;
    if (status !== expected) throw new Error(`repaying ${amountFen} of ${owedFen} gave ${status}`);
    if (status !== 201) return true;
    month.repaidFen += amountFen;
    month.version = told.version;
    return true;
  },

  async reverse(world, dice) {
    const month = pick(
      dice,
      world.model.months.filter(({ recovered }) => recovered !== 'no'),
    );
    if (month === undefined) return false;
    const refund = { amountFen: month.repaidFen, reference: '退还', refundedOn: '2025-07-05' };
    const body = { reason: '登记机关更正', ...(month.repaidFen === 0 ? {} : { refund }) };
    const url = `/v1/recoveries/${month.recoveryId}/reversal`;
    const { status } = await world.post(dice, reviewer, url, body, month.version);
    if (status !== 201) throw new Error(`reversing gave ${status}`);
    // A line that still stands for the month takes it back.
    const line = world.model.lines.findLast(
      (one) => one.months.includes(month) && ['paid', 'held', 'failed', 'returned'].includes(one.state),
    );
    const isCorrected = world.model.lines.some(
      (one) => one !== line && one.months.some((other) => line?.months.includes(other) === true),
    );
    const takesBack = line !== undefined && (line.state === 'paid' || line.state === 'held' || !isCorrected);
    month.line = takesBack ? line : null;
    Object.assign(month, { recovered: 'no', recoveryId: null, repaidFen: 0 });
    return true;
  },
};

function waitingFen(run: Run): number {
  return fenOf(run.lines.filter(({ state }) => state === 'waiting'));
}

class Step implements fc.AsyncCommand<object, World> {
  readonly name: string;
  readonly roll: number;

  constructor(name: string, roll: number) {
    this.name = name;
    this.roll = roll;
  }

  check(): boolean {
    return true;
  }

  async run(_: object, world: World): Promise<void> {
    const wasTaken = await steps[this.name]?.(world, diceOf(this.roll));
    if (wasTaken !== true) return;
    world.taken.set(this.name, (world.taken.get(this.name) ?? 0) + 1);
    const { equations, figures } = await world.city.moneyChain();
    const broken = equations.filter(({ holds }) => !holds);
    if (broken.length > 0) throw new Error(`after ${this}: ${JSON.stringify(broken)}`);
    for (const [name, fen] of Object.entries(world.model.figures())) {
      const told = Object.entries(figures).find(([other]) => other === name)?.[1];
      if (told !== fen) throw new Error(`after ${this}: ${name} is ${told}, the model says ${fen}`);
    }
  }

  toString(): string {
    return `${this.name}(${this.roll})`;
  }
}

t.test('wherever money walks, every figure is the model’s and every equation holds', async (t) => {
  t.comment(`seed ${seed}`);
  const taken = new Map<string, number>();
  const roll = fc.nat({ max: 2 ** 31 - 1 });
  // What leads on comes more often than what leads back, or nothing would ever be paid.
  const forward = ['approve', 'gather', 'verify', 'request', 'receive', 'pay', 'answer'];
  const command = (name: string) => roll.map((value) => new Step(name, value));
  const names = [...Object.keys(steps), ...forward, ...forward, ...forward];
  const walk = fc.commands(names.map(command), { maxCommands: stepsPerWalk, size: 'max' });
  await fc.assert(
    fc.asyncProperty(walk, async (commands) => {
      await t.test('a walk', async (t) => {
        const world = new World(await setup(t));
        await fc.asyncModelRun(() => ({ model: {}, real: world }), commands);
        for (const [name, count] of world.taken) taken.set(name, (taken.get(name) ?? 0) + count);
        const { rows } = await world.city.db.pool.query(
          `select person_id, month from payment_line_month join payment_line using (person_id, line_id)
           join subsidy_month using (person_id, month, application_id)
           where payment_line.state = 'paid' and subsidy_month.state = 'live' group by 1, 2 having count(*) > 1`,
        );
        t.same(rows, [], 'no month is paid twice');
      });
    }),
    { seed, numRuns: walks, endOnFailure: true },
  );
  t.comment([...taken].map(([name, count]) => `${name} ${count}`).join(', '));
  for (const name of forward) t.ok((taken.get(name) ?? 0) > 0, `${name} was walked`);
});
