// Before a payment another reviewer can undo a decision with a reason; afterwards only a recovery is possible.

import t from 'tap';
import { type City, type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const reason = { reason: '户籍记录有误，来源单位已更正' };
const another = 'second-reviewer-360203';

function undo({ call }: City, by: string, { id, version }: Application, status: number) {
  return call<Problem>(by, 'POST', `/v1/applications/${id}/decision/undo`, {
    body: reason,
    ifMatch: version,
    status,
  });
}

t.test(
  'an approval undone frees its months, its money and the term it fixed, and can be decided again',
  async (t) => {
    const city = await setup(t);
    const { approved, read, decided, reconciliation, call, db } = city;
    const application = await approved();
    const self = await undo(city, 'reviewer-360203', application, 403);
    t.equal(self.body.code, 'officer-already-on-case');
    await undo(city, another, { ...application, version: application.version - 1 }, 412);
    await undo(city, 'second-reviewer-360202', application, 404);
    await undo(city, another, application, 200);
    const open = await read(application);
    strictMatch(t, open, {
      state: 'accepted',
      months: [{ state: 'claimed' }, { state: 'claimed' }, { state: 'claimed' }],
    });
    strictMatch(t, await reconciliation(), { balanced: true, figures: { approved: 0, waiting: 0 } });
    const { rows: terms } = await db.pool.query('select * from term');
    t.strictSame(terms, [], 'nothing was ever approved');
    const { rows } = await db.pool.query('select reason, from_quality_review, ended_term from decision_undo');
    strictMatch(t, rows, [
      { reason: reason.reason, from_quality_review: false, ended_term: { firstApprovedOn: '2025-07-05' } },
    ]);
    const { body: replayed } = await call(
      'auditor',
      'POST',
      `/v1/applications/${application.id}/decision/replays`,
      {
        key: null,
        status: 200,
      },
    );
    strictMatch(t, replayed, { identical: true }, 'what was undone can still be made again');
    const { body: heard } = await call<{ items: { type: string }[] }>(
      'platform-ganfutong',
      'GET',
      '/v1/events',
    );
    t.strictSame(heard.items.at(-1)?.type, 'decision-undone');

    city.clock.set('2025-07-08');
    await decided(open);
    strictMatch(t, await read(open), { state: 'approved' });
    const { rows: fixed } = await db.pool.query('select first_approved_on, live_months from term');
    t.strictSame(fixed, [{ first_approved_on: '2025-07-08', live_months: 3 }]);
    strictMatch(t, await reconciliation(), { balanced: true, figures: { approved: 150_000 } });
    const { rows: decisions } = await db.pool.query(
      'select replaces_decision_id is null as first from decision order by decision_id',
    );
    t.strictSame(decisions, [{ first: true }, { first: false }]);
  },
);

t.test('a term on which another approval rests stays as it was fixed', async (t) => {
  const city = await setup(t);
  const { resident, approved, db, deliver, clock } = city;
  const person = await resident();
  const first = await approved(person, { months: ['2025-04'] });
  clock.set('2025-07-09');
  await deliver([], '2025-06');
  await approved(person, { months: ['2025-05'] });
  await undo(city, another, first, 200);
  const { rows } = await db.pool.query('select first_approved_on, live_months from term');
  t.strictSame(rows, [{ first_approved_on: '2025-07-05', live_months: 1 }]);
});

t.test('an undone refusal reopens the case, unless its month was claimed elsewhere since', async (t) => {
  const city = await setup(t);
  const { resident, accepted, decided, read, applied, deliver } = city;
  const person = await resident({}, []);
  await deliver([held('dishonesty', person, '2025-06-01')]);
  const application = await accepted(person);
  await decided(application, 'refused');
  const refused = await read(application);
  await undo(city, another, refused, 200);
  const open = await read(refused);
  strictMatch(t, open, {
    state: 'accepted',
    months: [{ state: 'claimed' }, { state: 'claimed' }, { state: 'claimed' }],
  });
  await decided(open, 'refused');
  const again = await read(open);
  await applied(person);
  const { body } = await undo(city, another, again, 409);
  t.equal(body.code, 'month-already-claimed');
  strictMatch(t, await read(again), { state: 'refused', version: again.version });
});

t.test('a decision in a disbursement cannot be undone, and a paid one can only be recovered', async (t) => {
  const city = await setup(t);
  const { approved, inPayment, settled, read } = city;
  const application = await approved();
  const batch = await inPayment();
  const onItsWay = await undo(city, another, await read(application), 409);
  const each = (code: string) => ({
    code: 'decision-in-payment',
    errors: ['2025-04', '2025-05', '2025-06'].map((month) => ({ pointer: `/months/${month}`, code })),
  });
  strictMatch(t, onItsWay.body, each('in-payment'));
  await settled(batch);
  const paid = await undo(city, another, await read(application), 409);
  strictMatch(t, paid.body, each('paid'));
});

t.test('undoing a decision whose payment the bank refused is refused with what to do instead', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const result = { result: 'failed', failure: 'name-mismatch' } as const;
  await city.settled(await city.inPayment(), () => result);
  const { body } = await undo(city, another, await city.read(application), 409);
  const [error] = body.errors;
  t.equal(error?.code, 'in-payment');
  t.equal(error?.detail, '银行未能发放（户名不符），请更正户名后重新发放。');
});

t.test('a decision undone while its months are gathered is either undone or paid, never both', async (t) => {
  const city = await setup(t);
  const { call, approved, read, reconciliation, db } = city;
  for (let round = 0; round < 10; round += 1) {
    const application = await approved();
    const url = `/v1/applications/${application.id}/decision/undo`;
    const [undone, gathered] = await Promise.all([
      call(another, 'POST', url, { body: reason, ifMatch: application.version }),
      call('payer-360203', 'POST', '/v1/disbursements'),
    ]);
    const isUndone = undone.status === 200;
    t.strictSame([undone.status, gathered.status], isUndone ? [200, 409] : [409, 201], `round ${round}`);
    t.equal((await read(application)).state, isUndone ? 'accepted' : 'approved');
  }
  const { rows } = await db.pool.query(
    `select count(*) from payment_line_month l join subsidy_month m using (person_id, month, application_id)
     where l.live and m.state <> 'live'`,
  );
  t.strictSame(rows, [{ count: 0 }]);
  strictMatch(t, await reconciliation(), { balanced: true });
});

t.test('the database enforces who may undo a decision, and one current decision per case', async (t) => {
  const city = await setup(t);
  const { approved, db } = city;
  await approved();
  await t.rejects(
    db.pool.query(
      `insert into decision_undo select person_id, decision_id, application_id, officer, officer, agency_code, now(), 'x', false, null
       from decision`,
    ),
    { message: /undone_by_another_officer/ },
  );
  const copy = (replaced: string) =>
    db.pool.query(
      `insert into decision (person_id, decision_id, application_id, comparison_id, replaces_decision_id, outcome,
       approved_months, amount_fen, officer, agency_code, role, decided_at)
       select person_id, gen_random_uuid(), application_id, comparison_id, ${replaced}, outcome, approved_months, amount_fen,
       officer, agency_code, role, decided_at from decision`,
    );
  await t.rejects(copy('null'), { message: /one_decision_per_application/ });
  await t.rejects(copy('decision_id'), { message: /only_an_undone_decision_is_replaced/ });
  await t.rejects(db.pool.query('delete from decision'), { message: 'decision is append-only' });
});
