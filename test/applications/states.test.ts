// The table of transitions, held against what the service does in every state, and the words of states and lists, held
// against the database and the contract.

import t from 'tap';
import { roles } from '../../src/access/actor.ts';
import { materialKinds } from '../../src/applications/materials.ts';
import { channels } from '../../src/applications/schemas.ts';
import {
  type ApplicationAct,
  type ApplicationState,
  applicationActs,
  next,
  states,
  transitions,
} from '../../src/applications/states.ts';
import { disbursementStates, lineStates, paymentFailures } from '../../src/disbursements/states.ts';
import { recoveryStates } from '../../src/recoveries/states.ts';
import { kinds } from '../../src/rules/facts.ts';
import { type Answer, setup } from '../helper.ts';
import { held } from '../records/residents.ts';
import type { Application } from '../steps.ts';

const city = await setup(t);
const { db, call, read } = city;
const allStates = Object.keys(states) as ApplicationState[];

t.test(
  'an act leads from where the table says to where it says, for whom it says, and from nowhere else',
  (t) => {
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
  },
);

t.test('every state can be reached, and no closed case moves', (t) => {
  const reached = new Set<ApplicationState>(['draft']);
  for (const _ of allStates) {
    for (const { from, to } of Object.values(transitions))
      if (from.some((state) => reached.has(state))) reached.add(to);
  }
  t.same(
    allStates.filter((state) => !reached.has(state)),
    [],
  );
  // What was decided can be undone before it is paid, and by nothing else.
  for (const closed of ['approved', 'refused'] as const) {
    const acts = applicationActs.filter((act) => transitions[act].from.includes(closed));
    t.same(acts, ['undo'], closed);
  }
  for (const closed of ['withdrawn', 'not-accepted'] as const) {
    t.notOk(
      Object.values(transitions).some(({ from }) => from.includes(closed)),
      closed,
    );
  }
  t.end();
});

t.test('over HTTP every act in every state does what the table says, or nothing', async (t) => {
  for (const act of applicationActs) {
    for (const state of allStates) {
      const one = await caseIn(state, act);
      const { status } = await perform(act, one);
      const isAllowed = transitions[act].from.includes(state);
      t.equal(status, isAllowed ? 201 : 409, `${act} of a case that is ${state}`);
      t.equal((await read(one)).state, isAllowed ? transitions[act].to : state);
    }
  }
});

/** A case brought to acceptance and compared, then put into a state as the database would hold it. */
async function caseIn(
  state: ApplicationState,
  act: ApplicationAct,
): Promise<Application & { comparisonId: string }> {
  const applicant = await city.resident();
  // Whoever is on the list is refused whole.
  if (act === 'refuse' || act === 'decline')
    await city.deliver([held('dishonesty', applicant, '2025-07-01')]);
  const accepted = await city.accepted(applicant);
  const { id: comparisonId } = await city.compared(accepted);
  // Only a decision can be undone.
  if (act === 'undo' && (state === 'approved' || state === 'refused')) {
    if (state === 'refused') await city.deliver([held('dishonesty', applicant, '2025-07-01')]);
    await city.decided(accepted, state);
    return { ...(await read(accepted)), comparisonId };
  }
  const put = state === 'correction-requested' ? 'submitted' : state;
  await db.pool.query('update application set state = $1 where application_id = $2', [put, accepted.id]);
  if (state === 'correction-requested') await askAndAnswer(await read(accepted));
  if (state === 'draft')
    await db.pool.query('delete from subsidy_month where application_id = $1', [accepted.id]);
  return { ...(await read(accepted)), comparisonId };
}

const defect = { subject: 'work', problem: '从业地点不完整', remedy: '请填写到街道和门牌' };
const work = { kind: 'platform', since: '2024-03-01', place: '珠山区新厂街道外卖配送' };

/** Asked for a correction and ready to be handed in again. */
async function askAndAnswer({ id, version }: Application): Promise<void> {
  const url = `/v1/applications/${id}`;
  const asked = { body: { defects: [defect] }, ifMatch: version, status: 201 };
  const { body } = await call<Application>('handler-360203', 'POST', `${url}/correction-requests`, asked);
  const answer = { body: { work }, ifMatch: body.version, status: 201 };
  await call('platform-ganfutong', 'POST', `${url}/draft`, answer);
}

function perform(
  act: ApplicationAct,
  { id, version, comparisonId }: Application & { comparisonId: string },
): Promise<Answer<unknown>> {
  const post = (caller: string, step: string, body?: unknown) =>
    call(caller, 'POST', `/v1/applications/${id}/${step}`, {
      ifMatch: version,
      ...(body === undefined ? {} : { body }),
    });
  switch (act) {
    case 'submit':
      return post('platform-ganfutong', 'submission');
    case 'withdraw':
      return post('platform-ganfutong', 'withdrawal');
    case 'accept':
      return post('handler-360203', 'acceptance');
    case 'decline':
      return post('handler-360203', 'non-acceptance');
    case 'requestCorrection':
      return post('handler-360203', 'correction-requests', { defects: [defect] });
    case 'approve':
      return post('reviewer-360203', 'decision', { comparisonId, outcome: 'approved' });
    case 'refuse':
      return post('reviewer-360203', 'decision', { comparisonId, outcome: 'refused' });
    case 'undo':
      return post('second-reviewer-360203', 'decision/undo', { reason: '登记数据有误' });
  }
}

/** The words of the CHECK constraint on a column. */
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

t.test('the database knows the same words as the code', async (t) => {
  const lists: [table: string, column: string, words: readonly string[]][] = [
    ['application', 'state', allStates],
    ['application', 'channel', Object.keys(channels)],
    ['material', 'kind', materialKinds],
    ['record', 'kind', kinds],
    ['disbursement', 'state', Object.keys(disbursementStates)],
    ['payment_line', 'state', lineStates],
    ['payment_line', 'failure', paymentFailures],
    ['recovery', 'state', Object.keys(recoveryStates)],
  ];
  for (const [table, column, words] of lists)
    t.same(await wordsOf(table, column), words.toSorted(), `${table}.${column}`);
});

t.test('the contract knows the same words as the code', async (t) => {
  const text = JSON.stringify(city.app.swagger());
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

t.test('every state says in Chinese what it is and what happens next', (t) => {
  for (const table of [states, disbursementStates, recoveryStates]) {
    for (const [state, { title, next: step }] of Object.entries(table)) {
      t.match(title, /^\p{Script=Han}/u, state);
      t.match(step, /^\p{Script=Han}.*。$/su, state);
    }
  }
  t.end();
});
