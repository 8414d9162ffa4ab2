// A decision is based on exactly the latest comparison, states what the registers said, and never changes.

import { createHash } from 'node:crypto';
import t from 'tap';
import type { kinds } from '../../../src/rules/facts.ts';
import { type Problem, setup } from '../../helper.ts';
import { cleanRecords, contribution, held, priorBenefit } from '../../registers/residents.ts';
import { type Application, type ComparisonAnswer, secondQuarter } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call, db, resident, deliver, accepted, compared, decided, read } = city;

function decide(one: Application, comparisonId: string, outcome: string, more: object = {}) {
  const options = { ifMatch: one.version, body: { comparisonId, outcome, ...more } };
  return call<Problem>('reviewer-360203', 'POST', `/v1/applications/${one.id}/decision`, options);
}

/** One check's answer for each month. */
function answersOf({ assessment }: ComparisonAnswer, code: string): (string | undefined)[] {
  return assessment.months.map(({ checks }) => checks.find((check) => check.code === code)?.answer);
}

t.test('an approval makes the payable months live and refuses the others with every reason', async (t) => {
  const applicant = await resident();
  await deliver([
    held('employer-insurance', applicant, '2025-05-01', '2025-05-31'),
    held('unemployment-benefit', applicant, '2025-05-03', '2025-05-20'),
  ]);
  const one = await accepted(applicant);
  const decision = await decided(one);
  strictMatch(t, decision, { outcome: 'approved', amountFen: 100_000 });
  const may = decision.assessment.months.find(({ month }) => month === '2025-05');
  strictMatch(t, may, { outcome: 'excluded', amountFen: 0 });
  const hits = may?.checks.filter(({ answer }) => answer === 'hit') ?? [];
  t.strictSame(hits.map(({ code }) => code).sort(), ['employer-insured', 'unemployment-benefit']);
  for (const { explanation, facts, article } of hits) {
    t.match(explanation, /\p{Script=Han}/u);
    t.match(article, /^第六条第[15]项$/);
    t.equal(facts.length, 1, 'with the record it rests on');
  }
  strictMatch(t, await read(one), {
    state: 'approved',
    months: [
      { month: '2025-04', state: 'live', amountFen: 50_000 },
      { month: '2025-05', state: 'refused', amountFen: null },
      { month: '2025-06', state: 'live', amountFen: 50_000 },
    ],
  });
});

t.test('a case without a payable month cannot be approved, by the reviewer or in the database', async (t) => {
  const applicant = await resident();
  await deliver([held('public-payroll', applicant, '2025-04-01')]);
  const one = await accepted(applicant);
  const { id } = await compared(one);
  const refused = await decide(one, id, 'approved');
  strictMatch(t, refused, { status: 409, body: { code: 'decision-not-supported' } });
  t.strictSame(
    refused.body.errors.map(({ pointer }) => pointer),
    secondQuarter.map((month) => `/months/${month}`),
  );
  strictMatch(t, await decide(one, id, 'refused'), {
    status: 201,
    body: { outcome: 'refused', amountFen: 0 },
  });
  strictMatch(t, await read(one), {
    state: 'refused',
    months: [{ state: 'refused' }, { state: 'refused' }, { state: 'refused' }],
  });
  const { status, body } = await call<Problem>('payer-360203', 'POST', '/v1/disbursements');
  t.ok(status === 409 ? body.code === 'disbursement-empty' : status === 201);
  const { rows } = await db.pool.query('select 1 from payment_line_month where application_id = $1', [
    one.id,
  ]);
  t.strictSame(rows, [], 'no line was made for it');
});

t.test('a payable case cannot be refused, and a hit cannot be overridden', async (t) => {
  const one = await accepted();
  const { id } = await compared(one);
  strictMatch(t, await decide(one, id, 'refused'), { status: 409, body: { code: 'decision-not-supported' } });
  strictMatch(t, await read(one), { state: 'accepted', version: one.version });

  const trained = await resident();
  await deliver([held('skills-training', trained, '2025-04-01')]);
  const hit = await accepted(trained);
  for (const absence of ['2025-04-01', '2025-06-01']) {
    // An officer's attestation does not override the register, which must be corrected at its source.
    await call('reviewer-360203', 'POST', `/v1/applications/${hit.id}/attestations`, {
      body: {
        absence: { kind: 'skills-training', from: absence, to: '2025-06-30' },
        evidence: { lookUp: { system: '技能培训系统', at: '2025-07-05T01:40:00Z', reference: 'CX-1' } },
      },
    });
  }
  const comparison = await compared(hit);
  t.strictSame(answersOf(comparison, 'skills-training'), ['hit', 'hit', 'hit']);
  for (const more of [{}, { releaseUndetermined: true }]) {
    const { status, body } = await decide(hit, comparison.id, 'approved', more);
    strictMatch(t, { status, body }, { status: 409, body: { code: 'decision-not-supported' } });
  }
  strictMatch(t, await decide(hit, comparison.id, 'refused'), { status: 201 });
});

t.test('missing data are not a pass: a month is undetermined until its register answers', async (t) => {
  const applicant = await resident();
  const one = await accepted(applicant);
  // What each kind of register would have to report, for the claimed months and for the day of the decision.
  const checkOf: Partial<Record<(typeof kinds)[number], string>> = {
    'unemployment-benefit': 'unemployment-benefit',
    'skills-training': 'skills-training',
    'public-post': 'public-post',
    imprisonment: 'imprisonment',
    'public-payroll': 'public-payroll',
    pension: 'past-retirement',
    'employer-insurance': 'employer-insured',
    dishonesty: 'dishonest',
  };
  let seconds = 0;
  for (const [kind, code] of Object.entries(checkOf)) {
    const state = async (throughMonth: string | null) => {
      seconds += 1;
      const coverage = [{ kind, throughMonth, asOf: city.clock.now().add({ seconds }).toString() }];
      const body = { source: 'jx-human-resources', rows: [], coverage };
      await call('provincial-system', 'POST', '/v1/record-deliveries', { body, status: 201 });
    };
    await state(null);
    const silent = await compared(one);
    t.strictSame(answersOf(silent, code), ['unknown', 'unknown', 'unknown'], code);
    strictMatch(t, silent.assessment, { outcome: 'undetermined', amountFen: 0 }, `${code} is no pass`);
    for (const outcome of ['approved', 'refused']) {
      const { status, body } = await decide(one, silent.id, outcome);
      strictMatch(
        t,
        { status, body },
        { status: 409, body: { code: 'decision-not-supported' } },
        `not ${outcome} either`,
      );
    }
    await state('2025-06');
    strictMatch(
      t,
      (await compared(one)).assessment,
      { outcome: 'approvable', amountFen: 150_000 },
      `${code} once it has spoken`,
    );
  }
});

t.test(
  'missing data are not a pass: without contribution record and coverage the month stays unknown',
  async (t) => {
    const applicant = city.nextResident();
    await deliver(cleanRecords(applicant, ['2025-04', '2025-05']), '2025-05');
    const paper = await city.supplied(await city.applied(applicant), 'contribution-proof');
    const one = await city.act('handler-360203', paper, 'acceptance');
    strictMatch(t, await compared(one), { assessment: { outcome: 'undetermined', amountFen: 100_000 } });
    const comparison = await compared(one);
    t.strictSame(answersOf(comparison, 'contributed'), ['clear', 'clear', 'unknown']);
    const released = await decide(one, comparison.id, 'approved', { releaseUndetermined: true });
    strictMatch(t, released, { status: 201, body: { amountFen: 100_000 } });
    strictMatch(t, await read(one), {
      months: [{ state: 'live' }, { state: 'live' }, { state: 'released' }],
    });
    await deliver([contribution(applicant, '2025-06')], '2025-06');
    const later = await city.approved(applicant, { months: ['2025-06'] });
    strictMatch(
      t,
      later,
      { state: 'approved', months: [{ state: 'live', amountFen: 50_000 }] },
      'and is claimed again, once',
    );
  },
);

t.test('no decision can be based on an outdated comparison', async (t) => {
  const applicant = await resident();
  const one = await accepted(applicant);
  const old = await compared(one);
  const newer = await compared(one);
  strictMatch(
    t,
    await decide(one, old.id, 'approved'),
    { status: 409, body: { code: 'comparison-stale' } },
    'a newer comparison',
  );
  await deliver([held('skills-training', applicant, '2025-05-06', '2025-05-10')]);
  strictMatch(
    t,
    await decide(one, newer.id, 'approved'),
    { status: 409, body: { code: 'comparison-stale' } },
    'a newer record',
  );
  const latest = await compared(one);
  const promise = async (throughMonth: string | null, seconds: number) => {
    const asOf = city.clock.now().add({ seconds }).toString();
    const coverage = [{ kind: 'pension', throughMonth, asOf }];
    const body = { source: 'jx-human-resources', rows: [], coverage };
    await call('provincial-system', 'POST', '/v1/record-deliveries', { body, status: 201 });
  };
  await promise(null, 100);
  strictMatch(
    t,
    await decide(one, latest.id, 'approved'),
    { status: 409, body: { code: 'comparison-stale' } },
    'a coverage withdrawn',
  );
  await promise('2025-06', 101);
  city.clock.set('2025-07-06');
  strictMatch(
    t,
    await decide(one, latest.id, 'approved'),
    { status: 409, body: { code: 'comparison-stale' } },
    'another day',
  );
  city.clock.set('2025-07-05');
  strictMatch(
    t,
    await decide(one, latest.id, 'approved'),
    { status: 201, body: { amountFen: 100_000 } },
    'and what it rests on is again what it was',
  );
});

t.test(
  'a case without a comparison cannot be decided, not even with another case’s comparison',
  async (t) => {
    const [one, another] = [await accepted(), await accepted()];
    const { id } = await compared(another);
    strictMatch(t, await decide(one, id, 'approved'), { status: 409, body: { code: 'comparison-missing' } });
    await compared(one);
    strictMatch(t, await decide(one, id, 'approved'), { status: 409, body: { code: 'comparison-stale' } });
  },
);

t.test('new register data never change an old decision: they open a recovery instead', async (t) => {
  const applicant = await resident();
  const one = await accepted(applicant);
  const decision = await decided(one);
  const stored = async () => {
    const { rows } = await db.pool.query(
      `select d.*, c.snapshot, c.assessment from decision d join comparison c using (person_id, comparison_id)
       where d.application_id = $1`,
      [one.id],
    );
    return rows;
  };
  const before = await stored();
  const caseBefore = await read(one);
  await deliver([
    contribution(applicant, '2025-04', { version: 2, refunded: true }),
    held('dishonesty', applicant, '2025-01-01'),
    held('pension', applicant, '2024-01-01'),
  ]);
  await city.work();
  t.strictSame(await stored(), before);
  t.strictSame(await read(one), caseBefore, 'the months are live until a recovery is confirmed');
  const opened = (await city.recoveries('suspected')).filter(({ applicationId }) => applicationId === one.id);
  t.strictSame(opened.map(({ month }) => month).sort(), [...secondQuarter]);
  t.equal(decision.snapshotSha256, createHash('sha256').update(before[0].snapshot).digest('hex'));
});

t.test('the first approval fixes the term, and later ones do not move it', async (t) => {
  const applicant = await resident();
  const months = ['2025-01', '2025-02', '2025-03'];
  await deliver(months.map((month) => contribution(applicant, month)));
  const { personId } = await city.approved(applicant);
  const term = async () =>
    (await db.pool.query('select * from term where person_id = $1', [personId])).rows[0];
  const first = await term();
  strictMatch(t, first, {
    first_approved_on: '2025-07-05',
    near: false,
    cap: 36,
    imported_months: 0,
    live_months: 3,
  });
  city.clock.set('2025-07-20');
  await city.approved(applicant, { quarter: '2025Q1', months });
  t.strictSame(await term(), { ...first, live_months: 6 });
  city.clock.set('2025-07-05');
});

t.test(
  'two cases of one person that compete for the last month under the cap cannot both be approved',
  async (t) => {
    const applicant = await resident();
    const months = ['2025-01', '2025-02', '2025-03'];
    await deliver([...months.map((month) => contribution(applicant, month)), priorBenefit(applicant, 35)]);
    const first = await accepted(applicant, { quarter: '2025Q1', months });
    const second = await accepted(applicant);
    // Both were compared while the month was free.
    const [ofFirst, ofSecond] = [await compared(first), await compared(second)];
    strictMatch(t, [ofFirst.assessment, ofSecond.assessment], [{ amountFen: 50_000 }, { amountFen: 50_000 }]);
    strictMatch(t, await decide(second, ofSecond.id, 'approved'), {
      status: 201,
      body: { amountFen: 50_000 },
    });
    strictMatch(t, await decide(first, ofFirst.id, 'approved'), {
      status: 409,
      body: { code: 'comparison-stale' },
    });
    const again = await compared(first);
    t.strictSame(answersOf(again, 'term-exhausted'), ['hit', 'hit', 'hit']);
    strictMatch(t, await decide(first, again.id, 'refused'), { status: 201 });
    const { body: batch } = await call<{ id: string }>('payer-360203', 'POST', '/v1/disbursements', {
      status: 201,
    });
    const { rows } = await db.pool.query(
      `select sum(m.amount_fen)::int as fen from payment_line_month m join payment_line l using (person_id, line_id)
     where l.disbursement_id = $1 and person_id = $2`,
      [batch.id, first.personId],
    );
    t.strictSame(rows, [{ fen: 50_000 }]);
  },
);
