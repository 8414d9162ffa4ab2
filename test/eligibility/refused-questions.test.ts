// A refused question reveals and stores nothing, but is audited.

import t from 'tap';
import { type Problem, setup } from '../helper.ts';
import { questionAbout } from '../steps.ts';

const platform = 'platform-ganfutong';
/** A handler of an agency without any of these people. */
const stranger = 'handler-360281';

interface Trace {
  readonly operation: string;
  readonly role: string;
}

t.test('a refused question is audited and appears in the person’s access report', async (t) => {
  const { asked, nextResident, resident, call, lookedUp, db } = await setup(
    t,
    {},
    { config: { peopleAskedPerDay: { client: 2, officer: 2 } } },
  );
  const somebody = await resident();
  const { identityNumber } = somebody;
  const ask = (body: object, by: string, at = '/v1/eligibility-checks') =>
    call<Problem>(by, 'POST', at, { body, key: null });
  const personId = await lookedUp(somebody, 'platform-wujia2');
  const wrong = { ...somebody, identityNumber: '360203' };
  const statuses = [
    await ask({ identityNumber, quarter: '2025Q2' }, platform), // no consent
    await ask({ identityNumber, quarter: '2025Q2' }, stranger), // out of scope, no purpose
    await ask({ ...questionAbout(somebody), name: undefined }, platform, '/v1/people/access-reports'),
    await asked(wrong),
    await asked(nextResident()),
    await asked(nextResident()),
    await asked(nextResident()), // one too many
    await asked(somebody), // one too many
    await asked({ ...somebody, name: '张三丰' }), // and by a wrong name
  ].map(({ status }) => status);
  t.strictSame(statuses, [400, 400, 400, 400, 200, 200, 429, 429, 429]);
  const { rows } = await db.pool.query(
    `select operation, client_id as by, change ->> 'refused' as refused, person_id from audit_entry
     where target_kind = 'asker' and change ? 'refused' order by entry_id`,
  );
  const refusals = rows.map((row) => [row.operation, row.refused, row.person_id === personId]);
  t.strictSame(refusals, [
    ['checkEligibility', 'invalid-fields', true],
    ['checkEligibility', 'out-of-scope', true],
    ['askAccessReport', 'invalid-fields', true],
    ['checkEligibility', 'invalid-fields', false],
    ['checkEligibility', 'too-many-people', false],
    ['checkEligibility', 'too-many-people', true],
    ['checkEligibility', 'too-many-people', true],
  ]);
  t.strictSame(
    rows.flatMap((row) => (row.person_id === null ? [row.refused] : [])),
    ['invalid-fields', 'too-many-people'],
    'of nobody no person is named',
  );
  const { body } = await call<{ items: Trace[] }>('auditor', 'GET', `/v1/people/${personId}/access-report`, {
    status: 200,
  });
  t.strictSame(
    body.items.map(({ operation, role }) => [operation, role]),
    [
      ['lookUpPerson', 'platform'],
      ['checkEligibility', 'platform'],
      ['checkEligibility', 'handler'],
      ['askAccessReport', 'platform'],
      ['checkEligibility', 'platform'],
      ['checkEligibility', 'platform'],
    ],
    'the person is told who tried',
  );
  const kept = await db.pool.query('select count(*)::int as kept from question');
  t.equal(kept.rows[0].kept, 3, 'nothing else of them is kept');
});
