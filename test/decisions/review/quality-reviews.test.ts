// A drawn share of decisions goes to another reviewer before payment, and the draw can be repeated.

import t from 'tap';
import { drawOf } from '../../../src/decisions/review/draw.ts';
import { type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';

const everyDecision = { SUBSIDY_QUALITY_REVIEW_APPROVALS: '100', SUBSIDY_QUALITY_REVIEW_REFUSALS: '100' };

interface Review {
  readonly applicationId: string;
  readonly version: number;
  readonly state: string;
  readonly decisionId: string;
  readonly seed: string;
  readonly draw: number;
  readonly share: number;
}

t.test('the draw for quality reviews selects its share, and the same seed gives the same draw', async (t) => {
  const digest = 'ab'.repeat(32);
  const draws = Array.from({ length: 20_000 }, (_, index) => drawOf(`decision-${index}`, digest, 5));
  const chosen = draws.filter(({ isChosen }) => isChosen).length;
  t.ok(chosen > 850 && chosen < 1_150, `5 % of 20,000: ${chosen}`);
  t.strictSame(drawOf('decision-7', digest, 5), draws[7]);
  t.not(drawOf('decision-7', 'cd'.repeat(32), 5).draw, draws[7]?.draw);
  for (const { draw } of draws) if (draw < 0 || draw > 9_999) t.fail(`${draw}`);
  t.equal(
    draws.some((_, index) => drawOf(`decision-${index}`, digest, 0).isChosen),
    false,
  );
  t.equal(
    draws.every((_, index) => drawOf(`decision-${index}`, digest, 100).isChosen),
    true,
  );
});

t.test('an approved case is paid only after its quality review', async (t) => {
  const city = await setup(t, everyDecision);
  const { call, approved, inPayment, reconciliation } = city;
  const application = await approved();
  const empty = await call<Problem>('payer-360203', 'POST', '/v1/disbursements', { status: 409 });
  t.equal(empty.body.code, 'disbursement-empty');

  const waiting = await call<{ items: Review[] }>('auditor', 'GET', '/v1/quality-reviews', {
    query: { state: 'waiting' },
    status: 200,
  });
  const [review] = waiting.body.items;
  strictMatch(t, review, {
    applicationId: application.id,
    version: application.version,
    state: 'waiting',
  });
  if (review === undefined) throw new Error('one waits');
  const [decisionId = '', digest = ''] = review.seed.split(' ');
  t.equal(decisionId, review.decisionId);
  strictMatch(
    t,
    drawOf(decisionId, digest, 100),
    { draw: review.draw, share: review.share },
    'whoever has the seed draws the same',
  );

  const url = `/v1/applications/${application.id}/decision/quality-review/confirmation`;
  const options = { ifMatch: application.version };
  const self = await call<Problem>('reviewer-360203', 'POST', url, { ...options, status: 403 });
  t.equal(self.body.code, 'officer-already-on-case');
  await call('second-reviewer-360202', 'POST', url, { ...options, status: 404 });
  await call('handler-360203', 'POST', url, { ...options, status: 403 });
  await call('second-reviewer-360203', 'POST', url, { ifMatch: 1, status: 412 });
  await call('second-reviewer-360203', 'POST', url, { ...options, status: 200 });
  await call('second-reviewer-360203', 'POST', url, { ifMatch: application.version + 1, status: 409 });
  await inPayment();
  strictMatch(t, await reconciliation(), { balanced: true });
});

t.test(
  'an officer who handled a case may not review its decision, whatever role they hold now',
  async (t) => {
    const city = await setup(t, everyDecision);
    const { call, applied, act, decided, tokenOf, read } = city;
    const submitted = await applied();
    const busy = { subject: 'busy-officer', agency: '360203' } as const;
    const accepted = await act(await tokenOf({ ...busy, role: 'handler' }), submitted, 'acceptance');
    await decided(accepted);
    const { version } = await read(accepted);
    const { body } = await call<Problem>(
      await tokenOf({ ...busy, role: 'reviewer' }),
      'POST',
      `/v1/applications/${accepted.id}/decision/quality-review/confirmation`,
      { ifMatch: version, status: 403 },
    );
    t.equal(body.code, 'officer-already-on-case');
  },
);

t.test('a case whose decision was sent back waits for a new decision, which is drawn anew', async (t) => {
  const city = await setup(t, everyDecision);
  const { call, approved, decided, read, reconciliation, db } = city;
  const application = await approved();
  const url = `/v1/applications/${application.id}/decision/quality-review/return`;
  await call('second-reviewer-360203', 'POST', url, {
    body: { reason: '缴费记录有疑问' },
    ifMatch: application.version,
    status: 200,
  });
  const back = await read(application);
  strictMatch(t, back, {
    state: 'accepted',
    closedAt: null,
    months: [
      { state: 'claimed', amountFen: null },
      { state: 'claimed', amountFen: null },
      { state: 'claimed', amountFen: null },
    ],
  });
  strictMatch(t, await reconciliation(), { balanced: true, figures: { approved: 0, waiting: 0 } });
  await decided(back);
  const again = await read(application);
  strictMatch(t, again, { state: 'approved' });
  const { rows } = await db.pool.query('select state from quality_review order by decision_id');
  t.strictSame(
    rows.map(({ state }) => state),
    ['sent-back', 'waiting'],
  );
  await call('second-reviewer-360203', 'POST', url.replace('return', 'confirmation'), {
    ifMatch: again.version,
    status: 200,
  });
  strictMatch(t, await reconciliation(), {
    balanced: true,
    figures: { approved: 150_000, waiting: 150_000 },
  });
});

t.test('refusals are drawn for quality reviews with their own share', async (t) => {
  const city = await setup(t, { SUBSIDY_QUALITY_REVIEW_REFUSALS: '100' });
  const { resident, accepted, decided, approved, db } = city;
  await approved();
  const refusedCase = await accepted(await resident(), { months: ['2025-04'] });
  await db.pool.query(
    `insert into record (person_id, record_id, kind, source, source_key, version, from_day, details, removed, content_digest, learnt_at)
     values ($1, gen_random_uuid(), 'dishonesty', 'court', 'd-1', 1, '2025-01-01', '{}', false, '\\x00', now())`,
    [refusedCase.personId],
  );
  strictMatch(t, await decided(refusedCase, 'refused'), { awaitsQualityReview: true });
  const { rows } = await db.pool.query(
    'select outcome, state, share from quality_review order by decision_id',
  );
  t.strictSame(rows, [
    { outcome: 'approved', state: 'not-drawn', share: 0 },
    { outcome: 'refused', state: 'waiting', share: 10_000 },
  ]);
});

t.test('the database itself refuses a quality review by the officer who decided', async (t) => {
  const city = await setup(t, everyDecision);
  await city.approved();
  await t.rejects(
    city.db.pool.query(
      `update quality_review set state = 'confirmed', reviewed_by = decided_by, reviewed_at = now()`,
    ),
    { message: /reviewed_by_another_officer/ },
  );
  await t.rejects(city.db.pool.query(`update quality_review set state = 'not-drawn'`), {
    message: /drawn_below_its_share/,
  });
});
