// Translates a register's rows from its own field names and values by the mappings in reference/mappings. Unmapped
// names and values stay unchanged, and validation rejects them like any unknown field.

import { readdirSync, readFileSync } from 'node:fs';
import type { FieldError } from '../../platform/problem.ts';

type Plain = string | boolean;
type Meaning = Plain | Readonly<Record<string, Plain>>;

interface Vocabulary {
  /** Its field name → ours. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Our field → the register's value → our value, or several of our fields if one value sets them all. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, Meaning>>>>;
}

export interface Mapping extends Vocabulary {
  readonly name: string;
  readonly kinds: Readonly<Record<string, Vocabulary>>;
}

const folder = new URL('../../../reference/mappings/', import.meta.url);

/** All mappings by name. An invalid file stops the program at its start. */
export const mappings: ReadonlyMap<string, Mapping> = new Map(
  readdirSync(folder)
    .sort()
    .map((file) => JSON.parse(readFileSync(new URL(file, folder), 'utf8')) as Mapping) // files of this repository
    .map((mapping) => [mapping.name, mapping]),
);

/** A row in our field names and values. Days and months without hyphens get them. */
export function translated(row: unknown, mapping: Mapping): unknown {
  if (typeof row !== 'object' || row === null || Array.isArray(row)) return row;
  const { fields, values } = vocabularyOf(mapping, row);
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
      const ours = fields.get(name) ?? name;
      const written = typeof value === 'object' ? null : String(value);
      const meant: unknown = (written === null ? undefined : values.get(ours)?.get(written)) ?? value;
      if (typeof meant === 'object' && meant !== null && meant !== value) return Object.entries(meant);
      return [[ours, typeof meant === 'string' && isOfTime.has(ours) ? hyphenated(meant) : meant]];
    }),
  );
}

/** The same errors, each pointing to the register's name for the field. */
export function translatedBack(
  fieldErrors: readonly FieldError[],
  row: unknown,
  mapping: Mapping,
): FieldError[] {
  const { fields, values } = vocabularyOf(mapping, Object(row));
  const theirs = new Map([...fields].map(([name, ours]) => [ours, name]));
  for (const [ours, meanings] of values) {
    const name = theirs.get(ours);
    const told = [...meanings.values()].flatMap((meant) =>
      typeof meant === 'object' ? Object.keys(meant) : [],
    );
    if (name !== undefined) for (const one of told) theirs.set(one, name);
  }
  const found = new Map<string, FieldError>();
  for (const fieldError of fieldErrors) {
    const cut = fieldError.pointer.lastIndexOf('/') + 1;
    const name = theirs.get(fieldError.pointer.slice(cut));
    // One of the register's fields may set two of ours; an unknown value is reported once, not also as “required”.
    if (name !== undefined && fieldError.code === 'required' && Object.hasOwn(Object(row), name)) continue;
    const pointer = name === undefined ? fieldError.pointer : fieldError.pointer.slice(0, cut) + name;
    found.set(`${pointer} ${fieldError.code}`, { ...fieldError, pointer });
  }
  return [...found.values()];
}

function vocabularyOf(mapping: Mapping, row: object) {
  const kind: unknown = 'kind' in row ? row.kind : undefined;
  const own =
    typeof kind === 'string' && Object.hasOwn(mapping.kinds, kind) ? mapping.kinds[kind] : undefined;
  return {
    fields: new Map([...Object.entries(mapping.fields ?? {}), ...Object.entries(own?.fields ?? {})]),
    values: new Map(
      Object.entries({ ...mapping.values, ...own?.values }).map(([ours, meanings]) => [
        ours,
        new Map(Object.entries(meanings)),
      ]),
    ),
  };
}

const isOfTime = new Set(['from', 'to', 'month', 'paidOn', 'refundedOn', 'firstApprovedOn']);

/** `20250430` → `2025-04-30`, `202504` → `2025-04`; other text is unchanged. */
function hyphenated(text: string): string {
  return text.replace(/^(\d{4})(\d{2})(\d{2})?$/, (_, year, month, day) =>
    day === undefined ? `${year}-${month}` : `${year}-${month}-${day}`,
  );
}
