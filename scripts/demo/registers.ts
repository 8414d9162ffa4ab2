// Deliveries of the provincial system: the city's records with some invalid rows, how far each register is
// complete, and later records.

import type { Static } from 'typebox';
import type { RecordDelivery } from '../../src/registers/deliveries/schemas.ts';
import { kinds } from '../../src/rules/facts.ts';
import type { City, Row } from './city.ts';
import type { Play } from './play.ts';

type Delivery = Static<typeof RecordDelivery>;

const source = 'jx-human-resources';

/**
 * Delivers every record of the city. Invalid rows are returned with reasons; a repeated delivery changes
 * nothing.
 */
export async function deliverRecords(play: Play): Promise<void> {
  const { city, tell, tie } = play;
  const good = city.residents.flatMap(({ rows }) => rows);
  const bad = badRows(good);
  const delivery = await deliver(play, { rows: [...good, ...bad.map(({ row }) => row)] });
  tie('采用的行数', delivery.totals.new, good.length);
  tie(
    '退回的行',
    delivery.refused.map(({ row, errors }) => [row, errors.map(({ code }) => code)]),
    bad.map(({ code }, index) => [good.length + index + 1, [code]]),
  );
  tell(`  采用 ${delivery.totals.new} 行 accepted，退回 ${delivery.totals.refused} 行 refused：`);
  for (const { row, errors } of delivery.refused) {
    tell(`  ✗ 第 ${row} 行：${errors.map(({ detail }) => detail).join('；')}`);
  }
  const again = await deliver(play, { rows: good });
  tie('重复报送', again.totals.unchanged, good.length);
  tell(`  同样内容再报送一次：${again.totals.unchanged} 行不变 · the same again changes nothing`);
}

/** Each register reports through which month it is complete; some are behind. */
export async function declareCoverage(play: Play): Promise<void> {
  const { city, tell } = play;
  const silent = [...new Set(city.silent.map(({ kind }) => kind))];
  const coverage = kinds.flatMap((kind) =>
    silent.includes(kind)
      ? [
          // Withdraws earlier city-wide reports on this sandbox: from now on coverage is reported by agency.
          statement(kind, null),
          ...city.agencies.map((agencyCode) =>
            statement(kind, throughMonthOf(city, kind, agencyCode), agencyCode),
          ),
        ]
      : [statement(kind, thisMonth())],
  );
  await deliver(play, { rows: [], coverage });
  for (const { kind, agency, throughMonth } of city.silent) {
    tell(`  ${agency} 的 ${kind} 只报送到 ${throughMonth} · complete only through ${throughMonth}`);
  }
}

/** The registers that were behind report. */
export async function reportAtLast(play: Play): Promise<void> {
  const reporting = play.city.silent.filter(({ thenReports }) => thenReports);
  await deliver(play, {
    rows: [],
    coverage: reporting.map(({ kind, agency }) => statement(kind, thisMonth(), agency)),
  });
  for (const { kind, agency } of reporting) {
    play.tell(`  ${agency} 的 ${kind} 已报送到本月 · complete through this month`);
  }
}

/** Single later rows, all of which must be accepted. */
export async function deliverLater(play: Play, rows: readonly object[]): Promise<void> {
  const { refused } = await deliver(play, { rows });
  play.tie('后来的数据被退回', refused, []);
}

async function deliver(
  play: Play,
  content: { rows: readonly object[]; coverage?: object[] },
): Promise<Delivery> {
  const body = { source, ...content };
  return await play.client.post<Delivery>('provincial-system', '/v1/record-deliveries', { body });
}

function statement(kind: string, throughMonth: string | null, agencyCode?: string) {
  const asOf = new Date().toISOString();
  return { kind, throughMonth, asOf, ...(agencyCode === undefined ? {} : { agencyCode }) };
}

function throughMonthOf({ silent }: City, kind: string, agency: string): string {
  return silent.find((one) => one.kind === kind && one.agency === agency)?.throughMonth ?? thisMonth();
}

function thisMonth(): string {
  return Temporal.Now.plainDateISO('Asia/Shanghai').toPlainYearMonth().toString();
}

/** Typical invalid rows, with the code of each one's rejection. */
function badRows(good: readonly Row[]): { row: object; code: string }[] {
  const [sample] = good;
  if (sample === undefined) throw new Error('the city has records');
  const { identityNumber } = sample as Row & { identityNumber: string };
  const otherCheck = identityNumber.endsWith('1') ? '2' : '1';
  const row = { sourceKey: `${sample.sourceKey}-bad`, version: 1, identityNumber };
  return [
    {
      row: {
        ...row,
        kind: 'pension',
        from: '2025-05-01',
        identityNumber: identityNumber.slice(0, 17) + otherCheck,
      },
      code: 'identity-number-check-character',
    },
    {
      row: { ...row, kind: 'skills-training', from: '2025-05-10', to: '2025-05-01' },
      code: 'end-before-start',
    },
    { row: { ...row, kind: 'pay-slip', from: '2025-05-01' }, code: 'unknown-value' },
    { row: { ...row, kind: 'flexible-employment', from: '2024-03-01', shop: '面馆' }, code: 'unknown-field' },
  ];
}
