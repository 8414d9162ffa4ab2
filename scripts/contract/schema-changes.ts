// What of a changed schema breaks a client: where the client sends values, whatever takes fewer of them; where it reads them, whatever
// gives it less or another kind. More fields, values of an enumeration and kinds of object in an answer break nothing.

import { type Document, isSame, resolver, type Schema } from './document.ts';

/** Whether the client sends the values or reads them. */
export type Direction = 'sent' | 'read';

interface Comparison {
  readonly old: Document;
  readonly now: Document;
  readonly direction: Direction;
}

/** @param where the place, for the words of each change @param open pairs of references that are being compared further out */
export function schemaChanges(
  comparison: Comparison,
  old: Schema = {},
  now: Schema = {},
  where: string,
  open: ReadonlySet<string> = new Set(),
): string[] {
  const pair = `${old.$ref} ${now.$ref}`;
  if (old.$ref !== undefined && open.has(pair)) return [];
  const within = new Set([...open, pair]);
  const [had, has] = [alternativesOf(comparison.old, old), alternativesOf(comparison.now, now)];
  const compare = (one: Schema, other: Schema) => singleChanges(comparison, one, other, where, within);
  const [only, another] = [had[0], has[0]];
  if (had.length === 1 && has.length === 1 && only !== undefined && another !== undefined) {
    return compare(only, another);
  }
  return comparison.direction === 'sent'
    ? had.flatMap(
        (one) => best(has, one, (other) => compare(one, other)) ?? [`${where}: ${kindOf(one)} is not taken`],
      )
    : has.flatMap((other) => {
        const changes = best(had, other, (one) => compare(one, other));
        // A new kind of object is for a client to pass over, like a new value of an enumeration.
        const isNewKind = other.type === 'object' && had.some(({ type }) => type === 'object');
        return changes ?? (isNewKind ? [] : [`${where}: may be ${kindOf(other)}, which it was not`]);
      });
}

/** The changes against the candidate of the same kind with the fewest; null without one of its kind. */
function best(
  candidates: readonly Schema[],
  wanted: Schema,
  compare: (candidate: Schema) => string[],
): string[] | null {
  const [first, ...others] = candidates
    .filter((candidate) => kindOf(candidate) === kindOf(wanted))
    .map(compare)
    .sort((one, other) => one.length - other.length);
  return first === undefined ? null : (others.find(({ length }) => length === 0) ?? first);
}

/** What a schema allows, apart by type: references followed, `anyOf` and lists of types taken apart, `allOf` put together. */
function alternativesOf(document: Document, schema: Schema): Schema[] {
  const { anyOf, oneOf, allOf, ...own } = resolver(document)<Schema>(schema);
  const parts = anyOf ?? oneOf;
  if (parts !== undefined) {
    return parts.flatMap((part) => alternativesOf(document, part).map((each) => merged(own, each)));
  }
  if (allOf !== undefined) {
    return allOf.reduce<Schema[]>(
      (sum, part) => sum.flatMap((one) => alternativesOf(document, part).map((each) => merged(one, each))),
      [own],
    );
  }
  const { type } = own;
  return typeof type === 'object' ? type.map((each) => ({ ...own, type: each })) : [own];
}

function merged(one: Schema, other: Schema): Schema {
  const required = [...(one.required ?? []), ...(other.required ?? [])];
  const properties = { ...one.properties, ...other.properties };
  return {
    ...one,
    ...other,
    ...(required.length === 0 ? {} : { required }),
    ...(Object.keys(properties).length === 0 ? {} : { properties }),
  };
}

const valuesOf = (schema: Schema) => schema.enum ?? ('const' in schema ? [schema.const] : undefined);

/** The type, and of an object the values of its fields that have one value alone: `kind` of a row. */
function kindOf({ type = 'any value', properties = {} }: Schema): string {
  const marks = Object.entries(properties).flatMap(([name, field]) => {
    const values = valuesOf(field) ?? [];
    return values.length === 1 ? [`${name} ${JSON.stringify(values[0])}`] : [];
  });
  return [String(type), ...marks].join(' with ');
}

function singleChanges(
  comparison: Comparison,
  old: Schema,
  now: Schema,
  where: string,
  open: ReadonlySet<string>,
): string[] {
  const { direction } = comparison;
  const [wide, narrow] = direction === 'sent' ? [now, old] : [old, now];
  const fits =
    wide.type === undefined ||
    wide.type === narrow.type ||
    (wide.type === 'number' && narrow.type === 'integer');
  if (!fits) return [`${where}: is ${kindOf(now)}, was ${kindOf(old)}`];
  return [
    ...valueChanges(direction, old, now, where),
    ...(direction === 'sent' ? limitChanges(old, now, where) : formatChanges(old, now, where)),
    ...fieldChanges(comparison, old, now, where, open),
    ...(old.items === undefined || now.items === undefined
      ? []
      : schemaChanges(comparison, old.items, now.items, `${where}[]`, open)),
  ];
}

function valueChanges(direction: Direction, old: Schema, now: Schema, where: string): string[] {
  const [had, has] = [valuesOf(old), valuesOf(now)];
  if (direction === 'read') {
    return had !== undefined && has === undefined ? [`${where}: may have any value, not a listed one`] : [];
  }
  if (has === undefined) return [];
  if (had === undefined) return [`${where}: takes listed values alone`];
  return had
    .filter((value) => !has.some((other) => isSame(other, value)))
    .map((value) => `${where}: does not take ${JSON.stringify(value)}`);
}

const lowest = ['minLength', 'minimum', 'minItems'] as const;
const highest = ['maxLength', 'maximum', 'maxItems'] as const;

function limitChanges(old: Schema, now: Schema, where: string): string[] {
  const raised = lowest.filter((name) => (now[name] ?? -Infinity) > (old[name] ?? -Infinity));
  const lowered = highest.filter((name) => (now[name] ?? Infinity) < (old[name] ?? Infinity));
  const forms = (['pattern', 'format'] as const).filter(
    (name) => now[name] !== undefined && now[name] !== old[name],
  );
  return [
    ...[...raised, ...lowered, ...forms].map((name) => `${where}: ${name} is ${now[name]}, was ${old[name]}`),
    ...(now.uniqueItems === true && old.uniqueItems !== true ? [`${where}: takes no repeated item`] : []),
  ];
}

function formatChanges(old: Schema, now: Schema, where: string): string[] {
  return old.format === undefined || old.format === now.format
    ? []
    : [`${where}: format is ${now.format}, was ${old.format}`];
}

function fieldChanges(
  comparison: Comparison,
  old: Schema,
  now: Schema,
  where: string,
  open: ReadonlySet<string>,
): string[] {
  const { direction } = comparison;
  const [had, has] = [old.properties ?? {}, now.properties ?? {}];
  const changes: string[] = [];
  for (const [name, field] of Object.entries(had)) {
    const [at, other] = [`${where}/${name}`, has[name]];
    const [was, is] = [isRequired(old, name), isRequired(now, name)];
    // A field that an object takes under any name is not removed with its name.
    if (other === undefined) {
      if (direction === 'read' || now.additionalProperties === false) changes.push(`${at}: removed`);
      continue;
    }
    if (direction === 'sent' && is && !was) changes.push(`${at}: is required`);
    if (direction === 'read' && was && !is) changes.push(`${at}: may be absent`);
    changes.push(...schemaChanges(comparison, field, other, at, open));
  }
  if (direction === 'sent') {
    const added = Object.keys(has).filter((name) => had[name] === undefined && isRequired(now, name));
    changes.push(...added.map((name) => `${where}/${name}: new and required`));
    const closes = now.additionalProperties === false && old.additionalProperties !== false;
    if (closes && old.type === 'object') changes.push(`${where}: takes no other fields`);
  }
  return changes;
}

const isRequired = ({ required = [] }: Schema, name: string) => required.includes(name);
