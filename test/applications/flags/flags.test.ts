// An open debt is flagged wherever an officer handles the person, and an approval must confirm it.

import t from 'tap';
import type { Flag } from '../../../src/applications/flags/operations.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { act, contradicted, heard, refundOf } from '../../payments/recoveries/contradictions.ts';
import { cleanRecords, householdIn } from '../../registers/residents.ts';

const debt = {
  code: 'open-debt',
  title: '有应退未退的补贴',
  detail: '此前被追回的补贴尚有500元未退还，请申请人联系珠山区就业创业服务中心办理退还。',
  amountFen: 50_000,
  needs: 'confirmation',
};

interface Flagged {
  readonly flags: readonly Flag[];
}

/** A person who was paid April and May, has to repay April, and now claims June. */
async function debtor(city: City) {
  const resident = await city.resident();
  const paid = await city.approved(resident, { months: ['2025-04', '2025-05'] });
  await city.settled(await city.inPayment());
  const suspected = await contradicted(city, paid.id, [refundOf(resident)]);
  const { body: recovery } = await act(city, 'handler-360203', suspected, 'confirmation', heard);
  const application = await city.accepted(resident, { months: ['2025-06'] });
  return { resident, recovery, application };
}

function repay(city: City, recovery: Parameters<typeof act>[2]) {
  const body = { amountFen: 50_000, reference: '退-1', receivedOn: '2025-07-05' };
  return act(city, 'payer-360203', recovery, 'repayments', body);
}

t.test(
  'an open debt is flagged in the check, the case, the work list, the comparison and the roster',
  async (t) => {
    const city = await setup(t);
    const { resident, recovery, application } = await debtor(city);
    const { call } = city;
    const check = async () => (await city.asked<Flagged>(resident, { months: ['2025-06'] })).body.flags;
    const seenOn = async (by: string) =>
      (await call<Flagged>(by, 'GET', `/v1/applications/${application.id}`, { status: 200 })).body.flags;
    const listed = async (flag?: string) => {
      const query = { quarter: '2025Q2', state: 'accepted', ...(flag === undefined ? {} : { flag }) };
      const { body } = await call<{ items: readonly ({ id: string } & Flagged)[] }>(
        'handler-360203',
        'GET',
        '/v1/applications',
        { query, status: 200 },
      );
      return body.items.map(({ id, flags }) => ({ id, flags }));
    };
    const other = await city.accepted();

    t.strictSame(await check(), [debt]);
    t.strictSame(await seenOn('platform-ganfutong'), [debt]);
    t.strictSame(await seenOn('street-360203007'), [debt]);
    t.strictSame(await listed(), [
      { id: application.id, flags: [debt] },
      { id: other.id, flags: [] },
    ]);
    t.strictSame(await listed('open-debt'), [{ id: application.id, flags: [debt] }]);
    const comparison = await city.compared(application);
    t.strictSame(comparison.flags, [debt]);

    const body = { comparisonId: comparison.id, outcome: 'approved', confirmations: [{ flag: 'open-debt' }] };
    await call('reviewer-360203', 'POST', `/v1/applications/${application.id}/decision`, {
      body,
      ifMatch: application.version,
      status: 201,
    });
    const run = await city.verified();
    t.strictSame(
      (await city.linesOf(run)).map(({ caseNumber, flags }) => ({ caseNumber, flags })),
      [{ caseNumber: application.caseNumber, flags: [debt] }],
    );

    t.equal((await repay(city, recovery)).status, 200);
    t.strictSame(await check(), [], 'and is gone once it is repaid');
    t.strictSame(await seenOn('handler-360203'), []);
  },
);

t.test('a debt to one agency is flagged in a case of the same person at another', async (t) => {
  const city = await setup(t);
  const resident = city.nextResident();
  const moved = { ...resident, street: '360202001', agency: '360202' };
  await city.deliver(cleanRecords(resident, ['2025-04', '2025-05', '2025-06']), '2025-06');
  const paid = await city.approved(resident, { months: ['2025-04'] });
  await city.settled(await city.inPayment());
  const suspected = await contradicted(city, paid.id, [refundOf(resident)]);
  await act(city, 'handler-360203', suspected, 'confirmation', heard);
  await city.deliver([householdIn(resident, moved.street, 2)]);
  const application = await city.applied(moved, { months: ['2025-06'] });
  const { body } = await city.call<Flagged>('handler-360202', 'GET', `/v1/applications/${application.id}`, {
    status: 200,
  });
  t.strictSame(body.flags, [debt]);
});

t.test(
  'to approve a case with an open debt the reviewer must confirm the debt, and the confirmation is stored',
  async (t) => {
    const city = await setup(t);
    const { application } = await debtor(city);
    const { call, db } = city;
    const comparison = await city.compared(application);
    const decide = (confirmations?: readonly object[]) =>
      call<Problem>('reviewer-360203', 'POST', `/v1/applications/${application.id}/decision`, {
        body: { comparisonId: comparison.id, outcome: 'approved', ...(confirmations && { confirmations }) },
        ifMatch: application.version,
      });
    const { body: batch } = await call<{ done: number; items: readonly { refusal: Problem }[] }>(
      'reviewer-360203',
      'POST',
      '/v1/decisions',
      {
        body: {
          items: [
            { applicationId: application.id, version: application.version, comparisonId: comparison.id },
          ],
        },
        status: 200,
      },
    );
    t.equal(batch.done, 0, 'not in a batch');
    t.strictSame(batch.items[0]?.refusal.errors, [
      { pointer: '/flags', code: 'open-debt', detail: `“${debt.title}”须单独审核：${debt.detail}` },
    ]);

    const unseen = await decide();
    t.equal(unseen.status, 422);
    t.equal(unseen.body.code, 'flags-unconfirmed');
    t.strictSame(unseen.body.errors, [
      {
        pointer: '/body/confirmations',
        code: 'open-debt',
        detail: `“${debt.title}”须确认已经知悉：${debt.detail}`,
      },
    ]);
    t.equal((await decide([{ flag: 'open-debt' }])).status, 201);
    const { rows } = await db.pool.query('select flag, detail, reason from decision_confirmation');
    t.strictSame(rows, [{ flag: 'open-debt', detail: debt.detail, reason: null }]);
  },
);
