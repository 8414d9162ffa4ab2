// From quarter to quarter: a draft that begins with what the last case had, and who may still claim one.

import t from 'tap';
import type { Static } from 'typebox';
import type { ContinuedApplication } from '../../src/eligibility/continuing/schemas.ts';
import { type Answer, type City, type Problem, setup } from '../helper.ts';
import { cleanRecords, deathOf, held } from '../registers/residents.ts';
import type { Application } from '../steps.ts';

type Continued = Static<typeof ContinuedApplication>;

const platform = 'platform-ganfutong';
const street = 'street-360203007';
const thirdQuarter = ['2025-07', '2025-08', '2025-09'];

async function continued(
  { call }: City,
  { id }: Pick<Application, 'id'>,
  by = platform,
): Promise<Answer<Continued & Problem>> {
  return await call<Continued & Problem>(by, 'POST', `/v1/applications/${id}/continuations`);
}

/** Somebody with a case of the second quarter, in October, when the third can be claimed. */
async function inOctober(city: City, more: { readonly material?: string } = {}) {
  city.clock.set('2025-07-05');
  const resident = await city.resident();
  const draft = await city.drafted(resident);
  if (more.material !== undefined) await city.supplied(draft, more.material);
  const applied = await city.act(platform, await city.read(draft), 'submission');
  const accepted = await city.act('handler-360203', applied, 'acceptance');
  await city.decided(accepted);
  city.clock.set('2025-10-10');
  await city.deliver(cleanRecords(resident, thirdQuarter), '2025-09');
  return { resident, application: await city.read(accepted) };
}

t.test(
  'a quarter is continued: entries and identity papers come along, and the undertaking is signed anew',
  async (t) => {
    const city = await setup(t);
    const { resident, application } = await inOctober(city, { material: 'identity-card' });
    const { status, body, headers } = await continued(city, application);
    t.equal(status, 201);
    const { application: draft, changes } = body;
    t.strictSame(
      [draft.state, draft.quarter, draft.months.map(({ month }) => month), draft.undertaking],
      ['draft', '2025Q3', thirdQuarter, null],
    );
    t.strictSame(
      [draft.applicant, draft.account, draft.work, draft.streetCode, draft.channel],
      [
        application.applicant,
        application.account,
        application.work,
        application.streetCode,
        application.channel,
      ],
    );
    t.strictSame(
      draft.materials.map(({ kind, sha256 }) => [kind, sha256]),
      application.materials.map(({ kind, sha256 }) => [kind, sha256]),
    );
    t.strictSame(
      changes.map(({ subject, detail }) => [subject, detail]),
      [
        ['undertaking', '请本人阅读并重新签署承诺书。'],
        [
          'months',
          '还有4个月（2024年12月、2025年1月、2025年2月、2025年3月）没有申请；符合条件的，请按季度另行申请。',
        ],
      ],
    );
    t.equal(headers['location'], `/v1/applications/${draft.id}`);
    const unsigned = await city.call<Problem>(platform, 'POST', `/v1/applications/${draft.id}/submission`, {
      ifMatch: draft.version,
    });
    t.equal(unsigned.body.code, 'undertaking-unsigned');
    const { body: signed } = await city.call<Application>(platform, 'PATCH', `/v1/applications/${draft.id}`, {
      body: {
        undertaking: {
          version: 'jdz-2024-139',
          signedAt: '2025-10-10T01:00:00Z',
          method: 'online-confirmation',
        },
      },
      ifMatch: draft.version,
      status: 200,
    });
    const submitted = await city.act(platform, signed, 'submission');
    const accepted = await city.act('handler-360203', submitted, 'acceptance');
    await city.decided(accepted);
    t.equal((await city.read(accepted)).state, 'approved', `${resident.name} is granted another quarter`);
  },
);

t.test('what has changed since is told: account, household, employment and papers', async (t) => {
  const city = await setup(t);
  const { resident, application } = await inOctober(city);
  await city.call(platform, 'POST', `/v1/applications/${application.id}/account-changes`, {
    body: { account: { bank: '建设银行', number: '6217000000000000126' }, reason: '本人更换社会保障卡' },
    status: 200,
  });
  const { body: proposed } = await city.call<{ items: { payeeChangeId: string }[] }>(
    'handler-360203',
    'GET',
    `/v1/payee-changes?applicationId=${application.id}`,
  );
  const change = proposed.items[0]?.payeeChangeId;
  await city.call(
    'handler-360203',
    'POST',
    `/v1/applications/${application.id}/payee-changes/${change}/confirmation`,
    { status: 200 },
  );
  await city.deliver([
    {
      ...held('flexible-employment', resident, '2025-08-01'),
      sourceKey: `again-${resident.identityNumber.slice(-4)}`,
    },
    { ...held('household', resident, '2025-09-01'), version: 2, street: '360203003' },
  ]);
  const { body } = await continued(city, application);
  t.strictSame(
    body.changes.filter(({ subject }) => subject !== 'months').map(({ subject }) => subject),
    ['household', 'account', 'work', 'undertaking'],
  );
  t.equal(body.application.account.bank, '建设银行');
  t.equal(body.application.streetCode, '360203003');
});

t.test('every reason that prevents it is told at once', async (t) => {
  const city = await setup(t);
  const detailOf = async (application: Application, by = platform) => {
    const { status, body } = await continued(city, application, by);
    return [status, body.code, body.detail];
  };
  const resident = await city.resident();
  const open = await city.applied(resident);
  t.strictSame(await detailOf(open), [
    409,
    'state-conflict',
    `受理编号${open.caseNumber}的申请还在办理（已提交，待受理），办结后再续。2025年4月至6月之后的月份还不能申请：月份结束后才能申请，按季度办理。`,
  ]);
  const { resident: other, application } = await inOctober(city);
  await city.drafted(other, { by: 'platform-hall', months: ['2025-04'] });
  const { status, body: draft } = await continued(city, application);
  t.equal(status, 201, 'a draft of another platform is not in the way');
  t.strictSame(await detailOf(application), [
    409,
    'state-conflict',
    `已有草稿（受理编号${draft.application.caseNumber}），请继续填写，或撤回后再续。`,
  ]);
});

t.test('nobody is continued who is barred, and a platform cannot tell a death from a sentence', async (t) => {
  const city = await setup(t);
  const refused = async ({ application }: { application: Application }, by = platform) => {
    const { status, body } = await continued(city, application, by);
    return [status, body.code, body.detail];
  };
  const dead = await inOctober(city);
  await city.deliver([deathOf(dead.resident, '2025-09-20')]);
  const imprisoned = await inOctober(city);
  await city.deliver([held('imprisonment', imprisoned.resident, '2025-07-10')]);
  const asked = [409, 'state-conflict', '暂时不能确定，请到户籍所在地街道核实。'];
  t.strictSame(await refused(dead), asked);
  t.strictSame(await refused(imprisoned), asked);
  t.strictSame(await refused(dead, street), [
    409,
    'state-conflict',
    '登记显示申请人已去世，不能续申；去世前的月份由谁领取，请与经办机构商定。',
  ]);
  const barred = await inOctober(city);
  await city.call(
    'handler-360203',
    'POST',
    `/v1/applications/${barred.application.id}/false-material-reports`,
    {
      body: { grounds: '灵活就业证明系伪造，出具单位已书面否认' },
      status: 201,
    },
  );
  const [month] = (await city.recoveries('suspected')).filter(
    ({ applicationId }) => applicationId === barred.application.id,
  );
  await city.call('reviewer-360203', 'POST', `/v1/recoveries/${month?.id}/confirmation`, {
    body: { heardOn: '2025-10-10', heardHow: 'phone' },
    ifMatch: month?.version ?? 0,
    status: 200,
  });
  t.equal((await refused(barred))[1], 'applicant-barred');
});

t.test('a case is continued by its platform and street alone', async (t) => {
  const city = await setup(t);
  const { application } = await inOctober(city);
  for (const other of ['platform-hall', 'street-360203001'])
    t.equal((await continued(city, application, other)).status, 404, other);
  for (const other of ['handler-360203', 'payer-360203', 'auditor'])
    t.equal((await continued(city, application, other)).status, 403, other);
});
