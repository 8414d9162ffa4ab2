// Officers by name: the name that a token gave at the time of an act stands beside the account, wherever the act is shown.

import t from 'tap';
import type { Static } from 'typebox';
import { extractText, getDocumentProxy } from 'unpdf';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import type { MonthExplanation } from '../../../src/oversight/explanations/schemas.ts';
import type { ProvincialDecision } from '../../../src/oversight/province/schemas.ts';
import type { Access } from '../../../src/oversight/reveals/schemas.ts';
import type { Roster } from '../../../src/payments/rosters/schemas.ts';
import { constraintOf } from '../../../src/platform/database/transaction.ts';
import { type City, setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const agency = '360203';

/** An officer of the agency under a name; none: an issuer that gives no names. */
function officer(
  city: City,
  role: 'handler' | 'reviewer' | 'payer' | 'street-officer',
  subject: string,
  name?: string,
  place = agency,
) {
  return city.tokenOf({ subject, role, agency: place, ...(name === undefined ? {} : { name }) });
}

async function accept(city: City, by: string) {
  const submitted = await city.applied();
  const url = `/v1/applications/${submitted.id}/acceptance`;
  const options = { ifMatch: submitted.version, body: {}, status: 200 };
  const { body } = await city.call<Application>(by, 'POST', url, options);
  return body;
}

async function explained(city: City, { personId }: Application) {
  const url = `/v1/people/${personId}/months/2025-04/explanation`;
  const { body } = await city.call<Static<typeof MonthExplanation>>('auditor', 'GET', url, { status: 200 });
  return body.cases[0];
}

/** The text of the printed explanation, without whitespace. */
async function printed({ app, token }: City, { personId }: Application) {
  const url = `/v1/people/${personId}/months/2025-04/explanation/file`;
  const headers = { authorization: `Bearer ${await token('auditor')}` };
  const { rawPayload } = await app.inject({ url, headers });
  const { text } = await extractText(await getDocumentProxy(new Uint8Array(rawPayload)), {
    mergePages: true,
  });
  return text.replaceAll(/\s/g, '');
}

t.test(
  'an officer’s name stands beside the account on the case, the explanation and its print',
  async (t) => {
    const city = await setup(t);
    const handler = await officer(city, 'handler', 'wf-07', '王芳');
    const application = await accept(city, handler);
    const signed = { part: 'handler', officer: { account: /\|wf-07$/, name: '王芳' } };
    strictMatch(t, application.parts, [signed], 'in the answer to the act itself');
    await city.decided(application);
    const one = await explained(city, application);
    const reviewer = { account: /\|reviewer-360203$/, name: '珠山区就业创业服务中心 审核人员' };
    strictMatch(t, one?.parts, [signed, { part: 'reviewer', officer: reviewer }]);
    strictMatch(t, one?.decisions, [{ officer: reviewer, comparedBy: reviewer, undone: null }]);
    t.match(await printed(city, application), '王芳（wf-07）');
    const url = `/v1/applications/${application.id}/decision`;
    const { body: decision } = await city.call('payer-360203', 'GET', url, { status: 200 });
    strictMatch(t, decision, { officer: reviewer });
  },
);

t.test('a name that changes later does not change what was signed before', async (t) => {
  const city = await setup(t);
  const before = await accept(city, await officer(city, 'handler', 'wf-07', '王芳'));
  await city.decided(before);
  const paper = await printed(city, before);
  city.clock.set('2025-07-07');
  const after = await accept(city, await officer(city, 'handler', 'wf-07', '王芳菲'));
  const nameOf = (one: Awaited<ReturnType<typeof explained>>) => one?.parts[0]?.officer.name;
  t.equal(nameOf(await explained(city, before)), '王芳');
  t.equal(nameOf(await explained(city, after)), '王芳菲');
  const signed = /王芳（wf-07），[^，]*，2025年7月5日10:00/u;
  t.match(paper, signed);
  t.match(await printed(city, before), signed);
  t.notMatch(await printed(city, before), '王芳菲');

  city.clock.set('2025-07-08');
  const nameless = await accept(city, await officer(city, 'handler', 'wf-07'));
  t.equal(nameOf(await explained(city, nameless)), null, 'nor does the issuer’s silence say the old name');
  t.equal(nameOf(await explained(city, after)), '王芳菲');
  const { rows } = await city.db.pool.query(
    `select name from officer_name where account like '%|wf-07' order by since`,
  );
  t.strictSame(rows, [{ name: '王芳' }, { name: '王芳菲' }, { name: null }], 'one row for each change');
});

t.test('where the issuer gives no name, the account stands alone', async (t) => {
  const city = await setup(t);
  const application = await accept(city, await officer(city, 'handler', 'wf-07'));
  await city.decided(application);
  const one = await explained(city, application);
  strictMatch(t, one?.parts[0], { officer: { account: /\|wf-07$/, name: null } });
  t.match(await printed(city, application), '经办签字wf-07，');
});

t.test(
  'notices, rosters, recoveries, the audit, the access report and the province name the officer',
  async (t) => {
    const city = await setup(t);
    const { call } = city;
    const application = await accept(city, await officer(city, 'handler', 'wf-07', '王芳'));
    const street = await officer(city, 'street-officer', 'xl-12', '徐莉', application.streetCode);
    const { body: notices } = await call<{ items: Static<typeof Notice>[] }>(street, 'GET', '/v1/notices', {
      query: { applicationId: application.id },
      status: 200,
    });
    const [notice] = notices.items;
    strictMatch(t, notice, { issuedBy: { account: /\|wf-07$/, name: '王芳' } });
    const told = await call(street, 'POST', `/v1/notices/${notice?.id}/deliveries`, {
      body: { method: 'phone', outcome: 'told' },
      ifMatch: notice?.version ?? 0,
      status: 200,
    });
    strictMatch(t, told.body, { attempts: [{ recordedBy: { account: /\|xl-12$/, name: '徐莉' } }] });

    await city.decided(application);
    const made = await call<{ id: string; version: number }>('payer-360203', 'POST', '/v1/disbursements', {
      status: 201,
    });
    const roster = `/v1/disbursements/${made.body.id}/rosters/${application.streetCode}`;
    const { body: verified } = await call<Static<typeof Roster>>(street, 'POST', `${roster}/verification`, {
      body: {},
      ifMatch: made.body.version,
      status: 200,
    });
    strictMatch(t, verified, { verifiedBy: { account: /\|xl-12$/, name: '徐莉' } });
    const { body: rosters } = await call(street, 'GET', '/v1/rosters', { status: 200 });
    strictMatch(t, rosters, { items: [{ verifiedBy: { name: '徐莉' } }] });

    const { body: recovery } = await call(
      await officer(city, 'reviewer', 'ln-02', '李娜'),
      'POST',
      '/v1/recoveries',
      {
        body: {
          applicationId: application.id,
          month: '2025-04',
          grounds: '与用人单位核实，该月已由单位参保',
        },
        status: 201,
      },
    );
    strictMatch(t, recovery, { openedBy: { account: /\|ln-02$/, name: '李娜' } });

    const { body: audit } = await call<{ items: { operation: string; actor: unknown }[] }>(
      'auditor',
      'GET',
      '/v1/audit-entries',
      { query: { personId: application.personId, operation: 'acceptApplication' }, status: 200 },
    );
    strictMatch(t, audit.items, [{ actor: { account: /\|wf-07$/, name: '王芳' } }]);
    const { body: report } = await call<{ items: Static<typeof Access>[] }>(
      'auditor',
      'GET',
      `/v1/people/${application.personId}/access-report`,
      { query: { limit: '200' }, status: 200 },
    );
    const namesOf = (operation: string) =>
      report.items.filter((one) => one.operation === operation).map((one) => one.officer.name);
    t.strictSame(namesOf('createApplication'), [null], 'a platform is no officer');
    t.strictSame(namesOf('recordNoticeDelivery'), ['徐莉']);
    t.strictSame(namesOf('listNotices'), ['徐莉'], 'whoever only looked, too');
    const { body: decisions } = await call<{ items: Static<typeof ProvincialDecision>[] }>(
      'provincial-system',
      'GET',
      '/v1/decisions',
      { status: 200 },
    );
    strictMatch(t, decisions.items, [{ officer: { account: /\|reviewer-360203$/, name: /审核人员$/ } }]);
  },
);

t.test('a platform is told no officer, in the service and in the database', async (t) => {
  const city = await setup(t);
  const application = await accept(city, await officer(city, 'handler', 'wf-07', '王芳'));
  const platform = 'platform-ganfutong';
  const { body: seen } = await city.call<Application>(platform, 'GET', `/v1/applications/${application.id}`, {
    status: 200,
  });
  t.strictSame(seen.parts, []);
  const { body: notices } = await city.call<{ items: Static<typeof Notice>[] }>(
    platform,
    'GET',
    '/v1/notices',
    { status: 200 },
  );
  t.strictSame(
    notices.items.map(({ issuedBy }) => issuedBy),
    [null],
  );
  t.notMatch(JSON.stringify([seen, notices]), /wf-07|王芳/);
  for (const [setting, rows] of [
    [`subsidy.client = 'urn:x|platform'`, 0],
    [`subsidy.agency = '${agency}'`, 1],
  ] as const) {
    const client = await city.db.pool.connect();
    await client.query(
      `begin; set local role subsidy_service; set local subsidy.actor = 'urn:x|somebody'; set local ${setting}`,
    );
    const { rowCount } = await client.query(`select from officer_name where account like '%|wf-07'`);
    await client.query('rollback');
    client.release();
    t.equal(rowCount, rows, setting);
  }
});

t.test('a kept name is never changed, and nobody keeps one for another account', async (t) => {
  const city = await setup(t);
  await accept(city, await officer(city, 'handler', 'wf-07', '王芳'));
  for (const change of [`update officer_name set name = '李娜'`, 'delete from officer_name']) {
    const error = await city.db.pool.query(change).catch((caught: unknown) => caught);
    t.equal(constraintOf(error), 'officer_name_is_append_only', change);
  }
  const client = await city.db.pool.connect();
  await client.query(
    `begin; set local role subsidy_service; set local subsidy.actor = 'urn:x|somebody'; set local subsidy.city = 'yes'`,
  );
  const kept = `insert into officer_name values ('urn:x|another', now(), '李娜')`;
  const error: unknown = await client.query(kept).catch((caught: unknown) => caught);
  await client.query('rollback');
  client.release();
  t.match(String(error), /row-level security/);
});
