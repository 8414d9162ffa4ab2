// An officer's attestations settle what registers leave open, and nothing else.

import t from 'tap';
import { type City, type Problem, setup } from '../../helper.ts';
import { contribution, fullCoverage, type Resident } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { materialForm } from '../material-form.ts';

const lookUp = {
  system: '江西省职业技能培训管理系统',
  at: '2025-07-05T01:40:00Z',
  reference: 'CX20250705-0012',
};

async function attest(
  city: City,
  application: Application,
  body: object,
  { by = 'handler-360203', status = 200 }: { by?: string; status?: number } = {},
) {
  const url = `/v1/applications/${application.id}/attestations`;
  return await city.call<{ id: string } & Problem>(by, 'POST', url, { body, status });
}

async function answers(city: City, application: Application, code: string) {
  const { assessment } = await city.compared(application);
  return assessment.months.map(({ checks }) => checks.find((check) => check.code === code)?.answer);
}

/** Withdraws the coverage of one kind. */
async function withdraw(city: City, kind: string) {
  await city.call('provincial-system', 'POST', '/v1/record-deliveries', {
    body: {
      source: 'jx-human-resources',
      rows: [],
      coverage: fullCoverage('2025-06', city.clock.now().toString())
        .filter((statement) => statement.kind === kind)
        .map((statement) => ({ ...statement, throughMonth: null })),
    },
    status: 201,
  });
}

async function moment(city: City): Promise<void> {
  city.clock.set(city.clock.now().add({ minutes: 1 }).toString());
}

t.test(
  'an officer’s attestation clears an unknown exclusion for the days it covers, and for no other days',
  async (t) => {
    const city = await setup(t);
    const application = await city.accepted();
    await moment(city);
    await withdraw(city, 'skills-training');
    t.strictSame(await answers(city, application, 'skills-training'), ['unknown', 'unknown', 'unknown']);

    const absence = { kind: 'skills-training', from: '2025-04-01', to: '2025-05-31' };
    const { body } = await attest(city, application, { absence, evidence: { lookUp } });
    t.strictSame(await answers(city, application, 'skills-training'), ['clear', 'clear', 'unknown']);

    t.test('withdrawing an attestation makes its exclusion unknown again', async (t) => {
      await attest(city, application, { withdraws: body.id, evidence: { lookUp } });
      t.strictSame(await answers(city, application, 'skills-training'), ['unknown', 'unknown', 'unknown']);
      const again = { withdraws: body.id, evidence: { lookUp } };
      const refused = await attest(city, application, again, { status: 400 });
      strictMatch(t, refused.body.errors, [{ code: 'unknown-attestation' }], 'twice is once too often');
    });

    t.test(
      'an officer’s attestation of coverage counts for the person it is about, and for nobody else',
      async (t) => {
        const other = await city.accepted();
        await moment(city);
        await withdraw(city, 'skills-training');
        const coverage = { kind: 'skills-training', throughMonth: '2025-06' };
        await attest(city, application, { coverage, evidence: { lookUp } });
        t.strictSame(await answers(city, application, 'skills-training'), ['clear', 'clear', 'clear']);
        t.strictSame(await answers(city, other, 'skills-training'), ['unknown', 'unknown', 'unknown']);
      },
    );
  },
);

t.test('an officer attests a missing record from a material of the case, by name', async (t) => {
  const city = await setup(t);
  const platform = 'platform-ganfutong';
  const application = await city.applied();
  const { body: material } = await city.call<{ id: string }>(
    platform,
    'POST',
    `/v1/applications/${application.id}/materials`,
    { ...materialForm('contribution-proof'), status: 201 },
  );
  const record = {
    kind: 'contribution',
    month: '2025-03',
    scheme: 'employees',
    insurance: 'medical',
    payer: 'individual',
    refunded: false,
  };
  await attest(city, application, { record, evidence: { materialId: material.id } });
  const { body } = await city.call<{ items: { source: string; attestation: object | null }[] }>(
    'auditor',
    'GET',
    `/v1/people/${application.personId}/records`,
    { status: 200 },
  );
  strictMatch(
    t,
    body.items.filter(({ source }) => source === 'officer'),
    [
      {
        kind: 'contribution',
        particulars: { month: '2025-03' },
        attestation: {
          applicationId: application.id,
          officer: { account: /handler-360203$/, name: /经办人员/ },
          agencyCode: '360203',
          materialId: material.id,
        },
      },
    ],
  );
});

t.test('an attestation does not override a register’s record', async (t) => {
  const city = await setup(t);
  const somebody: Resident = await city.resident();
  const application = await city.accepted(somebody);
  await city.deliver([contribution(somebody, '2025-04', { version: 2, refunded: true })]);
  const record = {
    kind: 'contribution',
    month: '2025-04',
    scheme: 'employees',
    insurance: 'medical',
    payer: 'individual',
    refunded: false,
  };
  await attest(city, application, { record, evidence: { lookUp } });
  t.strictSame(await answers(city, application, 'contributed'), ['hit', 'clear', 'clear']);

  t.test('an exclusion that only an officer has found counts', async (t) => {
    const training = { kind: 'skills-training', from: '2025-05-10', to: '2025-05-20' };
    await attest(city, application, { record: training, evidence: { lookUp } }, { by: 'reviewer-360203' });
    t.strictSame(await answers(city, application, 'skills-training'), ['clear', 'hit', 'clear']);
  });
});

t.test(
  'an attestation without evidence, content or a paper of the case, or about the future, is refused with every error',
  async (t) => {
    const city = await setup(t);
    const application = await city.accepted();
    const codesOf = async (body: object) => {
      const refused = await attest(city, application, body, { status: 400 });
      return refused.body.errors.map(({ pointer, code }) => `${pointer} ${code}`);
    };
    t.strictSame(await codesOf({ evidence: {} }), ['/body exactly-one', '/body/evidence exactly-one']);
    t.strictSame(
      await codesOf({
        record: { kind: 'household', from: '2025-01-01', street: '360203999' },
        evidence: { materialId: '01900000-0000-7000-8000-000000000000' },
      }),
      ['/body/evidence/materialId unknown-material', '/body/record/street unknown-division'],
    );
    t.strictSame(
      await codesOf({
        record: { kind: 'prior-benefit', firstApprovedOn: '2022-01-01', near: true, months: ['2022-01'] },
        evidence: { lookUp: { ...lookUp, at: '2025-07-06T00:00:00Z', reference: '36029919720511103X' } },
      }),
      [
        '/body/evidence/lookUp/at in-future',
        '/body/evidence/lookUp/reference personal-number',
        '/body/record/kind unknown-value',
      ],
    );
    const absence = { kind: 'skills-training', from: '2025-05-02', to: '2025-05-01' };
    t.strictSame(await codesOf({ absence, evidence: { lookUp } }), ['/body/absence/to end-before-start']);
  },
);

t.test('only an officer of the agency can attest, and only on an open case', async (t) => {
  const city = await setup(t);
  const application = await city.approved();
  const absence = { kind: 'skills-training', from: '2025-04-01', to: '2025-04-30' };
  const body = { absence, evidence: { lookUp } };
  await attest(city, application, body, { status: 409 });
  await attest(city, application, body, { by: 'handler-360202', status: 404 });
  await attest(city, application, body, { by: 'platform-ganfutong', status: 403 });
  await attest(city, application, body, { by: 'payer-360203', status: 403 });
});
