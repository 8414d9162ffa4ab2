// Reads a register's rows in its own field names: which of its names and values mean which of ours is data, kept in
// reference/mappings. What a mapping does not know stays as it is and is refused like any unknown field.

import { readdirSync, readFileSync } from 'node:fs';
import type { FieldError } from '../../platform/problem.ts';

type Plain = string | boolean;
type Meaning = Plain | Readonly<Record<string, Plain>>;

interface Vocabulary {
  /** Its field name → ours. */
  readonly fields?: Readonly<Record<string, string>>;
  /** Our field → its value → ours, or several of our fields where its one value means them together. */
  readonly values?: Readonly<Record<string, Readonly<Record<string, Meaning>>>>;
}

export interface Mapping extends Vocabulary {
  readonly name: string;
  readonly kinds: Readonly<Record<string, Vocabulary>>;
}

const folder = new URL('../../../reference/mappings/', import.meta.url);

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
    Object.entries(row).flatMap(([name, value]): [string, unknown][] => {
      const ours = fields.get(name) ?? name;
      const written = typeof value === 'object' ? null : String(value);
      const meant: unknown = (written === null ? undefined : values.get(ours)?.get(written)) ?? value;
      if (typeof meant === 'object' && meant !== null && meant !== value) return Object.entries(meant);
      return [[ours, typeof meant === 'string' && isOfTime.has(ours) ? hyphenated(meant) : meant]];
    }),
  );
}

/** The same errors, each at the name under which the register sent the field, or would have sent it. */
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
    // A field that means two of ours was sent when it means neither: that it is unknown is told once.
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

/** `20250430` → `2025-04-30`, `202504` → `2025-04`; anything else stays as it is. */
function hyphenated(text: string): string {
  return text.replace(/^(\d{4})(\d{2})(\d{2})?$/, (_, year, month, day) =>
    day === undefined ? `${year}-${month}` : `${year}-${month}-${day}`,
  );
}
