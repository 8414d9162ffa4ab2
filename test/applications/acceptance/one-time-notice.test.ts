// The one-time correction notice (article 五.三) under random sequences of acts of applicants, registers and handlers,
// compared with a small model of what could have been seen. `NOTICE_WALKS=300 NOTICE_SEED=… npm test --
// test/applications/acceptance/one-time-notice.test.ts`.

import fc from 'fast-check';
import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { cleanRecords, contribution, type Resident } from '../../registers/residents.ts';
import { type Application, secondQuarter } from '../../steps.ts';
import { materialForm } from '../material-form.ts';

const walks = Number(process.env['NOTICE_WALKS'] ?? 10);
const seed = Number(process.env['NOTICE_SEED'] ?? 53);
t.setTimeout(walks * 20_000);

const platform = 'platform-ganfutong';
const handler = 'handler-360203';
const papers = [
  'identity-card',
  'household-booklet',
  'flexible-employment-proof',
  'contribution-proof',
] as const;
type Paper = (typeof papers)[number];
const deliveries = ['moved-in', 'moved-home', 'flexible-employment', 'contribution'] as const;
const registerOf: Readonly<Record<Paper, string>> = {
  'identity-card': 'household',
  'household-booklet': 'household',
  'flexible-employment-proof': 'flexible-employment',
  'contribution-proof': 'contribution',
};

/** The basis of a handler's defect: none, a paper or a record, by its position among those on file. */
type Pointing = { readonly at: 'nothing' | 'paper' | 'record'; readonly place: number };
type Step =
  | { readonly do: 'supply'; readonly paper: Paper; readonly replaces: boolean }
  | { readonly do: 'deliver'; readonly what: (typeof deliveries)[number] }
  | { readonly do: 'ask'; readonly defects: readonly Pointing[] }
  | { readonly do: 'enter' | 'hand in' | 'accept' | 'answer all' };

const pointing = fc.record({ at: fc.constantFrom('nothing', 'paper', 'record'), place: fc.nat(20) });
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('supply'),
      paper: fc.constantFrom(...papers),
      replaces: fc.boolean(),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('deliver'), what: fc.constantFrom(...deliveries) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('ask'), defects: fc.array(pointing, { maxLength: 3 }) }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ do: fc.constantFrom('enter', 'hand in', 'accept', 'answer all', 'answer all') }),
  },
);

interface Expected {
  readonly status: 200 | 409 | 422;
  readonly code?: string;
  readonly pointers?: readonly string[];
}

const conflict: Expected = { status: 409, code: 'state-conflict' };
const done: Expected = { status: 200 };

/** What could have been seen, and what is open; independent of the service's SQL and code. */
class Model {
  state: 'submitted' | 'correction-requested' | 'accepted' = 'submitted';
  rounds = 0;
  readonly supplied: { readonly id: string; readonly kind: Paper; replaced: boolean }[] = [];
  readonly records: { readonly id: string; readonly kind: string }[] = [];
  seen = new Set<string>();
  /** Items of the open notice; all items about one subject are answered together. */
  items = 0;
  open = new Map<string, boolean>();
  movedIn = false;

  missing(): Paper[] {
    const isNeeded = (paper: Paper) =>
      paper === 'household-booklet'
        ? this.movedIn
        : !this.records.some(({ kind }) => kind === registerOf[paper]);
    return papers.filter((paper) => isNeeded(paper) && !this.supplied.some(({ kind }) => kind === paper));
  }

  isOfSomethingNew(paper: Paper): boolean {
    return this.records.some(({ id, kind }) => kind === registerOf[paper] && !this.seen.has(id));
  }

  ask(bases: readonly (string | null)[]): Expected {
    if (this.state !== 'submitted') return conflict;
    const missing = this.missing();
    if (missing.length + bases.length === 0) return { status: 409, code: 'nothing-to-correct' };
    if (this.rounds === 0) return done;
    const late = [
      ...missing.filter((paper) => !this.isOfSomethingNew(paper)).map((paper) => `/materials/${paper}`),
      ...bases.flatMap((basis, index) =>
        basis === null || this.seen.has(basis) ? [`/body/defects/${index}`] : [],
      ),
    ];
    return late.length === 0 ? done : { status: 422, code: 'already-told-once', pointers: late };
  }

  asked(subjects: readonly string[]): void {
    this.items = this.missing().length + subjects.length;
    this.open = new Map([...this.missing(), ...subjects].map((subject) => [subject, false]));
    this.seen = new Set([...this.supplied, ...this.records].map(({ id }) => id));
    this.rounds += 1;
    this.state = 'correction-requested';
  }

  unanswered(): string[] {
    const isSpared = (subject: string) =>
      papers.some(
        (paper) =>
          paper === subject &&
          paper !== 'household-booklet' &&
          this.records.some(({ kind }) => kind === registerOf[paper]),
      );
    return [...this.open]
      .filter(([subject, isAnswered]) => !isAnswered && !isSpared(subject))
      .map(([subject]) => subject);
  }
}

t.test(
  'a correction notice is complete, and nothing that could have been seen before is requested later',
  async (t) => {
    const city = await setup(t);
    const { call, db } = city;
    const reached = new Map<string, number>();

    async function walk(steps: readonly Step[]): Promise<void> {
      const person = city.nextResident();
      const { id, personId } = await city.applied(person);
      const model = new Model();
      const url = `/v1/applications/${id}`;
      const read = async () => (await call<Application>(handler, 'GET', url, { status: 200 })).body;

      async function act(by: string, path: string, expected: Expected, body?: object): Promise<void> {
        const { version } = await read();
        const [method, target] =
          path === 'draft' ? (['PATCH', url] as const) : (['POST', `${url}/${path}`] as const);
        const answer = await call<Problem>(by, method, target, {
          ifMatch: version,
          ...(body === undefined ? {} : { body }),
        });
        const came = { status: answer.status, code: answer.status === 200 ? undefined : answer.body.code };
        const what = `${path} when ${model.state} after ${model.rounds} notices`;
        if (came.status !== expected.status || came.code !== expected.code)
          throw new Error(`${what}: ${JSON.stringify(came)} instead of ${JSON.stringify(expected)}`);
        if (expected.pointers !== undefined) {
          const pointers = answer.body.errors.map(({ pointer }) => pointer);
          if (pointers.join() !== expected.pointers.join())
            throw new Error(`${what}: ${pointers.join()} instead of ${expected.pointers.join()}`);
        }
        const outcome = `${path} ${came.code ?? 'done'}`;
        reached.set(outcome, (reached.get(outcome) ?? 0) + 1);
      }

      async function supply(paper: Paper, replaces: boolean): Promise<void> {
        if (model.supplied.length >= 18) return;
        const replaced = model.supplied.findLast(({ kind, replaced: is }) => kind === paper && !is);
        const more = replaces && replaced !== undefined ? { supersedes: replaced.id } : {};
        const form = materialForm(paper, undefined, more);
        const { status, body } = await call<{ id: string }>(platform, 'POST', `${url}/materials`, form);
        const isTaken = model.state !== 'accepted';
        if (status !== (isTaken ? 201 : 409)) throw new Error(`a paper when ${model.state}: ${status}`);
        if (!isTaken) return;
        if (replaces && replaced !== undefined) replaced.replaced = true;
        model.supplied.push({ id: body.id, kind: paper, replaced: false });
        if (model.open.has(paper)) model.open.set(paper, true);
      }

      async function enter(): Promise<void> {
        const work = { kind: 'platform', since: '2024-03-01', place: '珠山区新厂街道' };
        const isOpen = model.state === 'correction-requested';
        await act(platform, 'draft', isOpen ? done : conflict, { work });
        if (isOpen && model.open.has('work')) model.open.set('work', true);
      }

      async function handIn(): Promise<void> {
        if (model.state !== 'correction-requested') return act(platform, 'submission', conflict);
        if (model.unanswered().length > 0)
          return act(platform, 'submission', { status: 409, code: 'correction-incomplete' });
        await act(platform, 'submission', done);
        model.open.clear();
        model.state = 'submitted';
      }

      for (const one of steps) {
        switch (one.do) {
          case 'supply':
            await supply(one.paper, one.replaces);
            break;
          case 'deliver': {
            await city.deliver(rowsOf(person, one.what, model.records.length + 1));
            if (one.what === 'moved-in') model.movedIn = true;
            if (one.what === 'moved-home') model.movedIn = false;
            const { rows } = await db.pool.query<{ id: string; kind: string }>(
              'select record_id as id, kind from record where person_id = $1 order by record_id',
              [personId],
            );
            model.records.splice(0, model.records.length, ...rows);
            break;
          }
          case 'ask': {
            const named = one.defects.map((defect) => defectAt(model, defect));
            const expected = model.ask(named.map(({ basis }) => basis));
            await act(handler, 'correction-requests', expected, { defects: named.map(({ sent }) => sent) });
            if (expected.status === 200) model.asked(named.map(({ sent }) => sent.subject));
            break;
          }
          case 'enter':
            await enter();
            break;
          case 'hand in':
            await handIn();
            break;
          case 'answer all':
            for (const subject of model.unanswered()) {
              const paper = papers.find((kind) => kind === subject);
              await (paper === undefined ? enter() : supply(paper, true));
            }
            await handIn();
            break;
          case 'accept': {
            const isReady = model.state === 'submitted' && model.missing().length === 0;
            const missing: Expected = { status: 409, code: 'materials-missing' };
            await act(
              handler,
              'acceptance',
              isReady ? done : model.state === 'submitted' ? missing : conflict,
              // Some of these people have no month that could be paid.
              { reason: '申请人对登记数据有异议，先予受理' },
            );
            if (isReady) model.state = 'accepted';
            break;
          }
        }
        const { state, correction } = await read();
        const openItems = correction?.items.length ?? 0;
        if (state !== model.state || openItems !== (model.state === 'correction-requested' ? model.items : 0))
          throw new Error(
            `${JSON.stringify(one)}: ${state} with ${openItems} items instead of ${model.state}`,
          );
      }
    }

    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 12, maxLength: 24 }), walk), {
      numRuns: walks,
      seed,
      endOnFailure: true,
    });
    t.comment(`seed ${seed}: ${[...reached].map(([what, times]) => `${what} ${times}`).join(', ')}`);
    for (const outcome of ['done', 'already-told-once', 'nothing-to-correct', 'state-conflict'])
      t.ok(reached.has(`correction-requests ${outcome}`), outcome);
    t.ok(reached.has('submission correction-incomplete') && reached.has('acceptance done'));

    // The same condition from the database alone, independent of the model.
    const { rows } = await db.pool.query(
      `select i.basis from correction_item i join correction c using (person_id, correction_id)
     join correction b on b.person_id = c.person_id and b.application_id = c.application_id and b.round < c.round
     where i.basis is null or i.basis = any(b.seen)`,
    );
    t.strictSame(rows, [], 'no later item rests on what stood before a handler in an earlier round');
  },
);

/** The defect that a handler would send, and its basis. */
function defectAt(model: Model, { at, place }: Pointing) {
  const words = { problem: '看不清楚，无法核对', remedy: '请重新提供' };
  const current = model.supplied.filter(({ replaced }) => !replaced);
  const paper = current[place % Math.max(1, current.length)];
  if (at === 'paper' && paper !== undefined)
    return { basis: paper.id, sent: { subject: paper.kind, materialId: paper.id, ...words } };
  const record = model.records[place % Math.max(1, model.records.length)];
  if (at === 'record' && record !== undefined)
    return { basis: record.id, sent: { subject: 'work', recordId: record.id, ...words } };
  return { basis: null, sent: { subject: 'work', ...words } };
}

function rowsOf(person: Resident, what: (typeof deliveries)[number], version: number) {
  const [household] = cleanRecords(person, []);
  const flexible = cleanRecords(person, []).find(({ kind }) => kind === 'flexible-employment');
  switch (what) {
    case 'moved-in':
      return [{ ...household, version, movedInFrom: '330100' }];
    case 'moved-home':
      return [{ ...household, version }];
    case 'flexible-employment':
      return [{ ...flexible, version }];
    case 'contribution':
      return secondQuarter.map((month) => contribution(person, month, { version }));
  }
}
