// The bank's result file, read in portions: what a reader of the whole file would find is found across them.

import t from 'tap';
import { bankFormatOf } from '../../src/payments/bank/formats.ts';
import { readResultFile } from '../../src/payments/bank/result-file.ts';
import { type Problem, setup } from '../helper.ts';
import { strictMatch } from '../strict-match.ts';

const idOf = (number: number) => `0197d8a1-4b00-7000-8000-${String(number).padStart(12, '0')}`;
const head = `批次号,笔数,成功金额（元）,失败金额（元）,不明金额（元）\r\nFF25-00001-01,1,0.00,0.00,0.00\r\n行号,金额（元）,结果代码\r\n`;

t.test('a file of 300,000 lines is read some thousand at a time', async (t) => {
  const count = 300_000;
  const lines = Array.from({ length: count }, (_, number) => `${idOf(number)},1500.00,SUCCESS\r\n`);
  const told = readResultFile(Buffer.from(head + lines.join('')), bankFormatOf('utf-8-csv'));
  const sizes: number[] = [];
  const lineIds: (string | null)[] = [];
  for (const portion of told.portions) {
    sizes.push(portion.lines.length);
    lineIds.push(...portion.lines.map(({ lineId }) => lineId));
  }
  t.ok(Math.max(...sizes) < 5_000, 'never many at once');
  t.equal(lineIds.length, count, 'none is lost');
  t.ok(
    lineIds.every((lineId, index) => lineId === idOf(index)),
    'or read twice',
  );
});

t.test('a line break and a character of the encoding are not cut between portions', async (t) => {
  const format = bankFormatOf('utf-8-csv');
  const code = `"王\n${'王'.repeat(300)}\r\n王"`;
  const lines = Array.from({ length: 1_000 }, (_, number) => `${idOf(number)},1500.00,${code}\r\n`);
  const portions = [...readResultFile(Buffer.from(head + lines.join('')), format).portions];
  t.ok(portions.length > 1);
  const errors = portions.flatMap(({ fieldErrors }) => fieldErrors);
  t.equal(errors.length, 1_000);
  t.ok(errors.every(({ code: said }) => said === 'unknown-code'));
  t.equal(errors.at(-1)?.pointer, '/body/lines/999/result', 'a line keeps its number');
});

t.test(
  'a file without line ends, or with a quote that is never closed, is refused before it is read whole',
  async (t) => {
    for (const text of [`"${'王'.repeat(100_000)}`, `${idOf(1)},1500.00,${'S'.repeat(300_000)}`]) {
      const told = () => [...readResultFile(Buffer.from(head + text), bankFormatOf('utf-8-csv')).portions];
      t.throws(told, { code: 'results-refused', fieldErrors: [{ code: 'wrong-form' }] });
    }
  },
);

t.test('a line told again in a later portion, and one told nowhere, refuse the whole file', async (t) => {
  const city = await setup(t);
  for (const _ of [1, 2, 3]) await city.approved();
  const sent = await city.inPayment();
  const url = `/v1/disbursements/${sent.id}/payment-result-files`;
  const good = await city.resultFileOf(sent, () => 'UNKNOWN');
  const [, , , first = '', second = '', third = ''] = good.body.toString().split('\r\n');
  const titles = good.body.toString().split('\r\n').slice(0, 3);
  // Empty lines count for nothing, but fill portions.
  const fileOf = (...lines: string[]) => ({
    ...good,
    body: Buffer.from([...titles, lines.join('\r\n'.repeat(70_000)), ''].join('\r\n')),
  });
  const errorsOf = async (...lines: string[]) =>
    (await city.call<Problem>(`payer-${sent.agencyCode}`, 'POST', url, fileOf(...lines))).body.errors.map(
      ({ pointer, code }) => `${pointer} ${code}`,
    );
  t.strictSame(await errorsOf(first, second, first), [
    '/body/lines/2/lineId duplicate-line',
    '/body/lines missing-line',
  ]);
  t.strictSame(await errorsOf(first, second, third, `${idOf(1)},1500.00,UNKNOWN`), [
    '/body/lines/3/lineId unknown-line',
    '/body/totals/count total-differs',
    '/body/totals/unknownFen total-differs',
  ]);
  strictMatch(t, await city.call(`payer-${sent.agencyCode}`, 'POST', url, fileOf(third, first, second)), {
    status: 200,
    body: { state: 'in-payment' },
  });
  strictMatch(
    t,
    await city.call(`payer-${sent.agencyCode}`, 'POST', url, {
      ...good,
      body: Buffer.from(
        good.body.toString().replaceAll('UNKNOWN', 'OTHER').replace('0.00,4500.00', '4500.00,0.00'),
      ),
    }),
    { status: 200, body: { state: 'settled' } },
  );
});

t.test('a file with more errors than an answer lists says how many more there are', async (t) => {
  const city = await setup(t);
  await city.approved();
  const sent = await city.inPayment();
  const good = await city.resultFileOf(sent);
  const others = Array.from({ length: 5_000 }, (_, number) => `${idOf(number)},1500.00,SUCCESS\r\n`);
  const { body } = await city.call<Problem>(
    `payer-${sent.agencyCode}`,
    'POST',
    `/v1/disbursements/${sent.id}/payment-result-files`,
    { ...good, body: Buffer.concat([good.body, Buffer.from(others.join(''))]) },
  );
  t.equal(body.errors.length, 101);
  t.equal(body.errors.at(-1)?.detail, '另有 4902 项错误未列出，请先按以上各项修改，再重新提交。');
});
