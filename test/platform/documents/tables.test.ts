// Names in spreadsheets and bank files become neither formulas, nor broken files, nor other names.

import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { readSheet } from 'read-excel-file/node';
import t from 'tap';
import { bankFormatNames, bankFormatOf } from '../../../src/payments/bank/formats.ts';
import { fieldErrorsOfOrder, rowsOf } from '../../../src/payments/bank/payment-file.ts';
import { csvOf, type Table, workbookOf } from '../../../src/platform/documents/tables.ts';

const runs = Number(process.env['PAPER_RUNS'] ?? 60);
const seed = Number(process.env['PAPER_SEED'] ?? Date.now());
t.comment(`PAPER_SEED=${seed}`);

const name = fc
  .tuple(
    fc.constantFrom(
      '',
      '',
      '=',
      '+',
      '-',
      '@',
      '\t',
      '\r',
      '＝',
      '＋',
      '－',
      '＠',
      ' =',
      '\u3000=',
      '\u200B=',
      "'",
    ),
    fc.oneof(
      fc.constantFrom(
        '张三',
        '阿依古丽·买买提',
        '欧阳𠮷',
        '㛃𫖯', // extensions A and C
        'ＺＨＡＮＧ　ＳＡＮ',
        '\u202E三张\u202C',
        'مريم',
        '张\0三',
        'cmd|/C calc!A0',
        'HYPERLINK("http://x","点")',
        '1+1',
        '0',
        '_x0041_',
        '__proto__',
        'constructor',
        '"李","四"\r\n五',
        '\uFFFD\uFFFE',
        '\uE000', // private use
        '\uD842', // a lone surrogate
        ' 末尾有空格 ',
        '360299197205111035',
        '6217000000000000126',
        '007',
      ),
      fc.string({ unit: 'binary', maxLength: 12 }),
      fc.string({ unit: 'grapheme', maxLength: 12 }),
    ),
  )
  .map(([start, rest]) => start + rest)
  .filter((text) => text !== '');

function tableOf(names: readonly string[]): Table {
  return {
    name: '名单',
    caption: [],
    columns: [
      { title: '姓名', kind: 'text', width: 12 },
      { title: '金额（元）', kind: 'fen', width: 12 },
    ],
    rows: names.map((text, at) => [text, 50_000 + at]),
    total: null,
  };
}

/** What spreadsheets evaluate as a formula. */
const computed = /^\s*[=+\-@＝＋－＠]|^[\t\r\n]/;

t.test('a workbook contains every text unchanged, as text', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(name, { minLength: 1, maxLength: 20 }), async (names) => {
      const [, ...rows] = await readSheet(await workbookOf([tableOf(names)]), { trim: false });
      assert.deepEqual(
        rows,
        names.map((text, at) => [text, (50_000 + at) / 100]),
      );
    }),
    { seed, numRuns: runs },
  );
});

t.test('a CSV file contains no formula, and everything else unchanged', (t) => {
  fc.assert(
    fc.property(fc.array(name, { minLength: 1, maxLength: 20 }), (names) => {
      const text = csvOf(tableOf(names)).toString('utf8');
      const [, ...rows] = parse(text, { bom: true });
      assert.equal(rows.length, names.length);
      for (const [at, [cell = '', amount]] of rows.entries()) {
        const written = names[at]?.toWellFormed() ?? '';
        assert.ok(!computed.test(cell), 'nothing a spreadsheet computes');
        assert.ok(cell === written || cell === `'${written}`, JSON.stringify([cell, written]));
        assert.equal(cell === written, !/^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]|^[\t\r\n]/u.test(written));
        assert.match(amount ?? '', /^500\.\d\d$/);
      }
    }),
    { seed, numRuns: runs },
  );
  t.end();
});

t.test('the bank’s file rejects a name with its line, or contains it unchanged', (t) => {
  const decoders = { 'utf-8': new TextDecoder('utf-8'), gb18030: new TextDecoder('gb18030') };
  const lineId = '0197d8a1-4b00-7000-8000-000000000001';
  const seen = { refused: 0, carried: 0 };
  fc.assert(
    fc.property(name, fc.constantFrom(...Object.keys(bankFormatNames)), (holder, id) => {
      const format = bankFormatOf(id);
      const order = {
        lineId,
        holder,
        account: '6217000000000000126',
        bank: '景德镇农商银行',
        amountFen: 50_000,
      };
      const fieldErrors = fieldErrorsOfOrder(format, order);
      if (fieldErrors.length > 0) {
        seen.refused += 1;
        assert.deepEqual(
          fieldErrors.map(({ pointer }) => pointer),
          [`/lines/${lineId}/holder`],
        );
        assert.ok(
          !fieldErrors.some(({ detail }) => detail.includes(holder) && holder.length > 6),
          'and repeats nothing',
        );
        return;
      }
      seen.carried += 1;
      assert.ok(!computed.test(holder), 'nothing that a spreadsheet computes is carried');
      const [cells = []] = parse(decoders[format.encoding].decode(rowsOf(format, [order])));
      assert.equal(cells[format.payment.columns.findIndex(({ value }) => value === 'holder')], holder);
    }),
    { seed, numRuns: runs * 10 },
  );
  t.ok(seen.refused > 0 && seen.carried > 0, JSON.stringify(seen));
  t.end();
});

t.test('long digits stay text, amounts are numbers, and captions stand above the head', async (t) => {
  const table: Table = {
    ...tableOf(['360299197205111035']),
    caption: ['名单', '=说明'],
    total: ['合计', 150_001],
  };
  t.strictSame(await readSheet(await workbookOf([table])), [
    ['名单', null],
    ['=说明', null],
    ['姓名', '金额（元）'],
    ['360299197205111035', 500],
    ['合计', 1500.01],
  ]);
  t.equal(
    csvOf(table).toString('utf8'),
    '\uFEFF姓名,金额（元）\r\n360299197205111035,500.00\r\n合计,1500.01\r\n',
  );
});
