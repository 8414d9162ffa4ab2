// Events for other systems: every event of their own cases, none twice in one pass, no personal data.

import { sql } from 'kysely';
import t from 'tap';
import { insertEvents } from '../../../src/notifications/events/store.ts';
import { eventTypes } from '../../../src/notifications/events/types.ts';
import { transact } from '../../../src/platform/database/transaction.ts';
import { type City, patient, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';

interface Heard {
  readonly items: readonly {
    id: string;
    type: string;
    applicationId: string;
    caseNumber: string;
    content: object;
  }[];
  readonly next: string;
}

async function hear({ call }: City, caller: string, query: Record<string, string> = {}): Promise<Heard> {
  return (await patient(call)<Heard>(caller, 'GET', '/v1/events', { query, status: 200 })).body;
}

t.test(
  'a platform reads events of its own cases in order, the provincial system of all, and none has personal data',
  async (t) => {
    const city = await setup(t);
    const { resident, applied, approved, accepted, act } = city;
    const person = await resident();
    const own = await approved(person);
    const office = await applied(await resident(), { by: 'street-360203007' });
    const withdrawn = await act('platform-ganfutong', await accepted(), 'withdrawal');

    const { items, next } = await hear(city, 'platform-ganfutong');
    t.strictSame(
      items.map(({ applicationId, type }) => [applicationId, type]),
      [
        [own.id, 'application-submitted'],
        [own.id, 'application-accepted'],
        [own.id, 'application-approved'],
        [withdrawn.id, 'application-submitted'],
        [withdrawn.id, 'application-accepted'],
        [withdrawn.id, 'application-withdrawn'],
      ],
    );
    strictMatch(t, items[2]?.content, {
      state: 'approved',
      amountFen: 150_000,
      months: ['2025-04', '2025-05', '2025-06'].map((month) => ({ month, state: 'live', amountFen: 50_000 })),
    });
    t.strictSame(
      await hear(city, 'platform-ganfutong', { after: next }),
      { items: [], next },
      'no more for now',
    );
    t.strictSame((await hear(city, 'platform-hall')).items, [], 'another platform hears nothing of it');
    const all = await hear(city, 'provincial-system');
    t.equal(all.items.length, 7);
    t.ok(all.items.some(({ applicationId }) => applicationId === office.id));
    const said = JSON.stringify(all);
    for (const secret of [person.identityNumber, person.name, person.account, person.phone]) {
      t.notMatch(said, new RegExp(secret));
    }

    t.test('a cursor continues where it stopped, and used again returns the same events', async (t) => {
      const first = await hear(city, 'provincial-system', { limit: '3' });
      t.equal(first.items.length, 3);
      const rest = await hear(city, 'provincial-system', { limit: '200', after: first.next });
      t.strictSame([...first.items, ...rest.items], all.items);
      t.strictSame(await hear(city, 'provincial-system', { limit: '200', after: first.next }), rest);
      t.strictSame((await hear(city, 'platform-ganfutong', { after: next })).items, []);
      const late = await approved();
      const heard = await hear(city, 'platform-ganfutong', { after: next });
      t.strictSame(
        heard.items.map(({ applicationId }) => applicationId),
        [late.id, late.id, late.id],
      );
      const refused = await hear(city, 'provincial-system', { type: 'application-withdrawn' });
      t.strictSame(
        refused.items.map(({ applicationId }) => applicationId),
        [withdrawn.id],
      );
    });

    t.test('a cursor that this service did not issue is refused', async (t) => {
      for (const after of ['x', Buffer.from('event -1').toString('base64url')]) {
        const { body } = await city.call('auditor', 'GET', '/v1/events', { query: { after }, status: 400 });
        strictMatch(t, body, { errors: [{ pointer: '/query/after' }] });
      }
      await city.call('handler-360203', 'GET', '/v1/events', { status: 403 });
    });
  },
);

t.test(
  'an event whose transaction commits late is still read by a reader who has read later ones',
  async (t) => {
    const city = await setup(t);
    const { db, applied } = city;
    const slow = await applied();
    const quick = await applied();
    const before = await hear(city, 'auditor');
    const write =
      (one: { id: string; personId: string }, eventId: string) =>
      async (tx: Parameters<typeof insertEvents>[0]) => {
        insertEvents(tx, '2025-07-05T02:00:00Z', [
          { personId: one.personId, applicationId: one.id, type: 'payment-paid', content: {}, eventId },
        ]);
        await sql`select 'the event is written'`.execute(tx);
      };
    const [slowEvent, quickEvent] = [
      '01930000-0000-7000-8000-000000000001',
      '01930000-0000-7000-8000-000000000002',
    ];
    let finish = () => {};
    const mayFinish = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let hasWritten = () => {};
    const written = new Promise<void>((resolve) => {
      hasWritten = resolve;
    });
    const slowly = transact(db, null, async (tx) => {
      await write(slow, slowEvent)(tx);
      hasWritten();
      await mayFinish;
    });
    await written;
    await transact(db, null, write(quick, quickEvent));
    const while_ = await hear(city, 'auditor', { after: before.next });
    t.strictSame(
      while_.items.map(({ id }) => id),
      [quickEvent],
    );
    finish();
    await slowly;
    const after = await hear(city, 'auditor', { after: while_.next });
    t.strictSame(
      after.items.map(({ id }) => id),
      [slowEvent],
      'told after, because it was committed after',
    );
    const { rows } = await db.pool.query('select event_id from event where type = $1 order by written', [
      'payment-paid',
    ]);
    t.strictSame(
      rows.map((row) => row.event_id),
      [slowEvent, quickEvent],
      'a cursor by the order of writing would have passed it',
    );
  },
);

t.test(
  'with sixteen writers and four readers every reader gets every event once, in order for each case',
  async (t) => {
    const city = await setup(t);
    const { db, applied } = city;
    const cases = [await applied(), await applied(), await applied(), await applied()];
    const writers = 16;
    const eventsEach = 25;
    let active = writers;
    const heldCase = (index: number) => {
      const one = cases[index % cases.length];
      if (one === undefined) throw new Error('there are cases');
      return one;
    };
    const write = async (writer: number) => {
      for (let index = 0; index < eventsEach; index += 1) {
        const { id, personId } = heldCase(writer + index);
        await transact(db, null, async (tx) => {
          // Like every operation: locks the case before its event until the commit.
          await tx
            .selectFrom('application')
            .select('version')
            .where('applicationId', '=', id)
            .forUpdate()
            .execute();
          const { count } = await tx
            .selectFrom('event')
            .select((eb) => eb.fn.countAll<number>().as('count'))
            .where('applicationId', '=', id)
            .executeTakeFirstOrThrow();
          const eventId = `01930000-0000-7000-8${String(writer).padStart(3, '0')}-${String(index).padStart(12, '0')}`;
          await insertEvents(tx, '2025-07-05T02:00:00Z', [
            { personId, applicationId: id, type: 'payment-paid', content: { amountFen: count }, eventId },
          ]);
        });
      }
      active -= 1;
    };
    const read = async () => {
      const heard: { id: string; applicationId: string; amountFen: number | undefined }[] = [];
      let after: string | null = null;
      // Events committed while another reader assigns positions are read in a later pass.
      let readingsLeft = 20;
      for (;;) {
        if (active === 0) readingsLeft -= 1;
        const { items, next }: Heard = await hear(city, 'auditor', {
          limit: '50',
          ...(after === null ? {} : { after }),
        });
        for (const { id, applicationId, content } of items) {
          heard.push({ id, applicationId, amountFen: (content as { amountFen?: number }).amountFen });
        }
        after = next;
        const isWhole = heard.length >= cases.length + writers * eventsEach;
        if (active === 0 && items.length === 0 && (isWhole || readingsLeft <= 0)) return heard;
      }
    };
    const [readings] = await Promise.all([
      Promise.all([read(), read(), read(), read()]),
      Promise.all(Array.from({ length: writers }, (_, writer) => write(writer))),
    ]);
    for (const heard of readings) {
      t.equal(heard.length, cases.length + writers * eventsEach);
      t.equal(new Set(heard.map(({ id }) => id)).size, heard.length, 'nothing twice');
      t.strictSame(heard, readings[0], 'everybody hears the same order');
      for (const { id } of cases) {
        const counts = heard.filter((event) => event.applicationId === id).map(({ amountFen }) => amountFen);
        t.strictSame(
          counts.slice(1),
          counts.slice(1).toSorted((a, b) => (a ?? 0) - (b ?? 0)),
          'of one case in order',
        );
      }
    }
  },
);

t.test('an event never changes, and its position is assigned once', async (t) => {
  const city = await setup(t);
  await city.applied();
  const change = (set: string) => city.db.pool.query(`update event set ${set}`);
  await t.rejects(change(`content = '{}'`), { message: 'event is append-only' });
  await hear(city, 'auditor');
  await t.rejects(change('position = position + 1'), { message: 'event is append-only' });
  await t.rejects(city.db.pool.query('delete from event'), { message: 'event is append-only' });
});

t.test('payments emit events when paid, failed, returned and paid again', async (t) => {
  const city = await setup(t);
  const { call } = city;
  const paid = await city.approved();
  const failing = await city.approved();
  const { next } = await hear(city, 'platform-ganfutong');
  const told = async (after: string) => {
    const heard = await hear(city, 'platform-ganfutong', { after });
    return {
      next: heard.next,
      events: heard.items.map(({ applicationId, type, content }) => {
        const { lineId, ...rest } = content as { lineId?: string };
        t.type(lineId, 'string', 'names the payment line');
        return [applicationId, type, rest];
      }),
    };
  };
  const sent = await city.inPayment();
  const failed = { result: 'failed', failure: 'account-closed' } as const;
  await city.settled(sent, ({ caseNumber }) =>
    caseNumber === failing.caseNumber ? failed : { result: 'paid' },
  );
  const of = (state: string) => ({
    months: ['2025-04', '2025-05', '2025-06'].map((month) => ({ month, state, amountFen: 50_000 })),
    amountFen: 150_000,
  });
  const settled = await told(next);
  t.strictSame(settled.events, [
    [paid.id, 'payment-paid', of('paid')],
    [failing.id, 'payment-failed', of('failed')],
  ]);

  const line = (await city.linesOf(sent)).find(({ caseNumber }) => caseNumber === paid.caseNumber);
  const url = `/v1/disbursements/${sent.id}/lines/${line?.lineId}`;
  const returned = { amountFen: 150_000, returnedOn: '2025-07-05', reference: '退票-1', reason: '户名不符' };
  await call('payer-360203', 'POST', `${url}/return`, { body: returned, status: 200 });
  const after = await told(settled.next);
  t.strictSame(after.events, [[paid.id, 'payment-returned', of('returned')]]);

  const body = { account: { bank: '景德镇农商银行', number: '621700000000009999' }, reason: '更换卡' };
  await call('payer-360203', 'POST', `${url}/reissue`, { body, status: 200 });
  await call('reviewer-360203', 'POST', `${url}/reissue/confirmation`, { status: 200 });
  const again = await city.moneyAct('payer-360203', await city.disbursement(sent), 'payment', {
    format: 'utf-8-csv',
  });
  await city.settled(again);
  t.strictSame((await told(after.next)).events, [[paid.id, 'payment-paid', of('paid')]]);
});

t.test('the event types in the contract and in the table are the same', async (t) => {
  const { db } = await setup(t);
  const { rows } = await db.pool.query(
    `select pg_get_constraintdef(oid) as check from pg_constraint where conname = 'event_type_check'`,
  );
  const inTable = [...String(rows[0].check).matchAll(/'([a-z-]+)'/g)].map((match) => match[1]);
  t.strictSame(inTable.sort(), Object.keys(eventTypes).sort());
});
