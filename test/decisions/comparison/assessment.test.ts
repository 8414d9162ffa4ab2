// The assessment of a case as it stands, which a handler sees before accepting it.

import t from 'tap';
import type { Static } from 'typebox';
import type { ApplicationAssessment } from '../../../src/decisions/comparison/schemas.ts';
import { type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';

type Answer = Static<typeof ApplicationAssessment>;

const city = await setup(t);
const { call } = city;
const handler = 'handler-360203';
const urlOf = ({ id }: { id: string }) => `/v1/applications/${id}/assessment`;

async function assessed(by: string, application: { id: string }): Promise<Answer> {
  return (await call<Answer>(by, 'GET', urlOf(application), { status: 200 })).body;
}

t.test(
  'street, handler and reviewer see every check of a submitted case, and nothing is stored',
  async (t) => {
    const resident = await city.resident();
    const application = await city.applied(resident);
    for (const by of ['street-360203007', handler, 'reviewer-360203']) {
      const { assessment, applicationVersion } = await assessed(by, application);
      t.equal(applicationVersion, application.version);
      t.strictSame(
        assessment.months.map(({ month, outcome }) => [month, outcome]),
        ['2025-04', '2025-05', '2025-06'].map((month) => [month, 'payable']),
        by,
      );
    }
    await city.deliver([held('employer-insurance', resident, '2025-03-01')]);
    const { assessment } = await assessed(handler, application);
    t.equal(assessment.outcome, 'refused', 'by the records of now');
    const { rows } = await city.db.pool.query('select from comparison where application_id = $1', [
      application.id,
    ]);
    t.equal(rows.length, 0);
    t.equal((await city.read(application)).version, application.version);
  },
);

t.test('it says what the comparison says after acceptance', async (t) => {
  const application = await city.accepted();
  const { assessment } = await assessed(handler, application);
  t.strictSame(assessment, (await city.compared(application)).assessment);
});

t.test('drafts and withdrawn cases show no records', async (t) => {
  const draft = await city.drafted(await city.resident(), { by: 'street-360203007' });
  const withdrawn = await city.act('platform-ganfutong', await city.applied(), 'withdrawal');
  for (const one of [draft, withdrawn]) {
    const { body } = await call<Problem>(handler, 'GET', urlOf(one), { status: 409 });
    t.equal(body.code, 'state-conflict');
  }
});

t.test('who may not: other streets and agencies, platforms, payers, the auditor', async () => {
  const application = await city.applied();
  for (const by of ['street-360203001', 'handler-360202', 'reviewer-360222'])
    await call(by, 'GET', urlOf(application), { status: 404 });
  for (const by of ['platform-ganfutong', 'payer-360203', 'auditor', 'finance-360203'])
    await call(by, 'GET', urlOf(application), { status: 403 });
});
