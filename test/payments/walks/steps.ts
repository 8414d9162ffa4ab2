// Every possible step, with what the model expects of it. A step that does not apply returns false and sends no
// request. Contains no test.

import { materialForm } from '../../applications/material-form.ts';
import {
  fenOf,
  isInDoubt,
  isOwed,
  isRecovered,
  type Line,
  type Month,
  monthFen,
  owedOf,
  type Run,
  settle,
  waitingOf,
} from './model.ts';
import { type Dice, payer, today, urlOf, type World } from './world.ts';

const finance = 'finance-360203';
const handler = 'handler-360203';
const reviewer = 'reviewer-360203';
const street = '360203007';
const mostPeople = 5;

type Step = (world: World, dice: Dice) => Promise<boolean>;

const towardsTheAccount = {
  async approve({ city, model }) {
    if (model.people.length >= mostPeople) return false;
    const resident = await city.resident();
    const { id, caseNumber, months } = await city.approved(resident);
    const person = { resident, caseNumbers: [], months: [] };
    model.people.push(person);
    model.grant(
      person,
      caseNumber,
      id,
      months.map(({ month }) => month),
    );
    return true;
  },

  async gather(world, dice) {
    const { model, city } = world;
    const free = model.gatherable();
    // With nothing to gather it is tried occasionally, and must be refused.
    if (free.size === 0 && dice.roll(4) > 0) return false;
    const body = await world.post(dice, payer, '/v1/disbursements', free.size === 0 ? 409 : 201);
    if (free.size === 0) return true;
    const { id, number } = body;
    const sums = { requestedFen: 0, receivedFen: 0, returnedFen: 0, batches: 0 };
    const run: Run = { id, number, state: 'verifying', lines: [], answers: new Set(), ...sums };
    for (const { lineId, caseNumber, amountFen } of await city.linesOf({ ...body, state: 'verifying' })) {
      const [person, months = []] =
        [...free].find(([{ caseNumbers }]) => caseNumbers.includes(caseNumber)) ?? [];
      if (person === undefined) throw new Error(`${caseNumber} was gathered`);
      if (amountFen !== months.length * monthFen) throw new Error(`${caseNumber} is paid ${amountFen}`);
      const line: Line = { id: lineId, run, months, state: 'waiting', isCorrected: false, batch: 0 };
      for (const month of months) month.line = line;
      run.lines.push(line);
    }
    if (run.lines.length !== free.size) throw new Error('not everybody was gathered once');
    model.runs.push(run);
    return true;
  },

  async verify(world, dice) {
    const run = dice.pick(world.runs('verifying'));
    if (run === undefined) return false;
    const held = dice.roll(3) === 0 ? waitingOf(run).slice(0, 1) : [];
    const body = { held: held.map(({ id }) => ({ lineId: id, reason: '待核实' })) };
    await world.act(dice, `street-${street}`, run, `rosters/${street}/verification`, 200, body);
    for (const line of held) line.state = 'held';
    run.state = 'verified';
    return true;
  },

  async request(world, dice) {
    const run = dice.pick(world.runs('verified'));
    if (run === undefined) return false;
    const fen = fenOf(waitingOf(run));
    await world.act(dice, payer, run, 'fund-request', fen === 0 ? 409 : 200);
    if (fen === 0) return true;
    run.requestedFen = fen;
    run.state = 'funds-requested';
    return true;
  },

  async receive(world, dice) {
    const run = dice.pick(world.runs('funds-requested'));
    if (run === undefined) return false;
    const openFen = run.requestedFen - run.receivedFen;
    const amountFen = dice.roll(2) === 0 ? openFen : 1 + dice.roll(openFen);
    const isLast = dice.roll(2) === 0;
    const isEnd = isLast || amountFen === openFen;
    const waiting = waitingOf(run);
    let leftFen = run.receivedFen + amountFen;
    const covered = waiting.filter((line) => {
      leftFen -= fenOf([line]);
      return leftFen >= 0;
    });
    const isRefused = isEnd && waiting.length > 0 && covered.length === 0;
    const body = { amountFen, isLast, reference: `拨-${world.next()}`, receivedOn: today };
    await world.act(dice, finance, run, 'fund-receipts', isRefused ? 422 : 200, body);
    if (isRefused) return true;
    run.receivedFen += amountFen;
    if (!isEnd) return true;
    for (const line of waiting) if (!covered.includes(line)) world.model.release(line);
    run.state = 'funded';
    settle(run);
    return true;
  },

  async pay(world, dice) {
    const run = dice.pick(world.runs('funded', 'in-payment', 'settled'));
    if (run === undefined) return false;
    const payable = world.model.payable(run);
    // Likewise: with no line to pay it must be refused.
    if (payable.length === 0 && dice.roll(8) > 0) return false;
    const format = { format: dice.roll(2) === 0 ? 'utf-8-csv' : 'gb18030-csv' };
    await world.act(dice, payer, run, 'payment', payable.length === 0 ? 409 : 200, format);
    if (payable.length === 0) return true;
    run.batches += 1;
    for (const line of payable) Object.assign(line, { state: 'at-the-bank', batch: run.batches });
    run.state = 'in-payment';
    return true;
  },

  async answer(world, dice) {
    const open = dice.pick(world.lines('at-the-bank'));
    if (open === undefined) return false;
    const { run, batch } = open;
    const said = run.lines
      .filter((line) => line.state === 'at-the-bank' && line.batch === batch)
      .map((line) => ({ line, result: (['paid', 'paid', 'failed', 'unknown'] as const)[dice.roll(4)] }));
    const sumOf = (wanted: string) =>
      fenOf(said.filter(({ result }) => result === wanted).map(({ line }) => line));
    const body = {
      batchNumber: `${run.number}-${String(batch).padStart(2, '0')}`,
      totals: {
        count: said.length,
        paidFen: sumOf('paid'),
        failedFen: sumOf('failed'),
        unknownFen: sumOf('unknown'),
      },
      lines: said.map(({ line, result }) => ({
        lineId: line.id,
        amountFen: fenOf([line]),
        result,
        ...(result === 'failed' ? { failure: 'account-closed' } : {}),
      })),
    };
    // The same bytes with only "unknown" results are recognised as the same file.
    const words = JSON.stringify(body);
    const wasSaid = run.answers.has(words);
    run.answers.add(words);
    await world.post(dice, payer, `/v1/disbursements/${run.id}/payment-results`, wasSaid ? 409 : 200, {
      body,
    });
    if (wasSaid) return true;
    for (const { line, result } of said) if (result === 'paid' || result === 'failed') line.state = result;
    settle(run);
    return true;
  },
} as const satisfies Record<string, Step>;

const back = {
  async release(world, dice) {
    const line = dice.pick(world.lines('held'));
    if (line === undefined) return false;
    const body = { reason: '已核实' };
    await world.post(dice, `street-${street}`, `${urlOf(line)}/release`, 200, { body });
    world.model.release(line);
    return true;
  },

  async cancel(world, dice) {
    const run = dice.pick(world.runs('verifying', 'verified'));
    if (run === undefined || dice.roll(3) > 0) return false;
    await world.act(dice, payer, run, 'cancellation', 200, { reason: '重新汇集' });
    for (const line of waitingOf(run)) world.model.release(line);
    run.state = 'cancelled';
    return true;
  },

  async comeBack(world, dice) {
    const line = dice.pick(world.lines('paid'));
    if (line === undefined) return false;
    const isRefused = line.months.some(isRecovered);
    const body = { amountFen: fenOf([line]), reference: '退票', returnedOn: today, reason: '已销户' };
    await world.post(dice, payer, `${urlOf(line)}/return`, isRefused ? 409 : 200, { body });
    if (!isRefused) line.state = 'returned';
    return true;
  },

  async giveBack(world, dice) {
    const run = dice.pick(world.model.runs.filter(({ receivedFen }) => receivedFen > 0));
    if (run === undefined) return false;
    const freeFen = world.model.freeOf(run);
    const amountFen = 1 + dice.roll(2 * Math.max(1, freeFen));
    const isAllowed = amountFen <= freeFen;
    const body = { amountFen, reference: `退-${world.next()}`, returnedOn: today };
    await world.act(dice, payer, run, 'fund-returns', isAllowed ? 200 : 422, body);
    if (isAllowed) run.returnedFen += amountFen;
    return true;
  },

  async reissue(world, dice) {
    const { model } = world;
    const line = dice.pick(world.lines('failed', 'returned').filter(({ isCorrected }) => !isCorrected));
    if (line === undefined) return false;
    const months = line.months.filter((month) => month.line === line);
    const body = { reason: '账户已恢复' };
    await world.post(dice, payer, `${urlOf(line)}/reissue`, months.length === 0 ? 409 : 200, { body });
    if (months.length === 0) return true;
    const isFunded = model.unspentOf(line.run) - fenOf(waitingOf(line.run)) >= months.length * monthFen;
    const { replacedBy } = await world.post(dice, reviewer, `${urlOf(line)}/reissue/confirmation`, 200);
    if ((replacedBy !== null) !== isFunded)
      throw new Error('a new line waits where the money is, and only there');
    line.isCorrected = true;
    for (const month of months) month.line = null;
    if (replacedBy === null) return true;
    const { run } = line;
    const replacement: Line = { id: replacedBy, run, months, state: 'waiting', isCorrected: false, batch: 0 };
    for (const month of months) month.line = replacement;
    run.lines.push(replacement);
    return true;
  },

  async doubt(world, dice) {
    const month = dice.pick(world.model.months.filter(({ recovery }) => recovery === null));
    if (month === undefined) return false;
    const { applicationId } = month;
    const body = { applicationId, month: month.month, grounds: `核实-${world.next()}` };
    const { id, version } = await world.post(dice, handler, '/v1/recoveries', 201, { body });
    month.recovery = { id, version, state: 'suspected', wasPaid: false, repaidFen: 0, setOff: null };
    return true;
  },

  async dismiss(world, dice) {
    const month = dice.pick(world.model.months.filter(isInDoubt));
    if (month === undefined || dice.roll(3) > 0) return false;
    await onRecovery(world, dice, reviewer, month, 'dismissal', 200, { reason: '查无此事' });
    month.recovery = null;
    return true;
  },

  async recover(world, dice) {
    const month = dice.pick(world.model.months.filter(isInDoubt));
    if (month?.recovery == null) return false;
    const { line } = month;
    const isAtTheBank = line?.state === 'at-the-bank';
    const heard = { heardOn: today, heardHow: 'phone' };
    const told = await onRecovery(
      world,
      dice,
      reviewer,
      month,
      'confirmation',
      isAtTheBank ? 409 : 200,
      heard,
    );
    if (isAtTheBank) return true;
    month.recovery.state = 'confirmed';
    month.recovery.version = told.version;
    month.recovery.wasPaid = line?.state === 'paid' || month.isSetOff;
    month.line = line?.state === 'paid' ? line : null;
    if (line?.state === 'waiting') world.model.release(line);
    return true;
  },

  async repay(world, dice) {
    const month = dice.pick(world.model.months.filter(({ recovery }) => recovery?.wasPaid === true));
    if (month?.recovery == null) return false;
    const owedFen = owedOf(month.recovery);
    const amountFen = [1 + dice.roll(monthFen + 10_000), owedFen || 1][dice.roll(2)] ?? 1;
    const body = { amountFen, reference: `退款-${world.next()}`, receivedOn: today };
    const expected = owedFen === 0 ? 409 : amountFen > owedFen ? 422 : 200;
    const told = await onRecovery(world, dice, payer, month, 'repayments', expected, body);
    if (expected !== 200) return true;
    month.recovery.repaidFen += amountFen;
    month.recovery.version = told.version;
    return true;
  },

  async reverse(world, dice) {
    const { model } = world;
    const month = dice.pick(model.months.filter(isRecovered));
    if (month?.recovery == null) return false;
    const { repaidFen, setOff } = month.recovery;
    // If the month was granted again meanwhile it cannot be live twice, nor live while that second payment is owed.
    const isRefused = setOff !== null || isTakenAnew(world, month);
    const refund = { amountFen: repaidFen, reference: '退还', refundedOn: today };
    const body = { reason: '登记机关更正', ...(repaidFen === 0 ? {} : { refund }) };
    await onRecovery(world, dice, reviewer, month, 'reversal', isRefused ? 409 : 200, body);
    if (isRefused) return true;
    month.recovery = null;
    model.takeBack(month);
    return true;
  },

  async setOff(world, dice) {
    const { model, city } = world;
    const debt = dice.pick(model.months.filter(isOwed));
    if (debt?.recovery == null) return false;
    const used = dice.pick(
      debt.person.months.filter(
        ({ line, recovery, isSetOff }) => line === null && recovery === null && !isSetOff,
      ),
    );
    if (used === undefined) return false;
    const url = `/v1/applications/${used.applicationId}/materials`;
    const form = { ...materialForm('set-off-consent'), status: 201 };
    const { body: consent } = await city.call<{ id: string }>('platform-ganfutong', 'POST', url, form);
    const body = { applicationId: used.applicationId, month: used.month, consentMaterialId: consent.id };
    const expected = debt.recovery.repaidFen > 0 ? 422 : 200;
    const told = await onRecovery(world, dice, payer, debt, 'set-offs', expected, body);
    if (expected !== 200) return true;
    debt.recovery.setOff = { month: used, id: told.setOffs.at(-1)?.id ?? '' };
    debt.recovery.version = told.version;
    used.isSetOff = true;
    return true;
  },

  async reverseSetOff(world, dice) {
    const debt = dice.pick(world.model.months.filter(({ recovery }) => recovery?.setOff != null));
    if (debt?.recovery?.setOff == null) return false;
    const { month: used, id } = debt.recovery.setOff;
    const isRefused = isRecovered(used) || isTakenAnew(world, debt);
    const step = `set-offs/${id}/reversal`;
    const told = await onRecovery(world, dice, payer, debt, step, isRefused ? 409 : 200, { reason: '撤回' });
    if (isRefused) return true;
    debt.recovery.setOff = null;
    debt.recovery.version = told.version;
    used.isSetOff = false;
    return true;
  },

  async claimAgain(world, dice) {
    const { city, model } = world;
    const month = dice.pick(
      model.months.filter(
        (one) =>
          isRecovered(one) && !model.months.some((other) => isSameMonth(other, one) && other.isSecondClaim),
      ),
    );
    if (month === undefined) return false;
    const { person } = month;
    if (isOwed(month)) {
      const { id } = await city.drafted(person.resident, { months: [month.month] });
      await world.post(dice, 'platform-ganfutong', `/v1/applications/${id}/submission`, 409, { ifMatch: 1 });
      return true;
    }
    const { id, caseNumber } = await city.approved(person.resident, { months: [month.month] });
    model.grant(person, caseNumber, id, [month.month]);
    return true;
  },
} as const satisfies Record<string, Step>;

/** Granted again meanwhile, and live, or paid and owed. */
function isTakenAnew({ model }: World, month: Month): boolean {
  return model.months.some(
    (other) => isSameMonth(other, month) && other !== month && (!isRecovered(other) || isOwed(other)),
  );
}

function isSameMonth(one: Month, other: Month): boolean {
  return one.person === other.person && one.month === other.month;
}

async function onRecovery(
  world: World,
  dice: Dice,
  by: string,
  { recovery }: Month,
  step: string,
  expected: number,
  body: object,
) {
  if (recovery === null) throw new Error('the month has no recovery');
  const url = `/v1/recoveries/${recovery.id}/${step}`;
  return await world.post(dice, by, url, expected, { body, ifMatch: recovery.version });
}

export const steps: Readonly<Record<string, Step>> = { ...towardsTheAccount, ...back };

export const stepsTowardsTheAccount: readonly string[] = Object.keys(towardsTheAccount);

/** Steps forward are more frequent than steps back, or nothing would ever be paid. */
export const stepNames: readonly string[] = [
  ...Object.keys(back),
  ...Array.from({ length: 3 }, () => stepsTowardsTheAccount).flat(),
];
