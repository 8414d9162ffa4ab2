// The columns of a register's table: a Chinese heading for each field of the kind, and what its cells may say. Derived
// from the schema of a delivered row, so that both ways accept the same.

import type { Kind } from '../../rules/facts.ts';
import { rowSchemas } from '../records/schemas.ts';

export interface Column {
  readonly field: string;
  /** The first is the template's; the others are accepted too. */
  readonly headings: readonly [string, ...string[]];
  readonly isRequired: boolean;
  /** What to write, for the template. */
  readonly note: string;
  /** The field's value; a text that means nothing is left as it is and refused with its row. */
  readonly read: (text: string) => unknown;
}

const headings: ReadonlyMap<string, Column['headings']> = new Map(
  Object.entries<Column['headings']>({
    identityNumber: ['公民身份号码', '身份证号', '身份证号码'],
    name: ['姓名'],
    from: ['开始日', '开始日期'],
    to: ['结束日', '结束日期'],
    street: ['街道代码'],
    movedInFrom: ['迁出地代码'],
    category: ['类别'],
    month: ['费款所属期'],
    scheme: ['参保类型'],
    insurance: ['险种'],
    payer: ['缴费主体'],
    refunded: ['是否退费'],
    place: ['参保地代码'],
    paidOn: ['缴费日期'],
    refundedOn: ['退费日期'],
    firstApprovedOn: ['初次核定日', '初次核定日期'],
    near: ['距退休不足5年'],
    months: ['已享受月份'],
    sourceKey: ['编号'],
    removed: ['删除'],
  }),
);

interface Field {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly 'x-enum-descriptions'?: readonly string[];
  readonly description?: string;
}

const yesOrNo: ReadonlyMap<string, boolean> = new Map([
  ['是', true],
  ['否', false],
]);
const days: ReadonlySet<string> = new Set(['from', 'to', 'paidOn', 'refundedOn', 'firstApprovedOn']);

/** The columns of a kind, in the order of the template. */
export function columnsOf(kind: Kind): readonly Column[] {
  const { properties, required } = rowSchemas[kind];
  // The cast: of each schema only what Field names is read.
  const fields = new Map(Object.entries(properties as unknown as Readonly<Record<string, Field>>));
  const isRequired = (field: string) => field !== 'sourceKey' && required.some((name) => name === field);
  const columns = [...headings].flatMap(([field, known]): Column[] => {
    const schema = fields.get(field);
    if (schema === undefined) return [];
    const own: Column['headings'] = kind === 'death' && field === 'from' ? ['死亡日期', ...known] : known;
    return [
      {
        field,
        headings: own,
        isRequired: isRequired(field),
        note: noteOf(field, schema),
        read: readerOf(field, schema),
      },
    ];
  });
  const removed: Column = {
    field: 'removed',
    headings: ['删除'],
    isRequired: false,
    note: '此前误报、应删除的记录填“是”，并按原样填写其余各列。',
    read: (text) => (text === '否' ? undefined : (yesOrNo.get(text) ?? text)),
  };
  return [...columns, removed];
}

function readerOf(field: string, schema: Field): Column['read'] {
  if (days.has(field)) return dayOf;
  if (field === 'month') return (text) => monthsOf(text)[0] ?? text;
  if (field === 'months')
    return (text) =>
      text
        .split(/[、,，;；\s]+/)
        .filter(Boolean)
        .flatMap(monthsOf);
  if (schema.type === 'boolean') return (text) => yesOrNo.get(text) ?? text;
  const words = wordsOf(schema);
  return (text) => words.get(text) ?? text;
}

/** Chinese → word. */
function wordsOf({
  enum: words = [],
  'x-enum-descriptions': meanings = [],
}: Field): ReadonlyMap<string, string> {
  return new Map(words.map((word, at) => [meanings[at] ?? word, word]));
}

function noteOf(field: string, schema: Field): string {
  if (field === 'sourceKey') return '原登记的编号；没有的不填，同一人同一时间有多条的须填写。';
  if (days.has(field)) return '如 2025-04-30。';
  if (field === 'month') return '如 2025-04。';
  if (field === 'months') return '如 2022-01、2022-02，或 2022-01至2022-12。';
  if (schema.type === 'boolean') return '是、否。';
  const words = [...wordsOf(schema).keys()];
  if (words.length > 0) return `${words.join('、')}。`;
  return schema.description?.split(' · ')[0] ?? '';
}

function dayOf(text: string): string {
  const parts = /^(\d{4})[/.年-]?(\d{1,2})[/.月-]?(\d{1,2})日?$/.exec(text);
  if (parts === null) return text;
  const [, year = '', month = '', day = ''] = parts;
  return `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
}

const longestSpan = 240;

/** Parses `2022-01`, `202201`, `2022年1月` and ranges such as `2022-01至2022-12`; other text is unchanged. */
function monthsOf(text: string): string[] {
  const [from = '', to] = text.split(/[~～至]/).map(monthOf);
  if (to === undefined) return [from];
  const isMonth = (month: string) => /^\d{4}-(0[1-9]|1[0-2])$/.test(month);
  if (!isMonth(from) || !isMonth(to) || to < from) return [text];
  const months: string[] = [];
  let month = Temporal.PlainYearMonth.from(from);
  for (; month.toString() <= to && months.length < longestSpan; month = month.add({ months: 1 }))
    months.push(month.toString());
  return months;
}

function monthOf(text: string): string {
  const parts = /^(\d{4})[年/.-]?(\d{1,2})月?$/.exec(text);
  return parts === null ? text : `${parts[1]}-${(parts[2] ?? '').padStart(2, '0')}`;
}
