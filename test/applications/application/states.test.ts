// Compares the transition table with the service in every state, and the values of states and lists with the database
// and the contract.

import t from 'tap';
import { contractOfRoutes } from '../../../scripts/openapi.ts';
import { channels } from '../../../src/applications/application/schemas.ts';
import {
  type ApplicationAct,
  type ApplicationState,
  applicationActs,
  next,
  states,
  transitions,
} from '../../../src/applications/application/states.ts';
import { barStates } from '../../../src/payments/bars/states.ts';
import { disbursementStates } from '../../../src/payments/disbursement/states.ts';
import { lineStates } from '../../../src/payments/lines/states.ts';
import { recoveryStates } from '../../../src/payments/recoveries/states.ts';
import { type Role, roles } from '../../../src/platform/access/actor.ts';
import { type OperationId, permissions } from '../../../src/platform/access/permissions.ts';
import { kinds } from '../../../src/rules/facts.ts';
import { materialKinds } from '../../../src/rules/required-materials.ts';
import { paymentFailures } from '../../../src/values/payment-failures.ts';
import { type Answer, setup } from '../../helper.ts';
import { held } from '../../registers/residents.ts';
import type { Application } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

const city = await setup(t);
const { db, call, read } = city;
const allStates = Object.keys(states) as ApplicationState[];

t.test('an act changes the state of a case only as the transition table defines', (t) => {
  for (const act of applicationActs) {
    const { from, to, by } = transitions[act];
    for (const state of allStates) {
      for (const role of [...roles, 'service'] as const) {
        const isAllowed = from.includes(state) && by.some((one) => one === role);
        t.equal(next(state, act, role), isAllowed ? to : null, `${act} from ${state} as ${role}`);
      }
    }
  }
  t.end();
});

t.test('every state of a case can be reached, and no act leads out of a closed one', (t) => {
  const reached = new Set<ApplicationState>(['draft']);
  for (const _ of allStates) {
    for (const { from, to } of Object.values(transitions))
      if (from.some((state) => reached.has(state))) reached.add(to);
  }
  t.strictSame(
    allStates.filter((state) => !reached.has(state)),
    [],
  );
  // Decisions can be undone before payment; no other act leads out of them.
  for (const closed of ['approved', 'refused'] as const) {
    const acts = applicationActs.filter((act) => transitions[act].from.includes(closed));
    t.strictSame(acts, ['undo'], closed);
  }
  for (const closed of ['withdrawn', 'not-accepted'] as const) {
    t.notOk(
      Object.values(transitions).some(({ from }) => from.includes(closed)),
      closed,
    );
  }
  t.end();
});

/** The operation of an act; decisions share one. */
const operationOf: Readonly<Record<ApplicationAct, OperationId>> = {
  submit: 'submitApplication',
  requestCorrection: 'requestCorrection',
  accept: 'acceptApplication',
  decline: 'declineApplication',
  approve: 'decideApplication',
  refuse: 'decideApplication',
  undo: 'undoDecision',
  withdraw: 'withdrawApplication',
};

t.test('the operation permissions allow exactly the roles of the transition table', (t) => {
  for (const act of applicationActs)
    t.strictSame(
      Object.keys(permissions[operationOf[act]].roles).sort(),
      transitions[act].by.toSorted(),
      act,
    );
  t.end();
});

t.test('over HTTP every act by every role in every state follows the transition table', async (t) => {
  const everyone = await Promise.all(roles.map(async (role) => [role, await insider(role)] as const));
  for (const act of applicationActs) {
    for (const state of allStates) {
      let one = await caseIn(state, act);
      for (const [role, token] of everyone) {
        if (next(state, act, role) !== null) continue;
        const isOfTheTable = transitions[act].by.includes(role);
        const { status } = await perform(act, one, token);
        t.equal(status, isOfTheTable ? 409 : 403, `${act} of a case that is ${state} as ${role}`);
      }
      strictMatch(
        t,
        await read(one),
        { state, version: one.version },
        `${act} of a case that is ${state}: nothing moved`,
      );
      for (const [role, token] of everyone) {
        if (next(state, act, role) === null) continue;
        if ((await read(one)).state !== state) one = await caseIn(state, act);
        const { status, body } = await perform(act, one, token);
        t.equal(
          status,
          act === 'approve' || act === 'refuse' ? 201 : 200,
          `${act} of a case that is ${state} as ${role}`,
          { body },
        );
        t.equal((await read(one)).state, transitions[act].to);
      }
    }
  }
});

/** An actor of this role with the test's cases in scope. */
function insider(role: Role): Promise<string> {
  const agency = {
    'street-officer': '360203007',
    handler: '360203',
    reviewer: '360203',
    payer: '360203',
    finance: '360203',
  };
  const place = Object.hasOwn(agency, role) ? agency[role as keyof typeof agency] : null;
  if (role === 'platform') return city.token('platform-ganfutong');
  return city.tokenOf({ subject: `insider-${role}`, role, agency: place });
}

/** A case that is accepted and compared, then set to a state by SQL. */
async function caseIn(
  state: ApplicationState,
  act: ApplicationAct,
): Promise<Application & { comparisonId: string }> {
  const applicant = await city.resident();
  // A person on the dishonesty list is refused for all months.
  if (act === 'refuse' || act === 'decline')
    await city.deliver([held('dishonesty', applicant, '2025-07-01')]);
  const accepted = await city.accepted(applicant);
  const { id: comparisonId } = await city.compared(accepted);
  if (act === 'undo' && (state === 'approved' || state === 'refused')) {
    if (state === 'refused') await city.deliver([held('dishonesty', applicant, '2025-07-01')]);
    await city.decided(accepted, state);
    return { ...(await read(accepted)), comparisonId };
  }
  const put = state === 'correction-requested' ? 'submitted' : state;
  await db.pool.query('update application set state = $1 where application_id = $2', [put, accepted.id]);
  if (state === 'correction-requested') await askAndAnswer(await read(accepted));
  // Claimed months are never deleted, but a draft has none.
  if (state === 'draft')
    await db.pool.query(`begin; set local session_replication_role = replica;
      delete from subsidy_month where application_id = '${accepted.id}'; commit`);
  return { ...(await read(accepted)), comparisonId };
}

const defect = { subject: 'work', problem: '从业地点不完整', remedy: '请填写到街道和门牌' };
const work = { kind: 'platform', since: '2024-03-01', place: '珠山区新厂街道外卖配送' };

/** Requests a correction and answers it, so that the case can be submitted again. */
async function askAndAnswer({ id, version }: Application): Promise<void> {
  const url = `/v1/applications/${id}`;
  const asked = { body: { defects: [defect] }, ifMatch: version, status: 200 };
  const { body } = await call<Application>('handler-360203', 'POST', `${url}/correction-requests`, asked);
  const answer = { body: { work }, ifMatch: body.version, status: 200 };
  await call('platform-ganfutong', 'PATCH', url, answer);
}

function perform(
  act: ApplicationAct,
  { id, version, comparisonId }: Application & { comparisonId: string },
  by: string,
): Promise<Answer<unknown>> {
  const post = (step: string, body?: unknown) =>
    call(by, 'POST', `/v1/applications/${id}/${step}`, {
      ifMatch: version,
      ...(body === undefined ? {} : { body }),
    });
  switch (act) {
    case 'submit':
      return post('submission');
    case 'withdraw':
      return post('withdrawal');
    case 'accept':
      return post('acceptance', {});
    case 'decline':
      return post('non-acceptance');
    case 'requestCorrection':
      return post('correction-requests', { defects: [defect] });
    case 'approve':
      return post('decision', { comparisonId, outcome: 'approved' });
    case 'refuse':
      return post('decision', { comparisonId, outcome: 'refused' });
    case 'undo':
      return post('decision/undo', { reason: '登记数据有误' });
  }
}

/** The values in the CHECK constraint of a column. */
async function wordsOf(table: string, column: string): Promise<string[]> {
  const { rows } = await db.pool.query<{ definition: string }>(
    `select pg_get_constraintdef(c.oid) as definition from pg_constraint c
     join pg_attribute a on a.attrelid = c.conrelid and c.conkey = array[a.attnum]
     where c.contype = 'c' and c.conrelid = $1::regclass and a.attname = $2`,
    [table, column],
  );
  return rows
    .flatMap(({ definition }) => [...definition.matchAll(/'([^']+)'::text/g)].map(([, word]) => word ?? ''))
    .sort();
}

t.test('states and lists have the same values in the database as in the code', async (t) => {
  const lists: [table: string, column: string, words: readonly string[]][] = [
    ['application', 'state', allStates],
    ['application', 'channel', Object.keys(channels)],
    ['material', 'kind', materialKinds],
    ['record', 'kind', kinds],
    ['disbursement', 'state', Object.keys(disbursementStates)],
    ['payment_line', 'state', lineStates],
    ['payment_line', 'failure', paymentFailures],
    ['recovery', 'state', Object.keys(recoveryStates)],
    ['bar', 'state', Object.keys(barStates)],
  ];
  for (const [table, column, words] of lists)
    t.strictSame(await wordsOf(table, column), words.toSorted(), `${table}.${column}`);
});

t.test('states and lists have the same values in the contract as in the code', async (t) => {
  const text = JSON.stringify(await contractOfRoutes());
  const months = await wordsOf('subsidy_month', 'state');
  for (const words of [
    allStates,
    Object.keys(channels),
    materialKinds,
    kinds,
    Object.keys(disbursementStates),
    lineStates,
    paymentFailures,
    Object.keys(recoveryStates),
    ['draft', ...months],
  ]) {
    const enums = [...text.matchAll(/"enum":(\[[^\]]+\])/g)].map(([, list]) =>
      (JSON.parse(list ?? '[]') as string[]).toSorted().join(),
    );
    t.ok(enums.includes(words.toSorted().join()), words.join());
  }
});

t.test('every state has a Chinese name and text on what happens next', (t) => {
  for (const table of [states, disbursementStates, recoveryStates]) {
    for (const [state, { title, next: step }] of Object.entries(table)) {
      t.match(title, /^\p{Script=Han}/u, state);
      t.match(step, /^\p{Script=Han}.*。$/su, state);
    }
  }
  t.end();
});
