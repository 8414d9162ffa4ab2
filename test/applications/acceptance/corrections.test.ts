// Requesting everything that is missing once (article 五.三), and what a second notice may contain.

import t from 'tap';
import { type Problem, setup } from '../../helper.ts';
import { cleanRecords, type Resident, type Row } from '../../registers/residents.ts';
import { type Application, secondQuarter } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';
import { materialForm } from '../material-form.ts';

const city = await setup(t);
const { call, applied, drafted, act, deliver, resident } = city;
const platform = 'platform-ganfutong';
const handler = 'handler-360203';

/** A person without records, before any coverage is delivered: every paper is required. */
function unknownResident(): Resident {
  return city.nextResident({});
}

async function add(application: Application, kind: string, supersedes?: string): Promise<{ id: string }> {
  const url = `/v1/applications/${application.id}/materials`;
  const form = materialForm(kind, undefined, supersedes === undefined ? {} : { supersedes });
  return (await call<{ id: string }>(platform, 'POST', url, { ...form, status: 201 })).body;
}

async function read(application: Application, by = platform): Promise<Application> {
  return (await call<Application>(by, 'GET', `/v1/applications/${application.id}`, { status: 200 })).body;
}

async function ask<T = Application>(application: Application, defects: readonly object[], status = 200) {
  const { version } = await read(application);
  const url = `/v1/applications/${application.id}/correction-requests`;
  return (await call<T>(handler, 'POST', url, { body: { defects }, ifMatch: version, status })).body;
}

async function handIn<T = Application>(application: Application, status = 200) {
  const { version } = await read(application);
  const url = `/v1/applications/${application.id}/submission`;
  return (await call<T>(platform, 'POST', url, { ifMatch: version, status })).body;
}

async function accept<T = Application>(application: Application, status = 200) {
  const { version } = await read(application);
  const url = `/v1/applications/${application.id}/acceptance`;
  return (await call<T>(handler, 'POST', url, { body: {}, ifMatch: version, status })).body;
}

const workDefect = { subject: 'work', problem: '从业地点不完整', remedy: '请填写到街道和门牌' };
const work = { kind: 'platform', since: '2024-03-01', place: '珠山区新厂街道外卖配送' };

t.test(
  'one correction notice lists every missing paper and every defect, and the case moves on once all are answered',
  async (t) => {
    const application = await applied(unknownResident());
    const asked = await ask(application, [workDefect]);
    strictMatch(t, asked, {
      state: 'correction-requested',
      timeLimit: { state: 'paused', workingDaysLeft: 5 },
    });
    t.strictSame(
      asked.correction?.items.map(({ subject }) => subject),
      ['identity-card', 'flexible-employment-proof', 'contribution-proof', 'work'],
    );
    t.equal((await accept<Problem>(application, 409)).code, 'state-conflict');
    t.equal(
      (await ask<Problem>(application, [workDefect], 409)).code,
      'state-conflict',
      'no second one beside it',
    );

    await add(application, 'identity-card');
    await add(application, 'flexible-employment-proof');
    const early = await handIn<Problem>(application, 409);
    t.strictSame(
      early.errors.map(({ pointer }) => pointer),
      ['/correction/items/2', '/correction/items/3'],
      early.code,
    );
    await add(application, 'contribution-proof');
    const draftUrl = `/v1/applications/${application.id}`;
    const { version } = await read(application);
    await call(platform, 'PATCH', draftUrl, { body: { work }, ifMatch: version, status: 200 });
    const again = await handIn(application);
    strictMatch(t, again, { state: 'submitted', correction: null, submittedAt: application.submittedAt });
    t.equal((await accept(application)).state, 'accepted', 'by the same handler, whose part it is');
  },
);

t.test('a missing paper that a register has since waived need not be supplied', async (t) => {
  const applicant = unknownResident();
  const application = await applied(applicant);
  await ask(application, []);
  await deliver(cleanRecords(applicant, secondQuarter), '2025-06');
  t.equal((await handIn(application)).state, 'submitted');
});

t.test(
  'a second correction notice lists what a new paper shows, and nothing that could have been seen before',
  async (t) => {
    const application = await applied();
    const card = await add(application, 'identity-card');
    const proof = await add(application, 'contribution-proof');
    const blurred = (materialId: string, subject = 'identity-card') => ({
      subject,
      materialId,
      problem: '照片模糊，看不清号码',
      remedy: '请重新拍摄后上传',
    });
    await ask(application, [blurred(card.id)]);
    const better = await add(application, 'identity-card', card.id);
    await handIn(application);

    const late = await ask<Problem>(
      application,
      [blurred(proof.id, 'contribution-proof'), workDefect, blurred(better.id)],
      422,
    );
    t.equal(late.code, 'already-told-once');
    t.strictSame(
      late.errors.map(({ pointer, code }) => [pointer, code]),
      [
        ['/body/defects/0', 'could-have-been-seen'],
        ['/body/defects/1', 'could-have-been-seen'],
      ],
      'every defect that comes too late, with its place',
    );
    const second = await ask(application, [blurred(better.id)]);
    strictMatch(t, second.correction, { round: 2, items: [{ subject: 'identity-card' }] });
  },
);

t.test('a second correction notice lists what a newly delivered record requires', async (t) => {
  const applicant = await resident();
  const application = await applied(applicant);
  await ask(application, [workDefect]);
  const { version } = await read(application);
  await call(platform, 'PATCH', `/v1/applications/${application.id}`, {
    body: { work },
    ifMatch: version,
    status: 200,
  });
  await handIn(application);
  t.equal((await ask<Problem>(application, [], 409)).code, 'nothing-to-correct');

  const household: Row | undefined = cleanRecords(applicant, [])[0];
  await deliver([{ ...household, version: 2, movedInFrom: '330100' }]);
  const second = await ask(application, []);
  strictMatch(t, second.correction, { round: 2, items: [{ subject: 'household-booklet' }] });
  const { rows } = await city.db.pool.query<{ learnt: boolean }>(
    `select r.version = 2 as learnt from correction_item i join correction c using (person_id, correction_id)
     join record r on r.person_id = i.person_id and r.record_id = i.basis where c.application_id = $1 and c.round = 2`,
    [application.id],
  );
  t.strictSame(rows, [{ learnt: true }], 'the database keeps what it rests on');
});

t.test('the database refuses a late correction item and a state change during a correction', async (t) => {
  const application = await applied(unknownResident());
  await ask(application, [workDefect]);
  await t.rejects(
    city.db.pool.query(`update application set state = 'accepted' where application_id = $1`, [
      application.id,
    ]),
    /a correction is open/,
  );
  await city.db.pool.query(
    `insert into correction select person_id, gen_random_uuid(), application_id, notice_id, 2, seen, requested_at,
     requested_by, requested_at from correction where application_id = $1`,
    [application.id],
  );
  await t.rejects(
    city.db.pool.query(
      `insert into correction_item select person_id, correction_id, 1, 'work', 'p', 'r', seen[1]
       from correction where application_id = $1 and round = 2`,
      [application.id],
    ),
    /could have been seen before/,
  );
});

t.test('a correction request with several errors is refused with all of them', async (t) => {
  const application = await applied();
  const other = await applied();
  const foreign = await add(other, 'identity-card');
  const { errors } = await ask<Problem>(
    application,
    [
      { subject: 'identity-card', materialId: foreign.id, problem: '不是本人的', remedy: '请重新上传' },
      { subject: 'contribution-proof', problem: '缺少一页', remedy: '请补齐全部页' },
      { ...workDefect, recordId: foreign.id },
    ],
    400,
  );
  t.strictSame(
    errors.map(({ pointer, code }) => [pointer, code]),
    [
      ['/body/defects/0/materialId', 'unknown-material'],
      ['/body/defects/1/materialId', 'required'],
      ['/body/defects/2/recordId', 'unknown-record'],
    ],
  );
});

t.test('withdrawing a case closes its open correction', async (t) => {
  const application = await applied(unknownResident());
  const asked = await ask(application, [workDefect]);
  strictMatch(t, await act(platform, asked, 'withdrawal'), {
    state: 'withdrawn',
    correction: null,
    timeLimit: null,
  });
});

t.test('an update of a draft replaces whole parts, or reports all its errors together', async (t) => {
  const draft = await drafted(await resident());
  const url = `/v1/applications/${draft.id}`;
  const refused = await call<Problem>(platform, 'PATCH', url, {
    body: { quarter: '2025Q1', applicant: { name: '另一人', phone: '13900000001' } },
    ifMatch: draft.version,
    status: 400,
  });
  t.strictSame(
    refused.body.errors.map(({ pointer }) => pointer),
    ['/body/account', '/body/months/0', '/body/months/1', '/body/months/2'],
  );
  const changed = await call<Application>(platform, 'PATCH', url, {
    body: { quarter: '2025Q1', months: ['2025-03', '2025-01'], work },
    ifMatch: draft.version,
    status: 200,
  });
  strictMatch(t, changed.body, { quarter: '2025Q1', work, version: draft.version + 1 });
  t.strictSame(
    changed.body.months.map(({ month }) => month),
    ['2025-01', '2025-03'],
  );
  const stale = await call<Problem>(platform, 'PATCH', url, { body: { work }, ifMatch: draft.version });
  t.equal(stale.status, 412);
});

t.test(
  'during an open correction the months cannot change, and the account holder must have the name on file',
  async (t) => {
    const application = await applied(unknownResident());
    const asked = await ask(application, [workDefect]);
    const { body } = await call<Problem>(platform, 'PATCH', `/v1/applications/${application.id}`, {
      body: {
        months: ['2025-04'],
        account: { bank: '景德镇农商银行', number: '6217000000000001236', holder: '另一人' },
      },
      ifMatch: asked.version,
      status: 400,
    });
    t.strictSame(body.errors.map(({ pointer }) => pointer).sort(), ['/body/account/holder', '/body/months']);
  },
);

t.test('a draft is deleted with its materials after thirty days, a submitted case is not', async (t) => {
  const one = await setup(t);
  const draft = await one.drafted(await one.resident());
  const submitted = await one.applied();
  await one.call(platform, 'POST', `/v1/applications/${draft.id}/materials`, {
    ...materialForm('identity-card'),
    status: 201,
  });
  t.equal(draft.expiresOn, '2025-08-04');
  const expire = async () => {
    await one.db.pool.query("select graphile_worker.add_job('expire-drafts')");
    await one.work();
    const { rows } = await one.db.pool.query<{ id: string }>('select application_id as id from application');
    return rows.map(({ id }) => id).sort();
  };
  one.clock.set('2025-08-04');
  t.strictSame(await expire(), [draft.id, submitted.id].sort(), 'on its last day it is still there');
  one.clock.set('2025-08-05');
  t.strictSame(await expire(), [submitted.id]);
  const materials = await one.db.pool.query('select from material');
  t.equal(materials.rowCount, 0);
  const audit = await one.db.pool.query<{ change: object }>(
    `select change from audit_entry where target_id = $1 and operation = 'expireDrafts'`,
    [draft.id],
  );
  strictMatch(t, audit.rows, [{ change: { because: 'expired', materialsDeleted: 1 } }]);
});
