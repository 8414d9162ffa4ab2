// One quarter over HTTP only: from records to payments, and one recovered month. The reconciliation is
// requested after every step and must balance.

import t from 'tap';
import { setup } from './helper.ts';
import { contribution, held } from './registers/residents.ts';
import type { Application, DisbursementAnswer, ReconciliationAnswer, RecoveryAnswer } from './steps.ts';
import { strictMatch } from './strict-match.ts';

const agency = '360203';
const yuan = 100;

/** A case without what became of its money afterwards. */
function decidedOf(application: Application | undefined) {
  return {
    ...application,
    months: application?.months.map(({ money: _, ...month }) => month),
    parts: application?.parts.filter(({ part }) => part !== 'payer'),
  };
}

t.test(
  'the second quarter of 2025 is paid from records to bank, and one person’s April is recovered',
  async (t) => {
    const city = await setup(t);
    const { call } = city;
    const handler = `handler-${agency}`;
    const reviewer = `reviewer-${agency}`;
    const payer = `payer-${agency}`;

    /** The reconciliation balances, and its non-zero figures are these. */
    const inEquations: ReadonlySet<string> = new Set([
      ...['approved', 'waiting', 'inPayment', 'paid', 'recoveredBeforePayment', 'received', 'unspent'],
      ...['recoverable', 'repaid', 'net'],
    ]);
    async function balances(
      step: string,
      figures: Partial<Record<keyof ReconciliationAnswer['figures'], number>>,
    ): Promise<void> {
      for (const quarter of [undefined, '2025Q2']) {
        const chain = await city.reconciliation(agency, quarter);
        t.strictSame(
          chain.equations.filter(({ holds }) => !holds),
          [],
          `${step}: every equation holds`,
        );
        const moved = Object.entries(chain.figures).filter(
          ([name, fen]) => fen !== 0 && inEquations.has(name),
        );
        t.strictSame(Object.fromEntries(moved), figures, step);
      }
    }

    // The registers deliver: Wang meets all conditions; Li was insured by an employer in May; Zhang and Liu.
    const [wang, li, zhang, liu] = [
      await city.resident(),
      await city.resident(),
      await city.resident(),
      await city.resident(),
    ];
    await city.deliver([held('employer-insurance', li, '2025-05-01', '2025-05-31')]);
    await balances('delivered', {});

    // Wang asks a platform about the entitlement, and applies.
    const { body: answer } = await city.asked<{ assessment: object; materialsToSupply: unknown[] }>(wang);
    strictMatch(t, answer.assessment, { outcome: 'approvable', amountFen: 1_500 * yuan });
    t.strictSame(answer.materialsToSupply, []);
    const draft = await city.drafted(wang);
    strictMatch(t, draft, {
      state: 'draft',
      applicant: { name: wang.name, identityNumber: /^3\*{16}[\dX]$/ },
    });
    t.strictSame(
      draft.months.map(({ state }) => state),
      ['draft', 'draft', 'draft'],
    );
    const withCard = await city.supplied(draft, 'identity-card');
    const submitted = await city.act('platform-ganfutong', withCard, 'submission');
    strictMatch(t, submitted, {
      state: 'submitted',
      months: [{ state: 'claimed' }, { state: 'claimed' }, { state: 'claimed' }],
    });
    await balances('submitted', {});

    // The handler accepts, the reviewer compares and decides.
    const accepted = await city.act(handler, submitted, 'acceptance');
    const comparison = await city.compared(accepted);
    strictMatch(t, comparison, {
      assessment: {
        outcome: 'approvable',
        months: [{ outcome: 'payable' }, { outcome: 'payable' }, { outcome: 'payable' }],
      },
    });
    const decision = { comparisonId: comparison.id, outcome: 'approved' };
    await call(reviewer, 'POST', `/v1/applications/${accepted.id}/decision`, {
      body: decision,
      ifMatch: accepted.version,
      status: 201,
    });
    await balances('decided', { approved: 1_500 * yuan, waiting: 1_500 * yuan });
    const cases: Application[] = [await city.read(accepted)];
    // The others apply at their street's counter.
    for (const person of [li, zhang, liu])
      cases.push(await city.approved(person, { by: `street-${person.street}` }));
    t.strictSame(
      cases.map(({ months }) => months.map(({ state }) => state).join(' ')),
      ['live live live', 'live refused live', 'live live live', 'live live live'],
    );
    await balances('all decided', { approved: 5_500 * yuan, waiting: 5_500 * yuan });

    // The payer gathers; the street holds Liu, whom it could not reach.
    const { body: gathered } = await call<DisbursementAnswer>(payer, 'POST', '/v1/disbursements', {
      status: 201,
    });
    strictMatch(t, gathered, { state: 'verifying', lineCount: 4, amountFen: 5_500 * yuan });
    const roster = `/v1/disbursements/${gathered.id}/rosters/360203007`;
    const lineOf = async (one: Application | undefined) =>
      (await city.linesOf(gathered)).find(({ caseNumber }) => caseNumber === one?.caseNumber);
    const ofLiu = await lineOf(cases[3]);
    const body = { held: [{ lineId: ofLiu?.lineId, reason: '联系不上本人' }] };
    await call('street-360203007', 'POST', `${roster}/verification`, {
      body,
      ifMatch: gathered.version,
      status: 200,
    });
    await balances('verified', { approved: 5_500 * yuan, waiting: 5_500 * yuan });

    // Finance is asked for the rest, and pays it.
    const requested = await city.moneyAct(payer, await city.disbursement(gathered), 'fund-request');
    strictMatch(t, requested, {
      state: 'funds-requested',
      fundRequest: { lineCount: 3, amountFen: 4_000 * yuan },
    });
    await balances('requested', { approved: 5_500 * yuan, waiting: 5_500 * yuan });
    const receipt = { amountFen: 4_000 * yuan, reference: '景财社〔2025〕7号', receivedOn: '2025-07-05' };
    const funded = await city.moneyAct(`finance-${agency}`, requested, 'fund-receipts', receipt);
    await balances('funded', {
      approved: 5_500 * yuan,
      waiting: 5_500 * yuan,
      received: 4_000 * yuan,
      unspent: 4_000 * yuan,
    });

    // The file goes to the bank.
    const sent = await city.moneyAct(payer, funded, 'payment', { format: 'utf-8-csv' });
    strictMatch(t, sent, { state: 'in-payment', paymentFiles: [{ lineCount: 3, amountFen: 4_000 * yuan }] });
    const { body: file } = await call<string>(payer, 'GET', `/v1/disbursements/${sent.id}/payment/file`, {
      status: 200,
    });
    for (const { name, account } of [wang, li, zhang]) t.match(file, `${name},${account}`);
    t.notMatch(file, liu.account);
    const inBank = { approved: 5_500 * yuan, received: 4_000 * yuan, waiting: 1_500 * yuan };
    await balances('sent', { ...inBank, inPayment: 4_000 * yuan });

    // Wang is paid, Zhang's account is closed, and Li's result is still unknown.
    const [ofWang, ofLi, ofZhang] = [await lineOf(cases[0]), await lineOf(cases[1]), await lineOf(cases[2])];
    const first = await city.settled(sent, ({ lineId }) => {
      if (lineId === ofZhang?.lineId) return { result: 'failed', failure: 'account-closed' };
      return { result: lineId === ofLi?.lineId ? 'unknown' : 'paid' };
    });
    t.equal(first.state, 'in-payment');
    t.strictSame(
      (await city.linesOf(sent)).map(({ lineId, state }) => [lineId, state]).sort(),
      [
        [ofWang?.lineId, 'paid'],
        [ofLi?.lineId, 'unknown'],
        [ofZhang?.lineId, 'failed'],
        [ofLiu?.lineId, 'held'],
      ].sort(),
    );
    const afterFirst = {
      approved: 5_500 * yuan,
      received: 4_000 * yuan,
      waiting: 3_000 * yuan,
      unspent: 1_500 * yuan,
    };
    await balances('answered in part', {
      ...afterFirst,
      paid: 1_500 * yuan,
      net: 1_500 * yuan,
      inPayment: 1_000 * yuan,
    });
    const settled = await city.settled(sent);
    t.equal(settled.state, 'settled');
    await balances('settled', { ...afterFirst, paid: 2_500 * yuan, net: 2_500 * yuan });

    // A month later the registers report that Wang's contribution for April was refunded.
    city.clock.set('2025-08-06');
    await city.deliver([contribution(wang, '2025-04', { version: 2, refunded: true })]);
    await city.work();
    const [suspected] = await city.recoveries();
    strictMatch(t, suspected, {
      state: 'suspected',
      month: '2025-04',
      amountFen: 500 * yuan,
      caseNumber: cases[0]?.caseNumber,
    });
    await balances('suspected', { ...afterFirst, paid: 2_500 * yuan, net: 2_500 * yuan });
    t.strictSame(decidedOf(await city.read(accepted)), decidedOf(cases[0]), 'the case is as it was decided');

    // Wang is heard, and repays in two parts.
    const recovery = `/v1/recoveries/${suspected?.id}`;
    const heard = { heardOn: '2025-08-06', heardHow: 'in-person' };
    const { body: confirmed } = await call<RecoveryAnswer>(handler, 'POST', `${recovery}/confirmation`, {
      body: heard,
      ifMatch: 1,
      status: 200,
    });
    await balances('confirmed', {
      ...afterFirst,
      paid: 2_500 * yuan,
      net: 2_500 * yuan,
      recoverable: 500 * yuan,
    });
    const part = { amountFen: 200 * yuan, reference: '退-1', receivedOn: '2025-08-06' };
    const { body: partly } = await call<RecoveryAnswer>(payer, 'POST', `${recovery}/repayments`, {
      body: part,
      ifMatch: confirmed.version,
      status: 200,
    });
    await balances('repaid in part', {
      ...afterFirst,
      paid: 2_500 * yuan,
      net: 2_300 * yuan,
      recoverable: 300 * yuan,
      repaid: 200 * yuan,
    });
    const rest = { amountFen: 300 * yuan, reference: '退-2', receivedOn: '2025-08-06' };
    const { body: wholly } = await call<RecoveryAnswer>(payer, 'POST', `${recovery}/repayments`, {
      body: rest,
      ifMatch: partly.version,
      status: 200,
    });
    strictMatch(t, wholly, { state: 'repaid', repaidFen: 500 * yuan });
    await balances('repaid', { ...afterFirst, paid: 2_500 * yuan, net: 2_000 * yuan, repaid: 500 * yuan });
    strictMatch(t, await city.read(accepted), {
      months: [{ state: 'recovered' }, { state: 'live' }, { state: 'live' }],
    });
  },
);
