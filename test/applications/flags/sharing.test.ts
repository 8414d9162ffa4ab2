// Officers see which cases of different people share an account or phone number, within their scope.

import { createHash } from 'node:crypto';
import t from 'tap';
import type { Flag } from '../../../src/applications/flags/operations.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import type { Application, Resident } from '../../steps.ts';

interface Flagged {
  readonly flags: readonly Flag[];
}

const account = '6217000000000001236';
const accountFlag = (detail: string): Flag => ({
  code: 'shared-account',
  title: '收款账户与他人相同',
  detail,
  amountFen: null,
  needs: 'reason',
});

/** A person with clean records and this account. */
async function withAccount(city: City, choice: Parameters<City['resident']>[0] = {}): Promise<Resident> {
  return { ...(await city.resident(choice)), account };
}

async function flagsSeen(city: City, by: string, { id }: Pick<Application, 'id'>) {
  return (await city.call<Flagged>(by, 'GET', `/v1/applications/${id}`, { status: 200 })).body.flags;
}

t.test(
  'a shared account is flagged with the case numbers in scope and the number of others, but not to platforms',
  async (t) => {
    const city = await setup(t);
    const one = await city.accepted(await withAccount(city));
    t.strictSame(await flagsSeen(city, 'handler-360203', one), [], 'alone');
    const two = await city.applied(await withAccount(city));
    const three = await city.applied(await withAccount(city, { street: '360203001' }));
    const far = await city.applied(await withAccount(city, { street: '360202001', agency: '360202' }));
    const draft = await city.drafted(await withAccount(city));
    const check = '请核实账户是否为申请人本人的社会保障卡账户。';

    const seen = accountFlag(
      `收款账户与另外3人的申请相同，其中受理编号${two.caseNumber}、${three.caseNumber}，另有1人的申请不在您的办理范围内。${check}`,
    );
    t.strictSame(await flagsSeen(city, 'handler-360203', one), [seen]);
    t.strictSame(
      await flagsSeen(city, 'street-360203007', one),
      [
        accountFlag(
          `收款账户与另外3人的申请相同，其中受理编号${two.caseNumber}，另有2人的申请不在您的办理范围内。${check}`,
        ),
      ],
      'a street sees its own',
    );
    t.strictSame(await flagsSeen(city, 'handler-360202', far), [
      accountFlag(`收款账户与另外3人的申请相同，另有3人的申请不在您的办理范围内。${check}`),
    ]);
    t.strictSame(await flagsSeen(city, 'platform-ganfutong', one), []);
    t.strictSame(await flagsSeen(city, 'street-360203007', draft), [], 'nothing is handed in yet');
    const refused = await city.call<Problem>('platform-ganfutong', 'GET', '/v1/applications', {
      query: { flag: 'shared-account' },
      status: 400,
    });
    t.equal(refused.body.errors[0]?.code, 'not-for-platforms');

    const list = async (by: string, flag: string) =>
      (
        await city.call<{ items: ({ id: string } & Flagged)[] }>(by, 'GET', '/v1/applications', {
          query: { flag },
          status: 200,
        })
      ).body.items;
    const listed = await list('handler-360203', 'shared-account');
    t.strictSame(
      listed.map(({ id }) => id),
      [one.id, two.id, three.id],
    );
    t.strictSame(listed[0]?.flags, [seen]);
    t.strictSame(await list('handler-360203', 'shared-phone'), []);
  },
);

t.test(
  'a case with a shared account cannot be decided in a batch, and its approval needs a reason, which is stored',
  async (t) => {
    const city = await setup(t);
    const { call, db } = city;
    const application = await city.accepted(await withAccount(city));
    const comparison = await city.compared(application);
    const other = await city.applied(await withAccount(city));
    const detail = `收款账户与另外1人的申请相同，其中受理编号${other.caseNumber}。请核实账户是否为申请人本人的社会保障卡账户。`;
    const { body: batch } = await call<{ items: readonly { refusal: Problem }[] }>(
      'reviewer-360203',
      'POST',
      '/v1/decisions',
      {
        body: {
          items: [
            { applicationId: application.id, version: application.version, comparisonId: comparison.id },
          ],
        },
        status: 200,
      },
    );
    t.strictSame(batch.items[0]?.refusal.errors, [
      { pointer: '/flags', code: 'shared-account', detail: `“收款账户与他人相同”须单独审核：${detail}` },
    ]);
    const decide = (confirmation?: object) =>
      call<Problem>('reviewer-360203', 'POST', `/v1/applications/${application.id}/decision`, {
        body: {
          comparisonId: comparison.id,
          outcome: 'approved',
          ...(confirmation === undefined ? {} : { confirmations: [confirmation] }),
        },
        ifMatch: application.version,
      });
    t.equal((await decide()).body.code, 'flags-unconfirmed');
    const bare = await decide({ flag: 'shared-account' });
    t.strictSame(
      bare.body.errors.map(({ pointer, code }) => ({ pointer, code })),
      [{ pointer: '/body/confirmations/0/reason', code: 'shared-account' }],
    );
    const reason = '夫妻二人，社会保障卡信息已当面核对';
    t.equal((await decide({ flag: 'shared-account', reason })).status, 201);
    const { rows } = await db.pool.query('select flag, detail, reason from decision_confirmation');
    t.strictSame(rows, [{ flag: 'shared-account', detail, reason }]);
    const run = await city.verified();
    t.strictSame(
      (await city.linesOf(run)).map(({ flags }) => flags),
      [[accountFlag(detail)]],
      'and the roster says so',
    );
  },
);

t.test(
  'a person’s other cases, withdrawn cases and rejected account changes do not make an account shared',
  async (t) => {
    const city = await setup(t);
    const resident = await withAccount(city);
    const first = await city.approved(resident, { months: ['2025-04'] });
    const second = await city.applied(resident, { months: ['2025-05'] });
    t.strictSame(await flagsSeen(city, 'handler-360203', second), [], 'it is the same person');
    const other = await city.applied(await withAccount(city));
    const withdrawn = await city.act('platform-ganfutong', other, 'withdrawal');
    t.strictSame(await flagsSeen(city, 'handler-360203', second), []);
    t.strictSame(await flagsSeen(city, 'handler-360203', withdrawn), []);

    // Another person's failed payment is redirected to this account.
    await city.approved(await city.resident(), { months: ['2025-06'] });
    const batch = await city.settled(await city.inPayment(), ({ caseNumber }) =>
      caseNumber === first.caseNumber ? { result: 'paid' } : { result: 'failed', failure: 'account-closed' },
    );
    const failed = (await city.linesOf(batch)).find(({ state }) => state === 'failed');
    const line = `/v1/disbursements/${batch.id}/lines/${failed?.lineId}`;
    await city.call('payer-360203', 'POST', `${line}/reissue`, {
      body: { account: { bank: '景德镇农商银行', number: account }, reason: '更换社会保障卡' },
      status: 200,
    });
    const detail = `收款账户与另外1人的申请相同，其中受理编号${failed?.caseNumber}。请核实账户是否为申请人本人的社会保障卡账户。`;
    t.strictSame(
      await flagsSeen(city, 'handler-360203', second),
      [accountFlag(detail)],
      'a corrected account',
    );
    const listed = async () =>
      (
        await city.call<{ items: unknown[] }>('auditor', 'GET', '/v1/applications', {
          query: { flag: 'shared-account' },
        })
      ).body.items.length;
    t.equal(await listed(), 3, 'both cases of the one, and that of the other');
    const lines = await city.linesOf(batch);
    t.strictSame(
      lines.find(({ lineId }) => lineId === failed?.lineId)?.flags.map(({ code }) => code),
      ['shared-account'],
    );
    await city.call('reviewer-360203', 'POST', `${line}/reissue/rejection`, {
      body: { reason: '与社会保障卡不符' },
      status: 200,
    });
    t.strictSame(await flagsSeen(city, 'handler-360203', second), []);
    t.equal(await listed(), 0);
  },
);

t.test('a shared phone number is flagged, and an approval need not confirm it', async (t) => {
  const city = await setup(t);
  const phone = '13900001111';
  const one = await city.accepted({ ...(await city.resident()), phone });
  const two = await city.applied({ ...(await city.resident()), phone });
  const hint = {
    code: 'shared-phone',
    title: '联系电话与他人相同',
    detail: `联系电话与另外1人的申请相同，其中受理编号${two.caseNumber}。请核实是否为申请人本人的电话。`,
    amountFen: null,
    needs: 'nothing',
  };
  t.strictSame(await flagsSeen(city, 'handler-360203', one), [hint]);
  t.strictSame(await flagsSeen(city, 'platform-ganfutong', one), []);
  t.equal((await city.decided(one)).outcome, 'approved');
});

t.test('sharing follows an account change, and a state change adds a missing index', async (t) => {
  const city = await setup(t);
  const { db } = city;
  const resident = await city.resident();
  const draft = await city.drafted(resident);
  const { body: changed } = await city.call<Application>(
    'platform-ganfutong',
    'PATCH',
    `/v1/applications/${draft.id}`,
    {
      body: { account: { bank: '景德镇农商银行', number: account, holder: resident.name } },
      ifMatch: draft.version,
      status: 200,
    },
  );
  const other = await city.applied(await withAccount(city));
  const handedIn = await city.act('platform-ganfutong', changed, 'submission');
  t.strictSame(
    (await flagsSeen(city, 'handler-360203', handedIn)).map(({ code }) => code),
    ['shared-account'],
  );
  await db.pool.query('update application set account_index = null, phone_index = null');
  t.strictSame(await flagsSeen(city, 'handler-360203', handedIn), []);
  await city.act('handler-360203', handedIn, 'acceptance');
  await city.act('handler-360203', other, 'acceptance');
  t.strictSame(
    (await flagsSeen(city, 'handler-360203', handedIn)).map(({ code }) => code),
    ['shared-account'],
  );
});

t.test(
  'cases are listed by a shared account or phone from the act that shares it to the act that ends it',
  async (t) => {
    const city = await setup(t);
    const { call, db } = city;
    const listed = async (flag: string) => {
      const { body } = await call<{ items: { id: string }[] }>('auditor', 'GET', '/v1/applications', {
        query: { flag },
        status: 200,
      });
      return body.items.map(({ id }) => id);
    };
    const phone = '13900001111';
    const one = await city.applied({ ...(await withAccount(city)), phone });
    const draft = await city.drafted({ ...(await withAccount(city)), phone });
    t.strictSame(await listed('shared-account'), [], 'a draft shares nothing');
    const two = await city.act('platform-ganfutong', draft, 'submission');
    for (const flag of ['shared-account', 'shared-phone'])
      t.strictSame(await listed(flag), [one.id, two.id], flag);
    await city.act('platform-ganfutong', one, 'withdrawal');
    t.strictSame(await listed('shared-account'), []);
    t.strictSame(await listed('shared-phone'), []);

    const resident = await city.resident();
    const three = await city.applied(resident);
    const { body: asked } = await call<Application>(
      'handler-360203',
      'POST',
      `/v1/applications/${three.id}/correction-requests`,
      {
        body: { defects: [{ subject: 'account', problem: '户名不一致', remedy: '请核对后更正' }] },
        ifMatch: three.version,
        status: 200,
      },
    );
    const change = (version: number, number: string) =>
      call<Application>('platform-ganfutong', 'PATCH', `/v1/applications/${three.id}`, {
        body: { account: { bank: '景德镇农商银行', number, holder: resident.name } },
        ifMatch: version,
        status: 200,
      });
    const { body: changed } = await change(asked.version, account);
    t.strictSame(await listed('shared-account'), [two.id, three.id], 'the account was changed');
    await change(changed.version, resident.account);
    t.strictSame(await listed('shared-account'), [], 'and changed again');

    // Two people hand in the same number at once, each in a transaction that does not see the other's.
    const [first, second] = await Promise.all([db.pool.connect(), db.pool.connect()]);
    const give = (client: typeof first, { id }: Pick<Application, 'id'>) =>
      client.query(`update application set phone_index = sha256('new') where application_id = $1`, [id]);
    await first.query('begin');
    await second.query('begin');
    await give(first, two);
    const waiting = give(second, three);
    await first.query('commit');
    await waiting;
    await second.query('commit');
    first.release();
    second.release();
    t.strictSame(await listed('shared-phone'), [two.id, three.id]);
  },
);

t.test(
  'the hashed indexes of accounts and phone numbers use separate keys and reveal no number',
  async (t) => {
    const city = await setup(t);
    const { db, services } = city;
    const resident = await withAccount(city);
    await city.applied(resident);
    const { rows } = await db.pool.query<{ account: Buffer; phone: Buffer }>(
      'select account_index as account, phone_index as phone from application',
    );
    const [stored] = rows;
    if (stored === undefined) throw new Error('the case is there');
    for (const [index, value] of [
      [stored.account, account],
      [stored.phone, resident.phone],
    ] as const) {
      t.equal(index.length, 32);
      t.notOk(index.equals(createHash('sha256').update(value).digest()), 'not without a key');
      // The audit uses other hashes, so that its readers cannot find a case by them.
      for (const field of ['account', 'phone', 'name', 'identity-number'])
        t.notOk(index.equals(services.encryption.digest(field, value)), field);
    }
  },
);
