// The registered household decides which agency handles a case; without a register's record the form does.

import { setTimeout } from 'node:timers/promises';
import t from 'tap';
import type { Flag } from '../../../src/applications/flags/operations.ts';
import { type City, type Problem, setup } from '../../helper.ts';
import { cleanRecords, deathOf, householdIn, keyOf } from '../../registers/residents.ts';
import type { Application, Resident } from '../../steps.ts';

const platform = 'platform-ganfutong';

const elsewhere = (pointer: string) => ({
  pointer,
  code: 'other-than-registered',
  detail:
    '户籍登记在珠山街道（360203007），与所填的街道（乡镇）不一致。请核对户口簿后改填登记的街道（乡镇）；登记有误的，请先到户籍登记机关更正。',
});
const unconfirmed = {
  code: 'household-unconfirmed',
  title: '户籍所在街道尚未核实',
  detail:
    '户籍登记中没有该申请人在所填街道（乡镇）的户籍，暂按所填办理。请核对户口簿；不在本辖区的，由经办人员移送。',
  amountFen: null,
  needs: 'nothing',
} satisfies Flag;

async function errorsOf(city: City, by: string, body: object) {
  const answer = await city.call<Problem>(by, 'POST', '/v1/applications', { body, status: 400 });
  return answer.body.errors;
}

async function flagsOf(city: City, by: string, { id }: Application) {
  const { body } = await city.call<{ flags: Flag[] }>(by, 'GET', `/v1/applications/${id}`, { status: 200 });
  return body.flags;
}

t.test(
  'a street other than the registered one is reported with the registered one, together with all other errors',
  async (t) => {
    const city = await setup(t);
    const resident = await city.resident();
    const body = city.applicationOf({ ...resident, street: '360202001' });
    t.strictSame(await errorsOf(city, platform, body), [elsewhere('/body/household/streetCode')]);
    const atTheDesk = { ...body, channel: 'wujia2-home' };
    t.strictSame(await errorsOf(city, 'street-360202001', atTheDesk), [
      elsewhere('/body/household/streetCode'),
    ]);
    const two = await errorsOf(city, platform, { ...body, work: { ...body.work, since: '2026-01-01' } });
    t.strictSame(
      two.map(({ code }) => code),
      ['other-than-registered', 'in-future'],
      'with what is wrong besides',
    );
    const malformed = await errorsOf(city, platform, { ...body, quarter: '2025' });
    t.strictSame(
      malformed.map(({ pointer, code }) => [pointer, code]),
      [
        ['/body/quarter', malformed[0]?.code],
        ['/body/household/streetCode', 'other-than-registered'],
      ],
      'and with what has not its form',
    );
    const { rows } = await city.db.pool.query('select count(*)::int as cases from application');
    t.strictSame(rows, [{ cases: 0 }]);

    const draft = await city.drafted(resident);
    const changed = await city.call<Problem>(platform, 'PATCH', `/v1/applications/${draft.id}`, {
      body: { household: { streetCode: '360202001' } },
      ifMatch: draft.version,
      status: 400,
    });
    t.strictSame(changed.body.errors, [elsewhere('/body/household/streetCode')]);
  },
);

t.test(
  'a draft can be submitted only in the street where a register has the household on the day of submission',
  async (t) => {
    const city = await setup(t);
    const resident = city.nextResident();
    const draft = await city.drafted({ ...resident, street: '360202001' });
    t.strictSame(await flagsOf(city, platform, draft), [unconfirmed]);
    await city.deliver(cleanRecords(resident, ['2025-04', '2025-05', '2025-06']), '2025-06');
    const refused = await city.call<Problem>(platform, 'POST', `/v1/applications/${draft.id}/submission`, {
      ifMatch: draft.version,
      status: 409,
    });
    t.strictSame(refused.body.errors, [elsewhere('/household/streetCode')]);
    const { body: mended } = await city.call<Application>(platform, 'PATCH', `/v1/applications/${draft.id}`, {
      body: { household: { streetCode: resident.street } },
      ifMatch: draft.version,
      status: 200,
    });
    t.equal((await city.act(platform, mended, 'submission')).agencyCode, '360203');
  },
);

t.test(
  'the street of the form counts while no register has the household, and the case is flagged',
  async (t) => {
    const city = await setup(t);
    const resident = city.nextResident();
    const records = cleanRecords(resident, ['2025-04', '2025-05', '2025-06']);
    const kindOf = (row: (typeof records)[number]) => row['kind'];
    await city.deliver(records.filter((row) => kindOf(row) !== 'household'));
    const application = await city.applied(resident);
    for (const by of [platform, 'handler-360203', 'street-360203007'])
      t.strictSame(await flagsOf(city, by, application), [unconfirmed], by);
    const other = await city.applied();
    const listed = async (flag: string) => {
      const { body } = await city.call<{ items: { id: string }[] }>(
        'handler-360203',
        'GET',
        '/v1/applications',
        { query: { flag }, status: 200 },
      );
      return body.items.map(({ id }) => id);
    };
    t.strictSame(await listed('household-unconfirmed'), [application.id]);
    t.not(application.id, other.id);

    await city.call('handler-360203', 'POST', `/v1/applications/${application.id}/attestations`, {
      body: {
        record: { kind: 'household', from: '1990-01-01', street: resident.street },
        evidence: { lookUp: { system: '户籍系统', at: '2025-07-05T01:40:00Z', reference: 'CX-12' } },
      },
      status: 200,
    });
    t.strictSame(await flagsOf(city, 'handler-360203', application), [], 'an officer has looked');
    await city.deliver([householdIn(resident, '360202001', 1)]);
    t.strictSame(
      (await flagsOf(city, 'handler-360203', application)).map(({ code, needs }) => ({ code, needs })),
      [{ code: 'household-elsewhere', needs: 'reason' }],
      'the register outweighs the officer',
    );
    t.strictSame(await listed('household-elsewhere'), [application.id]);
  },
);

t.test(
  'a case is listed by how its household stands after each act and record that changes it',
  async (t) => {
    const city = await setup(t);
    const { call, db } = city;
    const resident = city.nextResident();
    const records = cleanRecords(resident, ['2025-04', '2025-05', '2025-06']);
    await city.deliver(
      records.filter((row) => row['kind'] !== 'household'),
      '2025-06',
    );
    const household = (version: number, more: object = {}) => ({
      ...householdIn(resident, resident.street, version),
      ...more,
    });
    /** Which of the two lists has the case, and whether every open case says what follows from the records. */
    const stands = async (by = 'auditor') => {
      const lists: string[] = [];
      for (const flag of ['household-unconfirmed', 'household-elsewhere']) {
        const { body } = await call<{ items: { id: string }[] }>(by, 'GET', '/v1/applications', {
          query: { flag },
          status: 200,
        });
        if (body.items.length > 0) lists.push(flag);
      }
      const { rows } = await db.pool.query(
        `select state, household_standing, standing_of_household(a) from application a
       where household_standing <> standing_of_household(a)`,
      );
      t.strictSame(rows, []);
      return lists.join();
    };
    const draft = await city.drafted(resident);
    t.equal(await stands(platform), 'household-unconfirmed', 'a draft that no register confirms');
    await city.deliver([household(1)]);
    t.equal(await stands(platform), '', 'a register confirms it');
    await city.deliver([household(2, { from: '2025-07-06' })]);
    t.equal(await stands(platform), 'household-unconfirmed', 'from tomorrow on');
    city.clock.set('2025-07-06');
    const application = await city.act(platform, draft, 'submission');
    t.equal(await stands(), '', 'it is submitted on that day');
    await city.deliver([household(3, { to: '2025-07-05', from: '1990-01-01' })]);
    t.equal(await stands(), 'household-unconfirmed', 'it ended before');
    await call('handler-360203', 'POST', `/v1/applications/${application.id}/attestations`, {
      body: {
        record: { kind: 'household', from: '1990-01-01', street: resident.street },
        evidence: { lookUp: { system: '户籍系统', at: '2025-07-06T01:40:00Z', reference: 'CX-12' } },
      },
      status: 200,
    });
    t.equal(await stands(), '', 'an officer has looked');
    await city.deliver([householdIn(resident, '360202001', 4)]);
    t.equal(await stands(), 'household-elsewhere', 'the register outweighs the officer');
    await city.deliver([deathOf(resident, '2025-06-30')]);
    t.equal(await stands(), 'household-elsewhere', 'a death changes nothing of it');
    await db.pool.query(`update street set valid_to = '2025-06-30' where street_code = '360202001'`);
    t.equal(await stands(), '', 'that street is closed, and only the officer has spoken');
    await db.pool.query(`update street set valid_to = null where street_code = '360202001'`);
    t.equal(await stands(), 'household-elsewhere');
    const { version } = await city.read(application);
    await call('handler-360203', 'POST', `/v1/applications/${application.id}/transfer`, {
      body: { streetCode: '360202001', reason: '经核对户口簿' },
      ifMatch: version,
      status: 200,
    });
    t.equal(await stands(), '', 'it is transferred there');
    await city.deliver([
      {
        kind: 'household',
        sourceKey: `household-${keyOf(resident)}`,
        identityNumber: resident.identityNumber,
        version: 5,
        removed: true,
      },
    ]);
    t.equal(await stands(), 'household-unconfirmed', 'the record is taken back');
    await city.act(platform, await city.read({ ...application, agencyCode: '360202' }), 'withdrawal');
    t.equal(await stands(), '', 'a closed case is listed no more');
  },
);

t.test(
  'an application made while a register speaks of its household knows what the register said',
  async (t) => {
    const city = await setup(t);
    const resident = city.nextResident();
    await city.deliver([householdIn(resident, '360202001', 1, '2025-08-01')]); // so that the person is known
    const [register, other] = await Promise.all([city.db.pool.connect(), city.db.pool.connect()]);
    const speak = (client: typeof register, version: number) =>
      client.query(
        `insert into record select person_id, gen_random_uuid(), kind, source, 'another', $1::int, '1990-01-01', null,
         '{"street": "360203007"}', $1 % 2 = 0, sha256(''), null, now() from record where version = 1 limit 1`,
        [version],
      );
    const standing = async () =>
      (await city.db.pool.query('select household_standing as standing from application')).rows;

    await register.query('begin');
    await speak(register, 1);
    const drafting = city.drafted(resident);
    await setTimeout(200);
    await register.query('commit');
    await drafting;
    t.strictSame(await standing(), [{ standing: 'confirmed' }], 'the draft waited for the record');

    await other.query('begin');
    await other.query(`update application set street_code = '360203001'`);
    const speaking = speak(register, 2);
    await setTimeout(200);
    await other.query('commit');
    await speaking;
    t.strictSame(await standing(), [{ standing: 'unconfirmed' }], 'the record waited for the change');
    register.release();
    other.release();
  },
);

t.test(
  'a changed street is looked up for those whom a register has there, and for nobody else',
  async (t) => {
    const city = await setup(t);
    for (const street of ['360203007', '360202001']) await city.applied(await city.resident({ street }));
    const owner = await city.db.pool.connect();
    const standings = async () =>
      (
        await owner.query('select street_code, household_standing from application order by street_code')
      ).rows.map((row) => [row.street_code, row.household_standing]);
    // Not as the records say: by this it is seen which cases are looked at.
    await owner.query(`set session_replication_role = replica;
    update application set household_standing = 'unconfirmed'; set session_replication_role = origin`);
    await owner.query('insert into street select * from street on conflict do nothing');
    t.strictSame(
      await standings(),
      [
        ['360202001', 'unconfirmed'],
        ['360203007', 'unconfirmed'],
      ],
      'each migration inserts streets that are there already',
    );
    await owner.query(`update street set valid_from = valid_from where street_code = '360203007'`);
    t.strictSame(await standings(), [
      ['360202001', 'unconfirmed'],
      ['360203007', 'confirmed'],
    ]);
    owner.release();
  },
);

t.test(
  'of several registered households the newest one that is valid that day and in the city counts',
  async (t) => {
    const city = await setup(t);
    const fits = async (rows: (resident: Resident) => readonly object[], street: string) => {
      const resident = city.nextResident();
      await city.deliver(rows(resident).map((row) => ({ ...row })));
      const body = city.applicationOf({ ...resident, street });
      return (await city.call(platform, 'POST', '/v1/applications', { body })).status;
    };
    const ended = (resident: Resident) => [{ ...householdIn(resident, '360203007', 1), to: '2025-06-30' }];
    t.equal(await fits(ended, '360202001'), 201, 'it has ended');
    const toCome = (resident: Resident) => [householdIn(resident, '360203007', 1, '2025-08-01')];
    t.equal(await fits(toCome, '360202001'), 201, 'it has not begun');
    const removed = (resident: Resident) => [
      householdIn(resident, '360203007', 1),
      {
        kind: 'household',
        sourceKey: `household-${keyOf(resident)}`,
        identityNumber: resident.identityNumber,
        version: 2,
        removed: true,
      },
    ];
    t.equal(await fits(removed, '360202001'), 201, 'it was taken back');
    const closed = (resident: Resident) => [householdIn(resident, '360203100', 1)];
    t.equal(await fits(closed, '360203011'), 201, 'its street is closed, which no form can name');
    const moved = (resident: Resident) => [
      householdIn(resident, '360203007', 1),
      {
        ...householdIn(resident, '360202001', 1, '2025-05-01'),
        sourceKey: `new-household-${keyOf(resident)}`,
      },
    ];
    t.equal(await fits(moved, '360202001'), 201, 'the newer one');
    t.equal(await fits(moved, '360203007'), 400, 'and not the older one');
  },
);
