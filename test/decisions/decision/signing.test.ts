// Who signs a decision, what the signature covers, and who may not sign: 谁审批、谁负责.

import t from 'tap';
import type { Replay } from '../../../src/decisions/replay/replay.ts';
import { type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call, db, resident, deliver, accepted, compared, decided, read } = city;

t.test('a signature stores officer, agency, role, time and the digest that was signed', async (t) => {
  const one = await accepted();
  const { snapshotSha256 } = await decided(one);
  const { rows } = await db.pool.query(
    `select d.officer, d.agency_code, d.role, d.decided_at, encode(c.snapshot_digest, 'hex') as digest, p.officer as part
     from decision d join comparison c using (person_id, comparison_id)
     join case_part p on p.person_id = d.person_id and p.application_id = d.application_id and p.part = 'reviewer'
     where d.application_id = $1`,
    [one.id],
  );
  const [signature] = rows;
  strictMatch(t, signature, { agency_code: '360203', role: 'reviewer', digest: snapshotSha256 });
  t.match(signature.officer, /\|reviewer-360203$/);
  t.equal(signature.part, signature.officer);
  t.equal(Temporal.Instant.from(signature.decided_at).toString(), city.clock.now().toString());
});

t.test('an officer who handled a case may not decide it, whatever role they hold now', async (t) => {
  const officer = { subject: 'both-360203', agency: '360203' } as const;
  const handler = await city.tokenOf({ ...officer, role: 'handler' });
  const one = await city.act(handler, await city.applied(), 'acceptance');
  const { id } = await compared(one);
  const { status, body } = await call<Problem>(
    await city.tokenOf({ ...officer, role: 'reviewer' }),
    'POST',
    `/v1/applications/${one.id}/decision`,
    { ifMatch: one.version, body: { comparisonId: id, outcome: 'approved' } },
  );
  strictMatch(t, { status, body }, { status: 403, body: { code: 'officer-already-on-case' } });
  strictMatch(t, await read(one), { state: 'accepted', version: one.version });
  await t.rejects(
    db.pool.query(
      `insert into case_part select person_id, application_id, officer, 'reviewer', agency_code, acted_at
       from case_part where application_id = $1`,
      [one.id],
    ),
    { message: /one_part_per_officer_on_a_case/ },
    'nor does the database let them',
  );
});

t.test('a declined case is signed by its handler like a decision, and stays final', async (t) => {
  const applicant = await resident();
  await deliver([held('employer-insurance', applicant, '2025-03-01')]);
  const one = await city.act('handler-360203', await city.applied(applicant), 'non-acceptance');
  const { rows } = await db.pool.query(
    `select outcome, role, officer, amount_fen, approved_months from decision where application_id = $1`,
    [one.id],
  );
  const [{ officer, ...signed }, ...others] = rows;
  t.strictSame(signed, { outcome: 'not-accepted', role: 'handler', amount_fen: 0, approved_months: [] });
  t.strictSame(others, []);
  t.match(officer, /\|handler-360203$/);
  const replays = `/v1/applications/${one.id}/decision/replays`;
  const { body } = await call<Replay>('auditor', 'POST', replays, { key: null, status: 200 });
  t.strictSame([body.identical, body.differences], [true, []]);
  const undone = await call<Problem>(
    'second-reviewer-360203',
    'POST',
    `/v1/applications/${one.id}/decision/undo`,
    { ifMatch: one.version, body: { reason: '户籍记录有误' } },
  );
  strictMatch(
    t,
    undone,
    { status: 409, body: { code: 'state-conflict' } },
    'a new application is the way back',
  );
  const heard = await call<{ items: { applicationId: string; content: object }[] }>(
    'provincial-system',
    'GET',
    '/v1/events',
    { query: { type: 'application-not-accepted' }, status: 200 },
  );
  const told = heard.body.items.filter(({ applicationId }) => applicationId === one.id);
  const months = ['2025-04', '2025-05', '2025-06'].map((month) => ({
    month,
    state: 'refused',
    amountFen: null,
  }));
  t.strictSame(
    told.map(({ content }) => content),
    [{ state: 'not-accepted', amountFen: 0, months }],
  );
  for (const forged of [`'refused', 'handler'`, `'not-accepted', 'reviewer'`]) {
    await t.rejects(
      db.pool.query(
        `insert into decision (person_id, decision_id, application_id, comparison_id, outcome, role, approved_months,
           amount_fen, officer, agency_code, decided_at)
         select person_id, gen_random_uuid(), application_id, comparison_id, ${forged}, approved_months, amount_fen,
           officer, agency_code, decided_at from decision where application_id = $1`,
        [one.id],
      ),
      { message: /handlers_only_decline/ },
    );
  }
});
