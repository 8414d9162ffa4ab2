// Accepting a case of which no month can be paid: only with the handler's reason.

import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { call } = city;
const handler = 'handler-360203';
const reason = '申请人称失信登记有误，已提交更正申请';

async function accept<T>({ id, version }: Application, body: object, status: number): Promise<T> {
  const url = `/v1/applications/${id}/acceptance`;
  return (await call<T>(handler, 'POST', url, { body, ifMatch: version, status })).body;
}

/** A case of which no month can be paid, by a register's record. */
async function hopeless(): Promise<Application> {
  const resident = await city.resident();
  const application = await city.applied(resident);
  await city.deliver([held('dishonesty', resident, '2025-03-01')]);
  return application;
}

t.test(
  'a case of which no month can be paid is accepted with a reason only, which the case shows',
  async (t) => {
    const application = await hopeless();
    const refused = await accept<Problem>(application, {}, 422);
    t.equal(refused.code, 'acceptance-needs-reason');
    t.strictSame(
      refused.errors.map(({ pointer, code }) => [pointer, code]),
      ['2025-04', '2025-05', '2025-06'].map((month) => [`/months/${month}`, 'excluded']),
    );
    t.match(refused.errors[0]?.detail, /2025年4月不予补贴。存在不予补贴情形：.*失信/);
    strictMatch(t, await city.read(application), { state: 'submitted', version: application.version });

    const accepted = await accept<Application>(application, { reason }, 200);
    strictMatch(t, accepted, { state: 'accepted', acceptanceReason: reason });
    t.equal((await city.read(application)).acceptanceReason, reason, 'the reviewer reads it');
    const url = `/v1/applications/${application.id}`;
    const asPlatform = await call<Application>('platform-ganfutong', 'GET', url, { status: 200 });
    t.equal(asPlatform.body.acceptanceReason, null, 'it is not for platforms');
  },
);

t.test('one month that can be paid, or of which nothing is known yet, needs no reason', async (t) => {
  const resident = await city.resident();
  const inPart = await city.applied(resident);
  await city.deliver([held('employer-insurance', resident, '2025-06-01')]);
  strictMatch(t, await accept(inPart, {}, 200), { state: 'accepted', acceptanceReason: null });

  const silent = await setup(t);
  const one = await silent.applied(silent.nextResident({}));
  const complete = await silent.supplied(
    one,
    ...one.materialsRequired.flatMap(({ kind, waivedBy }) => (waivedBy === null ? [kind] : [])),
  );
  const url = `/v1/applications/${one.id}/acceptance`;
  const options = { body: {}, ifMatch: complete.version, status: 200 };
  const { body } = await silent.call<Application>(handler, 'POST', url, options);
  strictMatch(t, body, { state: 'accepted', acceptanceReason: null }, 'silence is not a refusal');
});

t.test('a missing paper is told before a missing reason', async (t) => {
  const silent = await setup(t);
  const one = await silent.applied(silent.nextResident({}));
  const url = `/v1/applications/${one.id}/acceptance`;
  const { body } = await silent.call<Problem>(handler, 'POST', url, {
    body: {},
    ifMatch: one.version,
    status: 409,
  });
  t.equal(body.code, 'materials-missing');
});
