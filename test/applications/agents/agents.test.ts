// People without a mobile phone: they apply at a counter with a landline or a contact, and somebody may hand the case in
// for them, with a power of attorney and the undertaking that they signed on paper.

import t from 'tap';
import type { Static } from 'typebox';
import { extractText, getDocumentProxy } from 'unpdf';
import type { MonthExplanation } from '../../../src/oversight/explanations/schemas.ts';
import type { Access } from '../../../src/oversight/reveals/schemas.ts';
import { constraintOf } from '../../../src/platform/database/transaction.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { cleanRecords } from '../../registers/residents.ts';
import type { Application, Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { materialForm } from '../material-form.ts';

const street = '360203007';
const counter = `street-${street}`;
const agent = { name: '李小燕', identityNumber: '360299197608150020', relation: 'child' };
const contact = { name: '周村长', relation: 'community-worker', phone: '13900000001' };
const undertaking = { version: 'jdz-2024-139', signedAt: '2025-07-05T01:30:00Z', method: 'fingerprint' };

interface Entered {
  readonly phone?: string;
  readonly contact?: unknown;
  readonly agent?: unknown;
  readonly channel?: string;
}

/** What is sent for somebody, by default at the counter with their own phone. */
function entered(city: City, somebody: Resident, choice: Entered = {}) {
  const { agent: by, channel = 'wujia2-home', ...called } = choice;
  const { identityNumber, name, phone } = somebody;
  const isCalled = Object.keys(called).length > 0;
  return {
    ...city.applicationOf(somebody, { by: counter }),
    undertaking,
    channel,
    applicant: { identityNumber, name, ...(isCalled ? called : { phone }) },
    ...(by === undefined ? {} : { agent: by }),
  };
}

async function drafted(city: City, choice: Entered = {}, somebody?: Resident) {
  const applicant = somebody ?? (await city.resident({ street }));
  const body = entered(city, applicant, choice);
  return (await city.call<Application>(counter, 'POST', '/v1/applications', { body, status: 201 })).body;
}

async function refused(city: City, choice: Entered, by = counter) {
  const body = entered(city, await city.resident({ street }), choice);
  const { body: problem } = await city.call<Problem>(by, 'POST', '/v1/applications', { body, status: 400 });
  return problem.errors.map(({ pointer, code }) => [pointer, code]);
}

async function handIn(city: City, { id }: Application, ...kinds: readonly string[]) {
  for (const kind of kinds) {
    const form = materialForm(kind);
    await city.call(counter, 'POST', `/v1/applications/${id}/materials`, { ...form, status: 201 });
  }
  return (await city.call<Application>(counter, 'GET', `/v1/applications/${id}`, { status: 200 })).body;
}

async function submitted(city: City, choice: Entered) {
  const draft = await drafted(city, choice);
  const ready = await handIn(city, draft, 'power-of-attorney', 'signed-undertaking');
  return await city.act(counter, ready, 'submission');
}

async function textOf(city: City, by: string, url: string) {
  const headers = { authorization: `Bearer ${await city.token(by)}` };
  const { rawPayload } = await city.app.inject({ url, headers });
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(rawPayload)), {
    mergePages: true,
  });
  return text.replaceAll(/\s/g, '');
}

t.test(
  'somebody without a mobile phone applies at the counter with a landline, or with a contact',
  async (t) => {
    const city = await setup(t);
    const landline = await drafted(city, { phone: '0798-8222222' });
    strictMatch(t, landline.applicant, { phone: '0*********2', contact: null });
    const called = await drafted(city, { contact });
    strictMatch(t, called, {
      applicant: { phone: '1*********1', contact: { name: '周村长', relation: 'community-worker' } },
      agent: null,
    });
    const accepted = await city.act(counter, called, 'submission');
    const { body: revealed } = await city.call(counter, 'POST', `/v1/people/${accepted.personId}/reveals`, {
      body: { fields: ['phone'], purpose: 'contact-applicant' },
      key: null,
      status: 200,
    });
    strictMatch(t, revealed, {
      phone: contact.phone,
      contact: { name: '周村长', relation: 'community-worker' },
    });
    const { rows } = await city.db.pool.query('select to_jsonb(application)::text as row from application');
    t.notMatch(JSON.stringify(rows), /周村长|13900000001/, 'kept encrypted');
  },
);

t.test('contact and agent are refused with their places, all at once', async (t) => {
  const city = await setup(t);
  const online = { channel: 'ganfutong' };
  t.strictSame(await refused(city, { ...online, contact, agent }, 'platform-ganfutong'), [
    ['/body/applicant/contact', 'counter-only'],
    ['/body/agent', 'counter-only'],
  ]);
  t.strictSame(await refused(city, { phone: '13900000000', contact }), [
    ['/body/applicant/contact', 'exactly-one'],
  ]);
  t.strictSame(await refused(city, { contact: { ...contact, phone: '0798-8222222', name: '13900000002' } }), [
    ['/body/applicant/contact/phone', 'mobile-number-form'],
    ['/body/applicant/contact/name', 'name-characters'],
  ]);
  t.strictSame(
    await refused(city, { agent: { ...agent, identityNumber: '360299197608150021', name: ' ' } }),
    [
      ['/body/agent/identityNumber', 'identity-number-check-character'],
      ['/body/agent/name', 'name-empty'],
    ],
  );
  t.strictSame(await refused(city, { contact: { ...contact, relation: 'friend', age: 40 } }), [
    ['/body/applicant/contact/age', 'unknown-field'],
    ['/body/applicant/contact/relation', 'unknown-value'],
  ]);
  const somebody = await city.resident({ street });
  const { identityNumber, name } = somebody;
  const nobody = { ...entered(city, somebody), applicant: { identityNumber, name } };
  const { body: unreachable } = await city.call<Problem>(counter, 'POST', '/v1/applications', {
    body: nobody,
    status: 400,
  });
  strictMatch(t, unreachable.errors, [{ pointer: '/body/applicant/phone', code: 'required' }]);
  const own = entered(city, somebody, { agent: { ...agent, identityNumber } });
  const { body: same } = await city.call<Problem>(counter, 'POST', '/v1/applications', {
    body: own,
    status: 400,
  });
  strictMatch(t, same.errors, [{ pointer: '/body/agent/identityNumber', code: 'own-agent' }]);
});

t.test('an agent hands in a power of attorney and the undertaking signed on paper', async (t) => {
  const city = await setup(t);
  const draft = await drafted(city, { agent });
  strictMatch(t, draft.agent, {
    name: '李小燕',
    identityNumber: '3****************0',
    relation: 'child',
  });
  strictMatch(t, draft.materialsRequired.slice(-2), [
    { kind: 'power-of-attorney', waivedBy: null, supplied: false },
    { kind: 'signed-undertaking', waivedBy: null, supplied: false },
  ]);
  const url = `/v1/applications/${draft.id}/submission`;
  const { body: problem } = await city.call<Problem>(counter, 'POST', url, {
    ifMatch: draft.version,
    status: 409,
  });
  t.equal(problem.code, 'materials-missing');
  t.strictSame(
    problem.errors.map(({ pointer, code }) => [pointer, code]),
    [
      ['/materials/power-of-attorney', 'required'],
      ['/materials/signed-undertaking', 'required'],
    ],
  );
  const half = await handIn(city, draft, 'power-of-attorney');
  const { body: other } = await city.call<Problem>(counter, 'POST', url, {
    ifMatch: half.version,
    status: 409,
  });
  strictMatch(t, other.errors, [{ pointer: '/materials/signed-undertaking' }]);
  const ready = await handIn(city, half, 'signed-undertaking');
  const application = await city.act(counter, ready, 'submission');
  await city.act('handler-360203', application, 'acceptance');
  const [, paper] = application.materials;
  const file = `/v1/applications/${application.id}/materials/${paper?.id}/file`;
  const headers = { authorization: `Bearer ${await city.token('handler-360203')}` };
  const { headers: served } = await city.app.inject({ url: file, headers });
  t.equal(served['content-type'], 'application/pdf', 'watermarked: it shows the whole number');
  const { rows } = await city.db.pool.query('select to_jsonb(application)::text as row from application');
  t.notMatch(JSON.stringify(rows), new RegExp(`李小燕|${agent.identityNumber}`), 'kept encrypted');
});

t.test('the draft takes another agent, or none, and a phone instead of a contact', async (t) => {
  const city = await setup(t);
  const somebody = await city.resident({ street });
  const draft = await drafted(city, { contact, agent }, somebody);
  const url = `/v1/applications/${draft.id}`;
  const { identityNumber, name, phone, account } = somebody;
  const own = { agent: { ...agent, identityNumber } };
  const { body: problem } = await city.call<Problem>(counter, 'PATCH', url, {
    body: own,
    ifMatch: draft.version,
    status: 400,
  });
  strictMatch(t, problem.errors, [{ pointer: '/body/agent/identityNumber', code: 'own-agent' }]);
  const changed = await city.call<Application>(counter, 'PATCH', url, {
    body: { agent: { ...agent, relation: 'sibling' } },
    ifMatch: draft.version,
    status: 200,
  });
  strictMatch(t, changed.body, {
    agent: { relation: 'sibling' },
    applicant: { contact: { name: '周村长' } },
  });
  const alone = await city.call<Application>(counter, 'PATCH', url, {
    body: {
      agent: null,
      applicant: { name, phone },
      account: { bank: '景德镇农商银行', number: account, holder: name },
    },
    ifMatch: changed.body.version,
    status: 200,
  });
  strictMatch(t, alone.body, { agent: null, applicant: { contact: null } });
  strictMatch(t, await city.act(counter, alone.body, 'submission'), { state: 'submitted' });
  const { rows } = await city.db.pool.query<{ change: object }>(
    `select change from audit_entry where operation = 'updateDraft' order by entry_id`,
  );
  const [first, second] = rows.map(({ change }) => JSON.stringify(change));
  t.match(first, '"agentRelation":"sibling"');
  t.match(second, '"agentRelation":null');
  t.notMatch(`${first}${second}`, new RegExp(`李小燕|周村长|${agent.identityNumber}`));
});

t.test('a street cannot put an agent on a case that a platform brought', async (t) => {
  const city = await setup(t);
  const draft = await city.drafted(await city.resident({ street }));
  const { body: problem } = await city.call<Problem>(counter, 'PATCH', `/v1/applications/${draft.id}`, {
    body: { agent },
    ifMatch: draft.version,
    status: 400,
  });
  strictMatch(t, problem.errors, [{ pointer: '/body/agent', code: 'counter-only' }]);
  for (const change of [
    `agent_name_encrypted = '\\x01', agent_identity_encrypted = '\\x01', agent_relation = 'child'`,
    `contact_name_encrypted = '\\x01', contact_relation = 'child'`,
  ]) {
    const error = await city.db.pool
      .query(`update application set ${change}`)
      .catch((caught: unknown) => caught);
    t.equal(constraintOf(error), 'contact_and_agent_come_to_a_counter');
  }
  const half = await city.db.pool
    .query(`update application set channel = 'wujia2-home', agent_relation = 'child'`)
    .catch((caught: unknown) => caught);
  t.equal(constraintOf(half), 'agent_is_whole');
});

t.test('papers name the agent masked, and the report says who saw agent and contact', async (t) => {
  const city = await setup(t);
  const application = await submitted(city, { contact, agent });
  const { id, personId } = application;
  const undertaken = await textOf(city, counter, `/v1/applications/${id}/undertaking/file`);
  t.match(undertaken, '代办人：李小燕（子女）身份证号：3****************0');
  const explanation = `/v1/people/${personId}/months/2025-04/explanation`;
  const { body: sheet } = await city.call<Static<typeof MonthExplanation>>('auditor', 'GET', explanation, {
    status: 200,
  });
  strictMatch(t, sheet.cases, [
    { agent: { name: '李**', identityNumber: '3****************0', relation: 'child' } },
  ]);
  t.match(await textOf(city, 'auditor', `${explanation}/file`), '代办人李**（子女），3****************0');
  const alone = await city.applied();
  await city.read(alone);
  await city.read(application);
  const seen = async (person: string) => {
    const url = `/v1/people/${person}/access-report`;
    const query = { limit: '200' };
    const { body } = await city.call<{ items: Static<typeof Access>[] }>('auditor', 'GET', url, {
      query,
      status: 200,
    });
    return body.items
      .filter(({ operation, role }) => operation === 'getApplication' && role === 'reviewer')
      .map(({ facts }) => facts.includes('agent'));
  };
  t.strictSame(await seen(personId), [true]);
  t.strictSame(await seen(alone.personId), [false]);
});

t.test('the agent’s whole number is for the agency alone', async (t) => {
  const city = await setup(t);
  const { personId } = await submitted(city, { agent });
  const url = `/v1/people/${personId}/reveals`;
  const body = { fields: ['agentIdentityNumber'], purpose: 'contact-applicant' };
  const { body: revealed } = await city.call('handler-360203', 'POST', url, {
    body,
    key: null,
    status: 200,
  });
  strictMatch(t, revealed, { agentIdentityNumber: agent.identityNumber });
  const { body: problem } = await city.call<Problem>(counter, 'POST', url, { body, key: null, status: 400 });
  strictMatch(t, problem.errors, [{ pointer: '/body/fields/0', code: 'not-for-streets' }]);
  await city.call('handler-360202', 'POST', url, { body, key: null, status: 404 });
  await city.call('platform-ganfutong', 'POST', url, { body, key: null, status: 403 });
});

t.test('the next quarter is continued with the contact, and without the agent’s mandate', async (t) => {
  const city = await setup(t);
  const somebody = await city.resident({ street });
  const draft = await drafted(city, { contact, agent }, somebody);
  const ready = await handIn(city, draft, 'power-of-attorney', 'signed-undertaking', 'identity-card');
  const applied = await city.act(counter, ready, 'submission');
  const accepted = await city.act('handler-360203', applied, 'acceptance');
  await city.decided(accepted);
  city.clock.set('2025-10-10');
  await city.deliver(cleanRecords(somebody, ['2025-07', '2025-08', '2025-09']), '2025-09');
  const { body } = await city.call<{ application: Application }>(
    counter,
    'POST',
    `/v1/applications/${applied.id}/continuations`,
    { status: 201 },
  );
  strictMatch(t, body.application, {
    applicant: { phone: '1*********1', contact: { name: '周村长' } },
    agent: null,
    materials: [{ kind: 'identity-card' }],
  });
});
