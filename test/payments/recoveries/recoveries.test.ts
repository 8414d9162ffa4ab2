// A later record contradicts a granted month: suspected, heard, confirmed, repaid; or dismissed. Decisions never
// change.

import t from 'tap';
import { recoveryTransitions } from '../../../src/payments/recoveries/states.ts';
import { setup } from '../../helper.ts';
import { contribution, held, refundOf as refundRow } from '../../registers/residents.ts';
import type { RecoveryAnswer, Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { act, contradicted, heard, paidCase, refundOf } from './contradictions.ts';

t.test(
  'a contribution refund opens one recovery for exactly its paid month, which is confirmed after a hearing',
  async (t) => {
    const city = await setup(t);
    const { resident, application } = await paidCase(city);
    const suspected = await contradicted(city, application.id, [refundOf(resident)]);
    strictMatch(t, suspected, {
      state: 'suspected',
      month: '2025-04',
      amountFen: 50_000,
      repaidFen: 0,
      heardOn: null,
      findings: [{ check: 'contributed' }],
    });
    strictMatch(
      t,
      await city.read(application),
      { months: [{ state: 'live' }, { state: 'live' }, { state: 'live' }] },
      'nothing is taken yet',
    );
    const { body: confirmed, status } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
    strictMatch(
      t,
      { status, confirmed },
      { status: 200, confirmed: { state: 'confirmed', heardOn: '2025-07-05', version: 2 } },
    );
    strictMatch(t, await city.read(application), {
      months: [{ state: 'recovered' }, { state: 'live' }, { state: 'live' }],
    });
    strictMatch(t, await city.reconciliation(), {
      balanced: true,
      figures: { recoverable: 50_000, paid: 150_000, net: 150_000 },
    });
  },
);

t.test('a recovery is repaid in parts, and never by more than is owed', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  let recovery = await contradicted(city, application.id, [refundOf(resident)]);
  strictMatch(
    t,
    await act(city, 'payer-360203', recovery, 'repayments', {
      amountFen: 1,
      reference: '退-0',
      receivedOn: '2025-07-05',
    }),
    {
      status: 409,
      body: { code: 'state-conflict' },
    },
  );
  recovery = (await act(city, 'reviewer-360203', recovery, 'confirmation', heard)).body;
  const repay = (amountFen: number, reference: string) =>
    act(city, 'payer-360203', recovery, 'repayments', { amountFen, reference, receivedOn: '2025-07-05' });
  const part = await repay(20_000, '退-1');
  strictMatch(t, part, { status: 200, body: { state: 'confirmed', repaidFen: 20_000 } });
  recovery = part.body;
  strictMatch(t, await repay(30_001, '退-2'), {
    status: 422,
    body: {
      code: 'repayment-exceeds-debt',
      errors: [{ pointer: '/body/amountFen', detail: '尚有 300.00 元未退还，登记的金额不能超过此数。' }],
    },
  });
  strictMatch(t, await repay(10_000, '退-1'), { status: 409 }, 'one reference counts once');
  const whole = await repay(30_000, '退-2');
  strictMatch(t, whole, { status: 200, body: { state: 'repaid', repaidFen: 50_000 } });
  recovery = whole.body;
  strictMatch(t, await repay(1, '退-3'), { status: 409, body: { code: 'state-conflict' } });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { recoverable: 0, repaid: 50_000, net: 100_000 },
  });
});

t.test('a recovered month that was not yet paid is not paid, and nothing is owed', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const { body: confirmed } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  strictMatch(t, confirmed, { state: 'repaid', repaidFen: 0 }, 'and is over with the hearing');
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { recoveredBeforePayment: 50_000, waiting: 100_000, recoverable: 0 },
  });
  const batch = await city.settled(await city.inPayment());
  t.equal(batch.amountFen, 100_000);
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { paid: 100_000, waiting: 0, net: 100_000 },
  });
});

t.test('a month in doubt is not gathered until the doubt is cleared', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  strictMatch(t, await city.verified(), { amountFen: 100_000 });
  const { body, status } = await act(city, 'handler-360203', suspected, 'dismissal', {
    reason: '退费记录有误',
  });
  strictMatch(t, { status, body }, { status: 200, body: { state: 'dismissed' } });
  strictMatch(t, await city.verified(), { amountFen: 50_000 });
});

t.test('a month at the bank is recovered only after the bank’s result', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const batch = await city.inPayment();
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const early = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  strictMatch(t, early, { status: 409, body: { code: 'state-conflict' } });
  await city.settled(batch);
  strictMatch(t, await act(city, 'handler-360203', suspected, 'confirmation', heard), { status: 200 });
  strictMatch(t, await city.reconciliation(), { balanced: true, figures: { recoverable: 50_000 } });
});

t.test('the same contradiction opens only one recovery, even after it was dismissed', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  await city.deliver([held('flexible-employment', resident, '2024-04-01')]);
  await city.work();
  t.equal((await city.recoveries()).length, 1, 'another look finds what is already open');
  await act(city, 'handler-360203', suspected, 'dismissal', { reason: '退费记录有误' });
  await city.deliver([held('flexible-employment', resident, '2024-05-01')]);
  await city.work();
  t.equal((await city.recoveries()).length, 1, 'and what was dismissed');
  await city.deliver([held('public-post', resident, '2025-04-01', '2025-04-30')]);
  await city.work();
  strictMatch(t, await city.recoveries('suspected'), [
    { month: '2025-04', findings: [{ check: 'contributed' }, { check: 'public-post' }] },
  ]);
});

t.test('missing data contradict nothing: withdrawn coverage of a register opens no recovery', async (t) => {
  const city = await setup(t);
  const { resident } = await paidCase(city);
  const asOf = city.clock.now().add({ seconds: 1 }).toString();
  const body = {
    source: 'jx-human-resources',
    rows: [held('death', resident, '2025-07-01')].slice(1),
    coverage: [{ kind: 'employer-insurance', throughMonth: null, asOf }],
  };
  await city.call('provincial-system', 'POST', '/v1/record-deliveries', { body, status: 201 });
  await city.deliver([held('skills-training', resident, '2025-08-01')]);
  await city.work();
  t.strictSame(await city.recoveries(), []);
});

t.test('a repaid month may be claimed and paid once more, and then never again', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const { body: confirmed } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  await act(city, 'payer-360203', confirmed, 'repayments', {
    amountFen: 50_000,
    reference: '退-1',
    receivedOn: '2025-07-05',
  });
  // The contribution was paid later.
  await city.deliver([contribution(resident, '2025-04', { version: 3 })]);
  const again = await city.approved(resident, { months: ['2025-04'] });
  strictMatch(t, again, {
    state: 'approved',
    months: [{ month: '2025-04', state: 'live', amountFen: 50_000 }],
  });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { approved: 200_000, waiting: 50_000 },
  });
  const batch = await city.settled(await city.inPayment());
  strictMatch(t, batch, { state: 'settled', amountFen: 50_000 });
  strictMatch(t, await city.reconciliation(), {
    balanced: true,
    figures: { paid: 200_000, repaid: 50_000, net: 150_000, waiting: 0 },
  });
  strictMatch(t, await city.call('payer-360203', 'POST', '/v1/disbursements'), {
    body: { code: 'disbursement-empty' },
  });

  const second = await contradicted(city, again.id, [
    contribution(resident, '2025-04', { version: 4, refunded: true }),
  ]);
  const { body: owing } = await act(city, 'handler-360203', second, 'confirmation', heard);
  const all = { amountFen: 50_000, reference: '退-2', receivedOn: '2025-07-05' };
  t.equal((await act(city, 'payer-360203', owing, 'repayments', all)).status, 200);
  await city.deliver([contribution(resident, '2025-04', { version: 5 })]);
  const third = await city.accepted(resident, { months: ['2025-04'] });
  strictMatch(t, await city.compared(third), { assessment: { months: [{ outcome: 'already-granted' }] } });
});

t.test('a pre-check of a recovered month refuses it and states the debt until all is repaid', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  let recovery = (await act(city, 'handler-360203', suspected, 'confirmation', heard)).body;
  await city.deliver([contribution(resident, '2025-04', { version: 3 })]);
  const asked = async () => {
    const answer = await city.asked<{
      assessment: { outcome: string; months: { outcome: string; explanation: string; missing: null }[] };
      claimable: { month: string }[];
    }>(resident, { months: ['2025-04'] });
    const { outcome, months } = answer.body.assessment;
    const isClaimable = answer.body.claimable.some(({ month }) => month === '2025-04');
    return { outcome, month: months[0]?.outcome, told: months[0]?.explanation, isClaimable };
  };
  const owing = (yuan: string) => ({
    outcome: 'refused',
    month: 'still-owed',
    told: `2025年4月补贴曾被追回，尚欠${yuan}元未退还，还清后可再申请。`,
    isClaimable: false,
  });
  t.strictSame(await asked(), owing('500'));
  const repay = async (amountFen: number, reference: string) => {
    const body = { amountFen, reference, receivedOn: '2025-07-05' };
    recovery = (await act(city, 'payer-360203', recovery, 'repayments', body)).body;
  };
  await repay(30_000, '退-1');
  t.strictSame(await asked(), owing('200'));
  await repay(20_000, '退-2');
  t.strictSame(await asked(), {
    outcome: 'approvable',
    month: 'payable',
    told: '2025年4月符合条件，补贴500元。',
    isClaimable: true,
  });
});

t.test('a recovered month that was never paid owes nothing and may be claimed at once', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  await act(city, 'handler-360203', suspected, 'confirmation', heard);
  await city.deliver([contribution(resident, '2025-04', { version: 3 })]);
  const again = await city.approved(resident, { months: ['2025-04'] });
  t.strictSame(
    again.months.map(({ month, state }) => [month, state]),
    [['2025-04', 'live']],
  );
});

t.test('a refund reported as its own row opens a recovery for its month, for either insurance', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const refund = refundRow(resident, '2025-05', { insurance: 'medical', refundedOn: '2025-06-20' });
  const suspected = await contradicted(city, application.id, [refund]);
  t.strictSame(
    [suspected.state, suspected.month, suspected.findings.map(({ check }) => check)],
    ['suspected', '2025-05', ['contributed']],
  );
});

t.test('a recovered month that was never paid frees the cap at once', async (t) => {
  const city = await setup(t);
  const resident = await city.resident();
  const application = await city.approved(resident);
  const live = async () => (await city.db.pool.query('select live_months from term')).rows;
  t.strictSame(await live(), [{ live_months: 3 }]);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  t.strictSame(await live(), [{ live_months: 3 }], 'a suspicion frees nothing');
  await act(city, 'handler-360203', suspected, 'confirmation', heard);
  t.strictSame(await live(), [{ live_months: 2 }]);
});

t.test('over HTTP each step of a recovery follows its transition table, or changes nothing', async (t) => {
  const city = await setup(t);
  const acts = {
    confirm: (one: RecoveryAnswer) => act(city, 'handler-360203', one, 'confirmation', heard),
    dismiss: (one: RecoveryAnswer) => act(city, 'handler-360203', one, 'dismissal', { reason: '数据有误' }),
    repay: (one: RecoveryAnswer) =>
      act(city, 'payer-360203', one, 'repayments', {
        amountFen: one.amountFen - one.repaidFen || 1,
        reference: '退-1',
        receivedOn: '2025-07-05',
      }),
  };
  const operationOf = {
    confirm: 'confirmRecovery',
    dismiss: 'dismissRecovery',
    repay: 'recordRepayment',
  } as const;
  const ways: Record<string, (keyof typeof acts)[]> = {
    suspected: [],
    confirmed: ['confirm'],
    repaid: ['confirm', 'repay'],
    dismissed: ['dismiss'],
  };
  const residents: Resident[] = [];
  for (const _ of Array.from({ length: 12 })) residents.push(await city.resident());
  for (const resident of residents) await city.approved(resident);
  await city.settled(await city.inPayment());
  await city.deliver(residents.map((resident) => refundOf(resident)));
  await city.work();
  const open = await city.recoveries('suspected');
  t.equal(open.length, 12);
  for (const [state, way] of Object.entries(ways)) {
    for (const name of Object.keys(acts) as (keyof typeof acts)[]) {
      let one = open.pop();
      if (one === undefined) throw new Error('one for each pair');
      for (const step of way) one = (await acts[step](one)).body;
      t.equal(one.state, state);
      const { status, body } = await acts[name](one);
      const { from, to } = recoveryTransitions[operationOf[name]];
      const isAllowed = from.some((allowed) => allowed === state);
      t.equal(status, isAllowed ? 200 : 409, `${name} of one that is ${state}`);
      t.equal(isAllowed ? body.state : body.code, isAllowed ? to : 'state-conflict');
    }
  }
  strictMatch(t, await city.reconciliation(), { balanced: true });
});

t.test('each step of a recovery emits an event to the platform of the case', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const told = async () => {
    const { body } = await city.call<{ items: { type: string; applicationId: string; content: object }[] }>(
      'platform-ganfutong',
      'GET',
      '/v1/events',
      { query: { limit: '200' }, status: 200 },
    );
    return body.items.filter(({ type }) => type.startsWith('recovery-'));
  };
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const month = (state: string) => ({ months: [{ month: '2025-04', state, amountFen: 50_000 }] });
  strictMatch(t, await told(), [
    { type: 'recovery-opened', applicationId: application.id, content: month('live') },
  ]);
  const { body: confirmed } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  const part = { reference: '退-1', receivedOn: '2025-07-05' };
  const { body: halved } = await act(city, 'payer-360203', confirmed, 'repayments', {
    ...part,
    amountFen: 20_000,
  });
  const { body: repaid } = await act(city, 'payer-360203', halved, 'repayments', {
    ...part,
    reference: '退-2',
    amountFen: 30_000,
  });
  await act(city, 'reviewer-360203', repaid, 'reversal', {
    reason: '退费记录有误',
    refund: { amountFen: 50_000, reference: '付-1', refundedOn: '2025-07-05' },
  });
  const steps = await told();
  t.strictSame(
    steps.map(({ type, content }) => [type, content]),
    [
      ['recovery-opened', month('live')],
      ['recovery-confirmed', { ...month('recovered'), amountFen: 50_000 }],
      ['recovery-repaid-in-part', { ...month('recovered'), amountFen: 30_000 }],
      ['recovery-repaid', { ...month('recovered'), amountFen: 0 }],
      ['recovery-reversed', { ...month('live'), amountFen: 0 }],
    ],
  );
  const other = await paidCase(city);
  const explained = await contradicted(city, other.application.id, [refundOf(other.resident)]);
  await act(city, 'handler-360203', explained, 'dismissal', { reason: '退费登记有误' });
  strictMatch(t, (await told()).slice(5), [
    { type: 'recovery-opened', applicationId: other.application.id },
    { type: 'recovery-dismissed', applicationId: other.application.id, content: month('live') },
  ]);
});

t.test('a repayment cannot be recorded with a future date', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const { body: confirmed } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  const tomorrow = { amountFen: 50_000, reference: '退-1', receivedOn: '2025-07-06' };
  strictMatch(t, await act(city, 'payer-360203', confirmed, 'repayments', tomorrow), {
    status: 400,
    body: { errors: [{ pointer: '/body/receivedOn', code: 'in-future' }] },
  });
});

t.test('a hearing cannot be recorded with a future date', async (t) => {
  const city = await setup(t);
  const { resident, application } = await paidCase(city);
  const suspected = await contradicted(city, application.id, [refundOf(resident)]);
  const answer = await act(city, 'handler-360203', suspected, 'confirmation', {
    ...heard,
    heardOn: '2025-07-06',
  });
  strictMatch(t, answer, {
    status: 400,
    body: { errors: [{ pointer: '/body/heardOn', code: 'in-future' }] },
  });
});
