// Registers by hand: every kind, from the template's headings, about the agency's own people, as a register would have
// delivered it.

import { readSheet } from 'read-excel-file/node';
import t from 'tap';
import type { Kind } from '../../../src/rules/facts.ts';
import { kinds } from '../../../src/rules/facts.ts';
import { type CallOptions, type City, type Problem, setup } from '../../helper.ts';
import { strictMatch } from '../../strict-match.ts';
import { householdIn, type Resident } from '../residents.ts';

interface Imported {
  readonly sha256: string;
  readonly totals: Readonly<Record<string, number>>;
  readonly refused: readonly { readonly row: number; readonly errors: Problem['errors'] }[];
}

const handler = 'handler-360203';

const csv = (...lines: readonly string[]): CallOptions => ({
  body: Buffer.from(`${lines.join('\r\n')}\r\n`),
  headers: { 'content-type': 'text/csv' },
});

async function imported(
  { call }: City,
  kind: Kind,
  file: CallOptions,
  more: Readonly<Record<string, string>> = {},
  who = handler,
): Promise<Imported> {
  const query = { kind, ...more };
  const { body: checked } = await call<Imported>(who, 'POST', '/v1/record-imports/checks', {
    ...file,
    query,
    key: null,
    status: 200,
  });
  const confirmed = { ...query, confirm: checked.sha256 };
  const { body } = await call<Imported>(who, 'POST', '/v1/record-imports', {
    ...file,
    query: confirmed,
    status: 200,
  });
  t.strictSame(body.totals, checked.totals, 'the check told what the import would do');
  t.strictSame(body.refused, checked.refused);
  return body;
}

/** Everything that a payable quarter needs, uploaded by the county. */
async function uploadAll(city: City, { identityNumber, name, street }: Resident): Promise<void> {
  const who = `${identityNumber},${name}`;
  const months = ['2025-04', '2025-05', '2025-06'];
  const tables: readonly (readonly [Kind, ...string[]])[] = [
    ['household', '公民身份号码,姓名,开始日,结束日,街道代码', `${who},1990/1/1,,${street}`],
    ['unemployment-registration', '公民身份号码,姓名,开始日,结束日', `${who},2023年6月1日,2024-02-29`],
    ['hardship-recognition', '公民身份号码,姓名,开始日,类别', `${who},2024-01-10,享受居民最低生活保障人员`],
    ['flexible-employment', '公民身份号码,姓名,开始日', `${who},20240301`],
    [
      'contribution',
      '公民身份号码,姓名,费款所属期,参保类型,险种,缴费主体,是否退费',
      ...months.map((month) => `${who},${month.replace('-', '')},职工,养老保险,个人,否`),
    ],
  ];
  for (const [kind, ...lines] of tables) {
    const { refused } = await imported(city, kind, csv(...lines), { throughMonth: '2025-06' });
    t.strictSame(refused, [], kind);
  }
  const silent = kinds.filter((kind) => !tables.some(([uploaded]) => uploaded === kind));
  for (const kind of silent) {
    const { body } = await city.call<Buffer>(handler, 'GET', `/v1/record-imports/templates/${kind}/file`, {
      status: 200,
    });
    t.ok(body, `${kind} has a template`);
    const heads = headingsOf.get(kind) ?? '公民身份号码,开始日';
    strictMatch(
      t,
      await imported(city, kind, csv(heads), { throughMonth: '2025-06' }),
      { totals: { received: 0 } },
      kind,
    );
  }
}

const headingsOf: ReadonlyMap<Kind, string> = new Map<Kind, string>([
  ['contribution-refund', '公民身份号码,费款所属期,险种'],
  ['retirement-category', '公民身份号码,开始日,类别'],
  ['prior-benefit', '公民身份号码,初次核定日,距退休不足5年,已享受月份'],
  ['death', '公民身份号码,死亡日期'],
]);

t.test('a quarter is granted on registers that the county uploaded by hand', async (t) => {
  const city = await setup(t);
  const person = city.nextResident();
  await uploadAll(city, person);
  const { amountFen } = await city.decided(await city.accepted(person));
  t.equal(amountFen, 150_000);
  const personId = await city.lookedUp(person, handler);
  const { body } = await city.call<{ items: { kind: string; source: string; fileSha256: string | null }[] }>(
    handler,
    'GET',
    `/v1/people/${personId}/records`,
  );
  t.equal(body.items.length, 7);
  for (const { source, fileSha256 } of body.items) {
    t.equal(source, 'hand-360203');
    t.match(fileSha256, /^[0-9a-f]{64}$/);
  }
  const { body: entries } = await city.call<{ items: { change: Record<string, unknown> }[] }>(
    'auditor',
    'GET',
    '/v1/audit-entries',
    { query: { operation: 'importRecords' } },
  );
  t.ok(entries.items.some(({ change }) => change['kind'] === 'household' && change['sha256'] !== undefined));
});

t.test('a corrected row supersedes its own, and a row marked as deleted ends it', async (t) => {
  const city = await setup(t);
  const person = await city.resident();
  const table = (...lines: string[]) => csv('公民身份号码,开始日,结束日,编号,删除', ...lines);
  const id = person.identityNumber;
  strictMatch(t, await imported(city, 'public-post', table(`${id},2025-05-01,,,`)), { totals: { new: 1 } });
  strictMatch(t, await imported(city, 'public-post', table(`${id},2025-05-01,2025-05-31,,`)), {
    totals: { superseding: 1 },
  });
  strictMatch(t, await imported(city, 'public-post', table(`${id},2025-05-01,2025-05-31,,否`)), {
    totals: { unchanged: 1 },
  });
  strictMatch(t, await imported(city, 'public-post', table(`${id},2025-05-01,2025-05-31,,是`)), {
    totals: { superseding: 1, refused: 0 },
  });
  const url = `/v1/people/${await city.lookedUp(person, handler)}/records`;
  const { body } = await city.call<{ items: unknown[] }>(handler, 'GET', url, {
    query: { kind: 'public-post' },
  });
  t.strictSame(body.items, []);
});

t.test('an agency uploads the records of its own people only', async (t) => {
  const city = await setup(t);
  const [own, elsewhere, unknown] = [
    await city.resident(),
    await city.resident({ street: '360202001', agency: '360202' }),
    city.nextResident(),
  ];
  const { refused, totals } = await imported(
    city,
    'dishonesty',
    csv(
      '公民身份号码,开始日',
      ...[own, elsewhere, unknown].map(({ identityNumber }) => `${identityNumber},2025-06-01`),
    ),
  );
  strictMatch(t, totals, { received: 3, new: 1, refused: 2 });
  t.strictSame(
    refused.map(({ row, errors }) => [row, ...errors.map(({ code, detail }) => [code, detail])]),
    [
      [3, ['other-agency', '第3行此人户籍登记在其他经办机构的辖区，请由该机构导入。']],
      [4, ['other-agency', '第4行尚无此人在本辖区的户籍登记或申请，请先导入户籍登记。']],
    ],
  );
  const households = await imported(
    city,
    'household',
    csv(
      '公民身份号码,开始日,街道代码',
      `${elsewhere.identityNumber},2025-06-01,360203007`,
      `${unknown.identityNumber},2025-06-01,360202001`,
      `${city.nextResident().identityNumber},2025-06-01,360203007`,
    ),
  );
  strictMatch(t, households, {
    totals: { new: 1, refused: 2 },
    refused: [{ row: 2 }, { row: 3, errors: [{ pointer: '/body/rows/2/street', code: 'other-agency' }] }],
  });
  // Once the register ends the household there, the new agency may register it.
  await city.deliver([{ ...householdIn(elsewhere, '360202001', 2), to: '2025-05-31' }]);
  strictMatch(
    t,
    await imported(
      city,
      'household',
      csv('公民身份号码,开始日,街道代码', `${elsewhere.identityNumber},2025-06-01,360203007`),
    ),
    { totals: { new: 1 } },
  );
});

t.test('rows of a table meet the same checks as delivered ones, in its own field names too', async (t) => {
  const city = await setup(t);
  const { identityNumber } = await city.resident();
  const { refused } = await imported(
    city,
    'contribution',
    csv(
      '公民身份号码,费款所属期,参保类型,险种,缴费主体,是否退费',
      `${identityNumber},2025-13,军人,养老保险,个人,也许`,
      `${identityNumber},2031-01,职工,养老保险,个人,否`,
    ),
  );
  t.strictSame(
    refused.map(({ row, errors }) => [row, ...errors.map(({ pointer, code }) => `${pointer} ${code}`)]),
    [
      [
        2,
        '/body/rows/1/month wrong-format',
        '/body/rows/1/scheme unknown-value',
        '/body/rows/1/refunded wrong-type',
      ],
      [3, '/body/rows/2/month in-future'],
    ],
  );
  const mapped = await imported(
    city,
    'contribution',
    csv(
      'AAC002,AAE002,AAE140,payer,refunded,AAC999',
      `${identityNumber},202505,110,individual,false,`,
      `${identityNumber},202506,110,individual,false,x`,
    ),
    { mapping: 'ministry-indicators' },
  );
  strictMatch(t, mapped, {
    totals: { received: 2, new: 1, refused: 1 },
    refused: [{ row: 3, errors: [{ pointer: '/body/rows/2/AAC999', code: 'unknown-field' }] }],
  });
  const future = await city.call<Problem>(handler, 'POST', '/v1/record-imports/checks', {
    ...csv('公民身份号码,开始日'),
    query: { kind: 'pension', throughMonth: '2025-08' },
    key: null,
  });
  strictMatch(t, future, {
    status: 400,
    body: { errors: [{ pointer: '/query/throughMonth', code: 'in-future' }] },
  });
});

t.test('a template’s headings are those that an import takes, and it says how to fill them in', async (t) => {
  const city = await setup(t);
  const { call, app, token } = city;
  for (const kind of kinds) {
    const { rawPayload } = await app.inject({
      url: `/v1/record-imports/templates/${kind}/file`,
      headers: { authorization: `Bearer ${await token(handler)}` },
    });
    const [headings = [], ...rows] = await readSheet(rawPayload);
    t.strictSame(rows, [], kind);
    const { status } = await call(handler, 'POST', '/v1/record-imports/checks', {
      ...csv(headings.join(',')),
      query: { kind },
      key: null,
    });
    t.equal(status, 200, `${kind}: ${headings.join()}`);
    const [, ...notes] = await readSheet(rawPayload, 2);
    t.strictSame(
      notes.map(([heading]) => heading),
      headings,
    );
    t.ok(
      notes.every(([, , note]) => typeof note === 'string' && note !== ''),
      kind,
    );
  }
});
