// Reads a register's rows in its own field names: which of its names and values mean which of ours is data, kept in
// reference/mappings. What a mapping does not know stays as it is and is refused like any unknown field.

import { readdirSync, readFileSync } from 'node:fs';
import type { Fault } from '../http/problem.ts';

interface Vocabulary {
  /** Its field name → ours. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Our field → its value → ours. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, string | boolean>>>>;
}

export interface Mapping extends Vocabulary {
  readonly name: string;
  readonly kinds: Readonly<Record<string, Vocabulary>>;
}

const folder = new URL('../../reference/mappings/', import.meta.url);

/** Every mapping there is, by name. A file that does not parse stops the program at its start. */
export const mappings: ReadonlyMap<string, Mapping> = new Map(
  readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Mapping) // files of this repository
    .map((mapping) => [mapping.name, mapping]),
);

/** A row in our words. Days and months written without hyphens get theirs. */
export function translated(row: unknown, mapping: Mapping): unknown {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return row;
  const { fields, values } = vocabularyOf(mapping, row);
  return Object.fromEntries(
    Object.entries(row).map(([name, value]) => {
      const ours = fields.get(name) ?? name;
      const meant = values[ours]?.[String(value)] ?? value;
      return [ours, typeof meant === 'string' && isOfTime.has(ours) ? hyphenated(meant) : meant];
    }),
  );
}

/** The same faults, each at the name under which the register sent the field. */
export function translatedBack(faults: readonly Fault[], row: unknown, mapping: Mapping): Fault[] {
  const { fields } = vocabularyOf(mapping, Object(row));
  const theirs = new Map([...fields].map(([name, ours]) => [ours, name]));
  return faults.map((fault) => {
    const cut = fault.pointer.lastIndexOf('/') + 1;
    const name = theirs.get(fault.pointer.slice(cut));
    return name === undefined ? fault : { ...fault, pointer: fault.pointer.slice(0, cut) + name };
  });
}

function vocabularyOf(mapping: Mapping, row: object) {
  const kind: unknown = 'kind' in row ? row.kind : undefined;
  const own =
    typeof kind === 'string' && Object.hasOwn(mapping.kinds, kind) ? mapping.kinds[kind] : undefined;
  return {
    fields: new Map([...Object.entries(mapping.fields ?? {}), ...Object.entries(own?.fields ?? {})]),
    values: { ...mapping.values, ...own?.values },
  };
}

const isOfTime = new Set(['from', 'to', 'month', 'paidOn', 'firstApprovedOn']);

/** `20250430` → `2025-04-30`, `202504` → `2025-04`; anything else stays as it is. */
function hyphenated(text: string): string {
  return text.replace(/^(\d{4})(\d{2})(\d{2})?$/, (_, year, month, day) =>
    day === undefined ? `${year}-${month}` : `${year}-${month}-${day}`,
  );
}
