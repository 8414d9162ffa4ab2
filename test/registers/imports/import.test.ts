// Importing a register by hand, from a table or JSON, after a check of the same file.

import { strToU8, zipSync } from 'fflate';
import t from 'tap';
import writeXlsxFile, { type SheetData } from 'write-excel-file/node';
import { watchEventLoop } from '../../event-loop.ts';
import { type CallOptions, type City, type Problem, setup } from '../../helper.ts';
import type { Resident } from '../../steps.ts';
import { strictMatch } from '../../strict-match.ts';

interface Imported {
  readonly sha256: string;
  readonly encoding: string;
  readonly totals: Record<string, number>;
  readonly refused: readonly { row: number; errors: Problem['errors'] }[];
  readonly flagged: readonly { row: number; errors: Problem['errors'] }[];
}

const handler = 'handler-360203';
const xlsx = 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet';
const headings = '公民身份号码,姓名,初次核定日,距退休不足5年,已享受月份,编号';

function csv(...lines: readonly string[]): CallOptions {
  return table(Buffer.from(`${[headings, ...lines].join('\r\n')}\r\n`), 'text/csv');
}

function table(body: Buffer, type: string): CallOptions {
  return { body, headers: { 'content-type': type } };
}

const history = { kind: 'prior-benefit' };

async function check(
  city: City,
  file: CallOptions,
  status = 200,
  query: CallOptions['query'] = history,
): Promise<Imported & Problem> {
  const url = '/v1/record-imports/checks';
  const answer = await city.call<Imported & Problem>(handler, 'POST', url, { ...file, query, key: null });
  // On a busy machine a process that has just started answers 503.
  if (answer.status === 503) return await check(city, file, status, query);
  if (answer.status !== status) throw new Error(`${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body;
}

async function importFile(
  city: City,
  file: CallOptions,
  confirm: string,
  status = 200,
  query: CallOptions['query'] = history,
) {
  const options = { ...file, query: { ...query, confirm }, status };
  return (await city.call<Imported & Problem>(handler, 'POST', '/v1/record-imports', options)).body;
}

async function countOf(city: City, name: string): Promise<number> {
  const { rows } = await city.db.pool.query(`select count(*)::int as n from ${name}`);
  return rows[0].n;
}

async function entitlementOf(city: City, somebody: Resident) {
  const url = `/v1/people/${await city.lookedUp(somebody, handler)}/entitlement`;
  return (
    await city.call<{ importedMonths: string[]; term: { firstApprovedOn: string } }>(handler, 'GET', url)
  ).body;
}

t.test(
  'an import check reports what the import would do and stores nothing, and then the same file is imported',
  async (t) => {
    const city = await setup(t);
    const [one, other] = [city.nextResident(), city.nextResident({ sex: 'F', born: '1976-08-15' })];
    const file = csv(
      `${one.identityNumber},${one.name},2023-02-10,否,2022-10至2022-12、202302,A-1`,
      `${other.identityNumber},,2023/03/10,是,2023-03,`,
    );
    const before = [await countOf(city, 'person'), await countOf(city, 'record')];
    const checked = await check(city, file);
    strictMatch(t, checked, { encoding: 'utf-8', totals: { received: 2, new: 2, refused: 0 } });
    t.strictSame(checked.flagged, []);
    t.strictSame([await countOf(city, 'person'), await countOf(city, 'record')], before);

    const imported = await importFile(city, file, checked.sha256);
    strictMatch(t, imported.totals, { received: 2, new: 2, refused: 0 });
    const { importedMonths, term } = await entitlementOf(city, one);
    t.strictSame(importedMonths, ['2022-10', '2022-11', '2022-12', '2023-02']);
    t.equal(term.firstApprovedOn, '2023-02-10');

    t.test('importing a file again changes nothing, and a corrected row supersedes its own', async (t) => {
      strictMatch(t, (await importFile(city, file, checked.sha256)).totals, { new: 0, unchanged: 2 });
      const corrected = csv(`${one.identityNumber},${one.name},2023-02-10,否,2022-10,A-1`);
      const { sha256, totals } = await check(city, corrected);
      strictMatch(t, totals, { superseding: 1 });
      await importFile(city, corrected, sha256);
      t.strictSame((await entitlementOf(city, one)).importedMonths, ['2022-10']);
    });

    t.test('a file that was not checked, or has changed since, is not imported', async (t) => {
      const other = csv(`${one.identityNumber},,2023-02-10,否,2022-11,A-1`);
      t.equal((await importFile(city, other, checked.sha256, 409)).code, 'import-not-checked');
    });
  },
);

t.test('an import returns each invalid row with its errors and stores the rest', async (t) => {
  const city = await setup(t);
  const good = city.nextResident();
  const twice = city.nextResident();
  const file = csv(
    `${good.identityNumber},,2023-02-10,否,2022-10,`,
    '360203196603100011,,2023-02-10,否,2022-10,',
    `${city.nextResident().identityNumber},,2023-02-30,也许,2022-13,`,
    `${city.nextResident().identityNumber},,2031-01-01,是,2031-01,`,
    `${twice.identityNumber},,2023-02-10,否,2022-10,`,
    `${twice.identityNumber},,2023-02-10,否,2022-11,`,
    `${city.nextResident().identityNumber},,2023-02-10,否,,`,
    `${city.nextResident().identityNumber},,2023-02-10,constructor,2022-10,`,
  );
  const { sha256 } = await check(city, file);
  const { totals, refused } = await importFile(city, file, sha256);
  strictMatch(t, totals, { received: 8, new: 2, refused: 6 });
  const codes = refused.map(({ row, errors }) => [
    row,
    errors.map(({ pointer, code }) => `${pointer.split('/')[4]} ${code}`),
  ]);
  t.strictSame(codes, [
    [3, ['identityNumber identity-number-check-character']],
    [4, ['firstApprovedOn wrong-format', 'near wrong-type', 'months wrong-format']],
    [5, ['firstApprovedOn in-future', 'months in-future']],
    [7, ['undefined row-twice']],
    [8, ['months required']],
    [9, ['near wrong-type']],
  ]);
});

t.test(
  'an import converts and flags numbers of fifteen digits, and flags more months than the cap',
  async (t) => {
    const city = await setup(t);
    const months = '2019-01至2022-06';
    const checked = await check(
      city,
      csv(
        `360299760815002,,2023-02-10,是,2022-10,`,
        `${city.nextResident().identityNumber},,2019-02-10,否,${months},`,
      ),
    );
    strictMatch(
      t,
      checked.flagged.map(({ row, errors }) => [row, errors[0]?.code]),
      [
        [2, 'identity-number-converted'],
        [3, 'over-cap'],
      ],
    );
  },
);

t.test('an imported row that contradicts its own dates is stored only when confirmed', async (t) => {
  const city = await setup(t);
  // Born in November 1967, sixty in November 2027: four years and nine months after the first approval.
  const [near, far] = [city.nextResident({ born: '1967-11-10' }), city.nextResident({ born: '1980-01-10' })];
  const file = csv(
    `${near.identityNumber},${near.name},2023-02-10,否,2023-01,`,
    `${far.identityNumber},,2023-02-10,是,2023-01,`,
    `${city.nextResident({ born: '1980-01-10' }).identityNumber},,2023-02-10,否,2023-01,`,
  );
  const checked = await check(city, file);
  const fieldErrorsOf = (rows: Imported['flagged']) =>
    rows.map(({ row, errors }) => [row, errors.map(({ pointer, code }) => `${pointer} ${code}`)]);
  const contradicting = [
    [2, ['/body/rows/1/near near-contradicts-dates']],
    [3, ['/body/rows/2/near near-contradicts-dates']],
  ];
  t.strictSame(fieldErrorsOf(checked.flagged), contradicting);
  t.equal(
    checked.flagged[0]?.errors[0]?.detail,
    '第2行“距退休不足5年”填的是“否”，但从初次核定日到法定退休时间（2027年11月）不足5年。请核对；当时确实这样认定的，请在导入时确认该行。',
  );

  const unconfirmed = await importFile(city, file, checked.sha256);
  t.strictSame([unconfirmed.totals['new'], unconfirmed.totals['refused']], [1, 2]);
  t.strictSame(fieldErrorsOf(unconfirmed.refused), contradicting);
  t.strictSame(unconfirmed.flagged, []);

  const query = { ...history, confirm: checked.sha256, confirmRows: '2' };
  const options = { ...file, query, status: 200 };
  const one = (await city.call<Imported>(handler, 'POST', '/v1/record-imports', options)).body;
  t.strictSame([one.totals['new'], one.totals['unchanged'], one.totals['refused']], [1, 1, 1]);
  t.strictSame(fieldErrorsOf(one.flagged), contradicting.slice(0, 1));
  t.strictSame(fieldErrorsOf(one.refused), contradicting.slice(1));

  const asked = await city.asked<{ assessment: { term: { explanation: string } } }>(near, {}, handler);
  const { explanation } = asked.body.assessment.term;
  t.ok(
    explanation.startsWith('于2023年2月10日初次核定，当时由办理机构登记为不属于距法定退休不足5年，累计最长'),
    explanation,
  );
});

t.test('an import reads CSV in GB18030, and refuses it inside JSON with a hint', async (t) => {
  const city = await setup(t);
  const { identityNumber } = city.nextResident();
  // 公民身份号码,姓名,初次核定日,距退休不足5年,已享受月份 and a row of 张伟: 否, in GB18030 as spreadsheets save it.
  const bytes = Buffer.concat([
    Buffer.from(
      'b9abc3f1c9edb7ddbac5c2eb2cd0d5c3fb2cb3f5b4cebacbb6a8c8d52cbee0cdcbd0ddb2bbd7e335c4ea2cd2d1cfedcadcd4c2b7dd',
      'hex',
    ),
    Buffer.from(`\r\n${identityNumber},`),
    Buffer.from('d5c5ceb0', 'hex'),
    Buffer.from(',2023-02-10,'),
    Buffer.from('b7f1', 'hex'),
    Buffer.from(',2022-10\r\n'),
  ]);
  strictMatch(t, await check(city, table(bytes, 'text/csv')), {
    encoding: 'gb18030',
    totals: { new: 1, refused: 0 },
  });
  const refused = await check(
    city,
    {
      body: Buffer.concat([
        Buffer.from('{"rows":[{"name":"'),
        Buffer.from('d5c5', 'hex'),
        Buffer.from('"}]}'),
      ]),
    },
    400,
  );
  strictMatch(t, refused, { code: 'invalid-json', detail: /GB18030/ });
});

t.test('a workbook is imported like a CSV table, with its dates as days', async (t) => {
  const city = await setup(t);
  const [one, other] = [city.nextResident(), city.nextResident()];
  const rows: SheetData = [
    headings.split(','),
    [
      one.identityNumber,
      one.name,
      { value: new Date('2023-02-10T00:00:00Z'), format: 'yyyy-mm-dd' },
      '否',
      '2022-10至2022-12',
      'X-1',
    ],
    [other.identityNumber, null, '2023年03月10日', '是', '2023-03', null],
    // A number cell holds only fifteen exact digits.
    [360_299_197_205_110_000, null, '2023-02-10', '否', '2022-10', null],
  ];
  const file = table(await writeXlsxFile(rows).toBuffer(), xlsx);
  const checked = await check(city, file);
  strictMatch(t, checked, {
    encoding: 'xlsx',
    totals: { received: 3, new: 2, refused: 1 },
    refused: [{ row: 4, errors: [{ pointer: '/body/rows/3/identityNumber', code: 'wrong-type' }] }],
  });
  await importFile(city, file, checked.sha256);
  const { importedMonths, term } = await entitlementOf(city, one);
  t.strictSame(importedMonths, ['2022-10', '2022-11', '2022-12']);
  t.equal(term.firstApprovedOn, '2023-02-10');
});

t.test('JSON is imported like a table', async (t) => {
  const city = await setup(t);
  const { identityNumber } = city.nextResident();
  const rows = [
    { identityNumber, firstApprovedOn: '2023-02-10', near: false, months: ['2022-10'] },
    { identityNumber, firstApprovedOn: '2023-02-10', near: false, months: ['2022-10'], unasked: 1 },
  ];
  const { sha256, encoding } = await check(city, { body: { rows } });
  t.equal(encoding, 'json');
  const imported = await importFile(city, { body: JSON.stringify({ rows }, null, 2) }, sha256);
  strictMatch(t, imported, {
    totals: { new: 1, refused: 1 },
    refused: [{ row: 2, errors: [{ code: 'unknown-field' }] }],
  });
});

t.test('an import with missing or unknown headings, or without a table, is refused as a whole', async (t) => {
  const city = await setup(t);
  const refused = await check(city, table(Buffer.from('身份证号,备注\r\n1,2\r\n'), 'text/csv'), 400);
  t.strictSame(
    refused.errors.map(({ code }) => code),
    ['unknown-field', 'required', 'required', 'required'],
  );
  await check(city, table(Buffer.from(`${headings}\r\n"1,2\r\n`), 'text/csv'), 400);
  await check(city, table(Buffer.from('MZ not a workbook'), xlsx), 415);
  await check(city, table(Buffer.from('PK\x03\x04 nor this'), xlsx), 415);
});

t.test('only a handler can import a register', async (t) => {
  const city = await setup(t);
  for (const caller of ['reviewer-360203', 'platform-ganfutong', 'administrator', 'provincial-system']) {
    await city.call(caller, 'POST', '/v1/record-imports/checks', {
      ...csv(),
      query: history,
      key: null,
      status: 403,
    });
  }
});

t.test(
  'a table that exceeds the bounds of an import is refused and does not delay other requests',
  async (t) => {
    const city = await setup(t);
    const workbook = async (...sheets: string[]) => {
      const head =
        '<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">';
      const files: Record<string, Uint8Array> = {};
      for (const [index, cells] of sheets.entries())
        files[`xl/worksheets/sheet${index + 1}.xml`] = strToU8(
          `${head}<sheetData>${cells}</sheetData></worksheet>`,
        );
      return table(Buffer.from(zipSync(files, { level: 9 })), xlsx);
    };
    const refused: Readonly<Record<string, CallOptions>> = {
      'a cell in the last row and column': await workbook('<row r="1"><c r="XFD1048576"><v>1</v></c></row>'),
      'a row number beyond': await workbook('<row r="1048576"><c><v>1</v></c></row>'),
      'a hundred thousand empty rows': await workbook('<row/>'.repeat(100_000)),
      'commas alone': table(Buffer.alloc(4 * 2 ** 20, ','), 'text/csv'),
      'line ends alone, which is no table': table(Buffer.alloc(4 * 2 ** 20, '\n'), 'text/csv'),
      'one endless cell': table(Buffer.from(`"${'x'.repeat(4 * 2 ** 20)}"`), 'text/csv'),
      'one endless quoted cell that never closes': table(
        Buffer.from(`"${'x'.repeat(4 * 2 ** 20)}`),
        'text/csv',
      ),
    };
    for (const [what, file] of Object.entries(refused)) {
      const longest = watchEventLoop();
      const answer = await city.call<Problem>(handler, 'POST', '/v1/record-imports/checks', {
        ...file,
        query: history,
        key: null,
      });
      const longestMs = longest();
      const expected = what.endsWith('no table') ? 400 : 413;
      t.equal(answer.status, expected, `${what}: ${answer.status} ${answer.body.detail}`);
      t.ok(longestMs < 1_000, `${what}: the event loop worked for ${Math.round(longestMs)} ms`);
    }
    const names = ['constructor', '__proto__', 'toString'];
    const { errors } = await check(city, table(Buffer.from(`${names.join(',')}\r\n`), 'text/csv'), 400);
    t.strictSame(
      errors.filter(({ code }) => code === 'unknown-field').map(({ pointer }) => pointer),
      names.map((_, index) => `/body/headings/${index}`),
    );
  },
);
