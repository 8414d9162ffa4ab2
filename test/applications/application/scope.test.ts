// Officers of another street or agency and another platform see nothing of a case, in lists, by number, in files or on
// paper. And how a file is sent to those who may see it.

import t from 'tap';
import type { Notice } from '../../../src/notifications/notices/schemas.ts';
import { type Problem, patient, setup } from '../../helper.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { materialForm, pixel } from '../material-form.ts';

const city = await setup(t);
const { db } = city;
const call = patient(city.call);
const platform = 'platform-ganfutong';
const insiders = [platform, 'street-360203007', 'handler-360203', 'reviewer-360203'] as const;
const strangers = [
  'street-360203001',
  'street-360202001',
  'handler-360202',
  'reviewer-3602G1',
  'platform-hall',
];

t.test('an officer or platform of another place finds nothing of a case in any operation', async (t) => {
  const asked = await city.applied();
  await city.supplied(asked, 'identity-card');
  const accepted = await city.act('handler-360203', await city.read(asked), 'acceptance');
  const url = `/v1/applications/${accepted.id}`;
  const { body: whole } = await call<Application>(platform, 'GET', url, { status: 200 });
  const query = { applicationId: accepted.id };
  const { body: inbox } = await call<{ items: Notice[] }>('street-360203007', 'GET', '/v1/notices', {
    query,
  });
  const [notice] = inbox.items;
  const paths = [
    url,
    `${url}/materials/${whole.materials[0]?.id}/file?purpose=verify-identity`,
    `${url}/undertaking/file`,
    `/v1/notices/${notice?.id}/file`,
  ];
  const lists = [
    '/v1/applications',
    `/v1/applications?caseNumber=${accepted.caseNumber}`,
    `/v1/applications?personId=${accepted.personId}`,
    '/v1/applications?streetCode=360203007&order=waiting',
    '/v1/notices',
    `/v1/notices?applicationId=${accepted.id}`,
    '/v1/notices?streetCode=360203007&delivery=waiting',
  ];
  for (const by of insiders) {
    for (const path of paths) await call(by, 'GET', path, { status: 200 });
    for (const path of lists) {
      const { body } = await call<{ items: unknown[] }>(by, 'GET', path, { status: 200 });
      t.equal(body.items.length, 1, `${path} by ${by}`);
    }
  }
  for (const by of strangers) {
    for (const path of paths)
      strictMatch(
        t,
        await call<Problem>(by, 'GET', path),
        { status: 404, body: { code: 'not-found' } },
        `${path} by ${by}`,
      );
    for (const path of lists)
      t.strictSame((await call(by, 'GET', path)).body, { items: [], next: null }, `${path} by ${by}`);
  }
  for (const [path, body] of [
    ['submission', undefined],
    ['withdrawal', undefined],
    ['draft', { work: whole.work }],
  ] as const) {
    const more = { ifMatch: whole.version, ...(body === undefined ? {} : { body }) };
    t.equal((await call('street-360203001', 'POST', `${url}/${path}`, more)).status, 404, path);
  }
  const form = materialForm('identity-card');
  t.equal((await call('street-360203001', 'POST', `${url}/materials`, form)).status, 404);
});

t.test('a material is sent as an attachment of its own type, and each reading is audited', async (t) => {
  const draft = await city.drafted(city.nextResident());
  const url = `/v1/applications/${draft.id}/materials`;
  const { body } = await call<{ id: string }>(platform, 'POST', url, {
    ...materialForm('contribution-proof'),
    status: 201,
  });
  const headers = { authorization: `Bearer ${await city.token('handler-360203')}` };
  const served = await city.app.inject({ url: `${url}/${body.id}/file`, headers });
  strictMatch(t, served.headers, {
    'content-type': 'image/png',
    'content-disposition': `attachment; filename="${body.id}.png"`,
    'x-content-type-options': 'nosniff',
    'cache-control': 'no-store',
  });
  t.ok(served.rawPayload.equals(pixel));
  const { rows } = await db.pool.query(
    `select content_encrypted, (select count(*)::int from audit_entry where target_id = $1 and operation = 'getMaterialFile')
       as looks from material where material_id::text = $1`,
    [body.id],
  );
  t.equal(rows[0].looks, 1);
  t.notOk(rows[0].content_encrypted.includes(pixel.subarray(8, 30)), 'encrypted at rest');
});

t.test('a case has at most twenty materials, and none is ever overwritten', async (t) => {
  const draft = await city.drafted(city.nextResident());
  const url = `/v1/applications/${draft.id}/materials`;
  for (let paper = 0; paper < 20; paper += 1)
    await call(platform, 'POST', url, { ...materialForm('contribution-proof'), status: 201 });
  const full = await call<Problem>(platform, 'POST', url, materialForm('contribution-proof'));
  strictMatch(t, full, { status: 409, body: { code: 'materials-full' } });
  for (const change of ["kind = 'identity-card'", "digest = '\\x00'", 'byte_length = 1', "added_by = 'x'"]) {
    const rewriting = db.pool.query(`update material set ${change} where application_id = $1`, [draft.id]);
    await t.rejects(rewriting, /never rewritten/, change);
  }
});
