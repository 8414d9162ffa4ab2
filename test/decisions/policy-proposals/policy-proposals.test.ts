// A change of the policy: proposed by one administrator, rehearsed on what was decided, adopted by another, in force from
// its day in every process, while the past is replayed as it was decided.

import t from 'tap';
import type { PolicyChange } from '../../../src/rules/policy/policy.ts';
import { cityOn, type Problem, setup } from '../../helper.ts';
import { changed } from '../../published-policies.ts';
import { contribution } from '../../registers/residents.ts';
import { strictMatch } from '../../strict-match.ts';

interface Proposal {
  readonly id: string;
  readonly rehearsal: { readonly cases: number } | null;
}

const raised: PolicyChange = { from: '2025-08-01', values: changed({ monthlyAmountFen: 60_000 }) };

/** A city whose second administrator is somebody else. */
async function twoAdministrators(t: Parameters<typeof setup>[0]) {
  const city = await setup(t);
  const { call, work } = city;
  const propose = async (body: unknown = raised) =>
    (await call<Proposal>('administrator', 'POST', '/v1/policy-proposals', { body, status: 201 })).body;
  const act = <T = Proposal>(who: string, { id }: Proposal, what: string, body?: object) =>
    call<T>(who, 'POST', `/v1/policy-proposals/${id}/${what}`, body === undefined ? {} : { body });
  const rehearsed = async (body: unknown = raised) => {
    const proposal = await propose(body);
    await work();
    return proposal;
  };
  return { ...city, propose, act, rehearsed };
}

t.test('two administrators put a value in force from its day, rehearsed on real cases', async (t) => {
  const { call, act, propose, work, clock, accepted, decided, resident, deliver } =
    await twoAdministrators(t);
  const person = await resident();
  const first = await accepted(person);
  await decided(first);
  const proposal = await propose();
  strictMatch(t, proposal, { state: 'proposed', from: '2025-08-01', rehearsal: null, answeredAt: null });
  const early = await act<Problem>('second-administrator', proposal, 'adoption');
  strictMatch(t, early, { status: 409, body: { code: 'state-conflict', detail: /预演尚未完成/ } });

  await work();
  const { body: read } = await call('auditor', 'GET', `/v1/policy-proposals/${proposal.id}`);
  strictMatch(t, read, {
    rehearsal: {
      from: '2024-07-05',
      to: '2025-07-05',
      cases: 1,
      changedPeople: 1,
      agencies: [{ agencyCode: '360203', gaining: 1, beforeFen: 150_000, afterFen: 180_000 }],
    },
  });
  const own = await act<Problem>('administrator', proposal, 'adoption');
  strictMatch(t, own, { status: 403, body: { code: 'same-officer' } });
  strictMatch(t, await act('second-administrator', proposal, 'adoption'), {
    status: 200,
    body: {
      state: 'adopted',
      proposedBy: { name: '系统管理员' },
      answeredAt: /^2025-07-05T02:00:00/,
      answeredBy: { name: '系统管理员（二）' },
    },
  });
  const again = await act<Problem>('second-administrator', proposal, 'adoption');
  strictMatch(t, again, { status: 409, body: { detail: /已经通过或驳回/ } });

  const versions = async () => {
    const { body } = await call<{ items: { version: string; inForce: boolean }[] }>(
      'handler-360203',
      'GET',
      '/v1/policies',
    );
    return body.items.map(({ version, inForce }) => [version.slice('jdz-2024-139/'.length), inForce]);
  };
  t.strictSame(await versions(), [
    ['2024-12-06', false],
    ['2025-01-01', true],
    ['2025-08-01', false],
  ]);
  const { body: policy } = await call<{ parameters: { name: string; values: unknown[] }[] }>(
    'platform-ganfutong',
    'GET',
    '/v1/policies/jdz-2024-139%2F2025-08-01',
  );
  strictMatch(t, policy.parameters.find(({ name }) => name === 'monthlyAmountFen')?.values, [
    { from: '2024-12-06', value: 50_000, source: '景人社字〔2024〕139号' },
    { from: '2025-08-01', value: 60_000, source: '景人社字〔2026〕88号', reason: '按新的文件调整。' },
  ]);

  clock.set('2025-10-09');
  t.strictSame((await versions()).at(-1), ['2025-08-01', true]);
  const months = ['2025-07', '2025-08', '2025-09'];
  await deliver(
    months.map((month) => contribution(person, month)),
    '2025-09',
  );
  const next = await accepted(person, { months, quarter: '2025Q3' });
  strictMatch(t, await decided(next), { amountFen: 170_000 });
  for (const [{ id }, policyVersion] of [
    [first, 'jdz-2024-139/2025-01-01'],
    [next, 'jdz-2024-139/2025-08-01'],
  ] as const) {
    const { body } = await call('auditor', 'POST', `/v1/applications/${id}/decision/replays`);
    strictMatch(t, body, { identical: true, policyVersion });
  }
});

t.test('a process that runs already decides by an adopted version from its day on', async (t) => {
  const { call, act, rehearsed, clock, ...city } = await twoAdministrators(t);
  const other = await cityOn(t, city, { SUBSIDY_DATA_DIR: city.dataDir });
  const versionOf = async () =>
    (await other.call('handler-360203', 'GET', '/v1/policies')).headers['policy-version'];
  t.equal(await versionOf(), 'jdz-2024-139/2025-01-01');
  await act('second-administrator', await rehearsed(), 'adoption');
  for (const [moment, version] of [
    ['2025-07-31T15:59:59Z', 'jdz-2024-139/2025-01-01'],
    ['2025-07-31T16:00:00Z', 'jdz-2024-139/2025-08-01'],
  ] as const) {
    other.clock.set(moment);
    t.equal(await versionOf(), version, moment);
  }
});

t.test(
  'a record learnt about somebody of the rehearsal makes it stale, until it is rehearsed again',
  async (t) => {
    const { act, rehearsed, work, clock, accepted, decided, resident, deliver } = await twoAdministrators(t);
    const person = await resident();
    await decided(await accepted(person));
    const proposal = await rehearsed();
    clock.set('2025-07-06');
    await resident();
    clock.set('2025-07-07');
    await deliver([contribution(person, '2025-07')]);
    const stale = await act<Problem>('second-administrator', proposal, 'adoption');
    strictMatch(t, stale, { status: 409, body: { code: 'state-conflict', detail: /请重新预演/ } });
    clock.set('2025-07-08');
    await act('administrator', proposal, 'rehearsal');
    await work();
    clock.set('2025-07-09');
    await resident();
    strictMatch(t, await act('second-administrator', proposal, 'adoption'), {
      status: 200,
      body: { state: 'adopted', rehearsal: { rehearsedAt: /^2025-07-08T02:00:00/ } },
    });
  },
);

t.test('a policy never begins today, in the past, or before one that was published', async (t) => {
  const { call, act, rehearsed, clock } = await twoAdministrators(t);
  const refused = async (from: string) =>
    (await call<Problem>('administrator', 'POST', '/v1/policy-proposals', { body: { ...raised, from } }))
      .body;
  const tooEarly = { code: 'invalid-fields', errors: [{ pointer: '/body/from', code: 'in-past' }] };
  for (const from of ['2025-01-01', '2025-07-04', '2025-07-05'])
    strictMatch(t, await refused(from), tooEarly);
  const [tomorrow, later, latest] = [
    await rehearsed({ ...raised, from: '2025-07-06' }),
    await rehearsed(),
    await rehearsed({ ...raised, from: '2025-09-01' }),
  ];
  await act('second-administrator', latest, 'adoption');
  const behind = await act<Problem>('second-administrator', later, 'adoption');
  strictMatch(t, behind, { status: 409, body: { code: 'state-conflict', detail: /2025-09-01/ } });
  strictMatch(t, await refused('2025-09-01'), tooEarly);
  clock.set('2025-07-05T15:50:00Z');
  const close = await act<Problem>('second-administrator', tomorrow, 'adoption');
  strictMatch(
    t,
    close,
    { status: 409, body: { detail: /最后十分钟/ } },
    'a running process may have read already',
  );
});

t.test('a proposal is refused with every fault, and a rejected one is not adopted', async (t) => {
  const { call, act, rehearsed } = await twoAdministrators(t);
  const body = {
    from: '2025-08-01',
    values: { amount: 1, ordinaryCapMonths: { value: '48', article: '三' } },
  };
  const { body: wrong } = await call<Problem>('administrator', 'POST', '/v1/policy-proposals', { body });
  t.strictSame(wrong.errors.map(({ pointer, code }) => [pointer, code]).sort(), [
    ['/body/values/amount', 'unknown-field'],
    ['/body/values/ordinaryCapMonths/article', 'out-of-range'],
    ['/body/values/ordinaryCapMonths/reason', 'required'],
    ['/body/values/ordinaryCapMonths/source', 'required'],
    ['/body/values/ordinaryCapMonths/value', 'wrong-type'],
  ]);
  for (const who of ['handler-360203', 'reviewer-360203', 'auditor', 'platform-ganfutong'])
    strictMatch(t, await call(who, 'POST', '/v1/policy-proposals', { body: raised }), { status: 403 }, who);
  const proposal = await rehearsed();
  strictMatch(t, await act('administrator', proposal, 'rejection', { reason: '文号有误' }), {
    status: 200,
    body: { state: 'rejected', rejection: '文号有误' },
  });
  strictMatch(t, await act('second-administrator', proposal, 'adoption'), { status: 409 });
});

/** The constraint that refuses a statement, or its message. */
async function refusal(statement: Promise<unknown>): Promise<string> {
  try {
    await statement;
    return 'nothing';
  } catch (error) {
    const { constraint, message }: { constraint?: string; message?: string } = Object(error);
    return constraint ?? message ?? '';
  }
}

t.test('the database holds the two administrators, the rehearsal and the order of time', async (t) => {
  const { act, rehearsed, propose, db, service } = await twoAdministrators(t);
  const adopt = async ({ id }: Proposal, by: string, on = '2025-07-05T02:00:00Z') =>
    await db.pool.query(
      `update policy_proposal set state = 'adopted', answered_at = $3, answered_by = coalesce($2, proposed_by)
        where proposal_id = $1`,
      [id, by === 'the same' ? null : by, on],
    );
  const proposal = await rehearsed();
  t.equal(await refusal(adopt(proposal, 'the same')), 'two_administrators_per_policy');
  t.equal(await refusal(adopt(proposal, 'another', '2025-07-31T16:00:00Z')), 'policy_is_adopted_for_later');
  t.equal(await refusal(adopt(await propose(), 'another')), 'proposal_rehearsed');
  const publish = async (day: string, follows: string, proposalId: string | null) =>
    await service.pool.query(
      `insert into policy_version (version, statutory_age, from_day, follows_day, proposal_id, content, content_digest)
        values ($1, 'national', $1::text::date, $2, $3, '', sha256(''))`,
      [day, follows, proposalId],
    );
  t.match(await refusal(publish('2025-08-01', '2025-01-01', null)), /row-level security/);
  t.equal(await refusal(publish('2025-08-01', '2025-01-01', proposal.id)), 'policy_was_adopted');
  t.equal(await refusal(publish('2025-01-02', '2024-12-06', proposal.id)), 'one_policy_follows_another');
  t.equal(await refusal(publish('2024-12-01', '2025-01-01', proposal.id)), 'policy_follows_in_time');
  await act('second-administrator', proposal, 'adoption');
  t.match(await refusal(db.pool.query("update policy_version set content = ''")), /policy_version/);
  t.equal(
    await refusal(
      db.pool.query("update policy_proposal set state = 'proposed', answered_at = null, answered_by = null"),
    ),
    'policy_was_adopted',
    'an adopted proposal stays adopted',
  );
});
