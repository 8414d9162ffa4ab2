// One month on one sheet: every check with its records, who did what, and what became of the money.

import t from 'tap';
import type { Static } from 'typebox';
import type { ReasonSheet } from '../../src/reason-sheets/schemas.ts';
import { catalogue } from '../../src/rules/catalogue.ts';
import { setup } from '../helper.ts';
import { contribution } from '../records/residents.ts';

type Sheet = Static<typeof ReasonSheet>;

t.test('a paid and contradicted month: all checks, all hands, the money and the recovery', async (t) => {
  const { call, resident, approved, inPayment, settled, deliver, work } = await setup(t);
  const person = await resident();
  const { id, personId } = await approved(person);
  const batch = await settled(await inPayment());
  await deliver([contribution(person, '2025-04', { version: 2, refunded: true })]);
  await work();
  const url = `/v1/people/${personId}/months/2025-04/reason-sheet`;
  const { body } = await call<Sheet>('auditor', 'GET', url, { status: 200 });
  const [one] = body.cases;
  t.equal(body.cases.length, 1);
  t.match(one, { applicationId: id, caseState: 'approved', state: 'live', amountFen: 50_000 });
  t.same(one?.parts.map(({ part }) => part).sort(), ['handler', 'payer', 'reviewer']);
  t.equal(new Set(one?.parts.map(({ officer }) => officer)).size, 3);
  const [decision] = one?.decisions ?? [];
  t.match(decision, {
    outcome: 'approved',
    policyVersion: 'jdz-2024-139/2025-01-01',
    monthOutcome: 'payable',
  });
  t.same(decision?.checks.map(({ code }) => code).sort(), Object.keys(catalogue).sort());
  const contributed = decision?.checks.find(({ code }) => code === 'contributed');
  t.match(contributed, {
    answer: 'clear',
    records: [{ kind: 'contribution', source: 'jx-human-resources', version: 1 }],
  });
  t.match(one?.payments, [
    { state: 'paid', disbursementNumber: batch.number, requestedFen: 150_000, amountFen: 50_000 },
  ]);
  t.match(one?.recoveries, [{ state: 'suspected', cause: 'contradicting-record', amountFen: 50_000 }]);
  const said = JSON.stringify(body);
  for (const secret of [person.identityNumber, person.identityNumber.slice(6), person.name, person.account]) {
    t.notMatch(said, new RegExp(secret));
  }
  t.match((await call<Sheet>('reviewer-360203', 'GET', url, { status: 200 })).body.cases.length, 1);
  await call('reviewer-360202', 'GET', url, { status: 404 });
  await call('platform-ganfutong', 'GET', url, { status: 403 });
  await call('auditor', 'GET', url.replace('2025-04', '2025-01'), { status: 404 });
});

t.test('an undone decision stays on the sheet, with who undid it and why', async (t) => {
  const { call, approved, read, decided } = await setup(t);
  const application = await approved();
  const { id, personId, version } = application;
  const reason = '户籍记录有误';
  await call('second-reviewer-360203', 'POST', `/v1/applications/${id}/decision/undo`, {
    body: { reason },
    ifMatch: version,
    status: 201,
  });
  await decided(await read(application));
  const url = `/v1/people/${personId}/months/2025-05/reason-sheet`;
  const { body } = await call<Sheet>('auditor', 'GET', url, { status: 200 });
  t.match(body.cases[0]?.decisions, [{ undone: { reason } }, { undone: null }]);
});
