// What test/lookups.test.ts must see, and what it must not. Holds no test, and nobody runs it.

import { materialTitles } from '../src/rules/required-materials.ts';

const imported: Readonly<Record<string, string>> = materialTitles;

export function seen(record: Record<string, number>, name: string, list: readonly number[]) {
  return [imported[name], record[name], record[`${name}-${list.length}`]];
}

export function notSeen(record: Record<string, number>, name: string, list: readonly number[]) {
  record[name] = 1;
  const kind: 'identity-card' | 'household-booklet' = name === '' ? 'identity-card' : 'household-booklet';
  return [
    Object.hasOwn(record, name) ? record[name] : undefined,
    Object.hasOwn(record, name) && (record as Readonly<Record<string, number>>)[name],
    materialTitles[kind],
    list[name.length],
    new Map(Object.entries(record)).get(name),
  ];
}
