// What of a changed contract breaks a client that was written for the one before, as docs/versioning.md says it. Knows no files.

import {
  type Document,
  type Found,
  isSame,
  type Operation,
  type Parameter,
  type Referring,
  resolver,
} from './document.ts';
import { type Direction, schemaChanges } from './schema-changes.ts';

/** One breaking change, in words. */
export type Change = string;

interface Sides {
  readonly old: Document;
  readonly now: Document;
}

/** Every breaking change from `old` to `now`; none when each client of the one can use the other. */
export function breakingChanges(old: Document, now: Document): Change[] {
  const sides = { old, now };
  const present = new Map(operationsOf(now).map((found) => [found.address, found]));
  return operationsOf(old).flatMap((found) => {
    const after = present.get(found.address);
    if (after === undefined) return [`${found.address}: removed`];
    const changes = found.isWebhook
      ? webhookChanges(sides, found, after)
      : operationChanges(sides, found, after);
    return changes.map((change) => `${found.address}: ${change}`);
  });
}

/**
 * Whether the version says that something breaks: another major version, or, before 1.0.0, another minor one.
 *
 * @param old as `1.4.2`
 */
export function announcesBreaking(old: string, now: string): boolean {
  const [[oldMajor = 0, oldMinor = 0], [major = 0, minor = 0]] = [old, now].map((text) =>
    text.split('.').map(Number),
  ) as [number[], number[]];
  return major > oldMajor || (major === 0 && oldMajor === 0 && minor > oldMinor);
}

/** The operations of a document, by method and address. The names of parameters in an address are not on the wire. */
function operationsOf({ paths = {}, webhooks = {} }: Document): Found[] {
  const within = (items: Document['paths'], isWebhook: boolean) =>
    Object.entries(items ?? {}).flatMap(([path, methods]) =>
      Object.entries(methods)
        .filter(([method]) => method !== 'parameters')
        .map(([method, operation]) => {
          const name = isWebhook ? `webhook ${path}` : path.replaceAll(/\{[^}]*\}/g, '{}');
          return { address: `${method.toUpperCase()} ${name}`, operation, isWebhook };
        }),
    );
  return [...within(paths, false), ...within(webhooks, true)];
}

function operationChanges(sides: Sides, { operation: old }: Found, { operation: now }: Found): Change[] {
  const changes: Change[] = [];
  if (old.operationId !== now.operationId)
    changes.push(`is called ${now.operationId}, was ${old.operationId}`);
  if (old['x-oauth-scope'] !== undefined && old['x-oauth-scope'] !== now['x-oauth-scope']) {
    changes.push(`wants the scope ${now['x-oauth-scope']}, not ${old['x-oauth-scope']}`);
  }
  const roles = now['x-roles'] ?? [];
  for (const role of old['x-roles'] ?? []) if (!roles.includes(role)) changes.push(`is refused to ${role}`);
  for (const way of old.security ?? []) {
    if (!(now.security ?? []).some((other) => isSame(other, way))) {
      changes.push(`cannot be called with ${Object.keys(way).join(' and ') || 'no credentials'}`);
    }
  }
  return [
    ...changes,
    ...parameterChanges(sides, old, now),
    ...bodyChanges(sides, old, now, 'sent', 'the body'),
    ...answerChanges(sides, old, now),
  ];
}

/** What is sent to a webhook is read by the client, like an answer. */
function webhookChanges(sides: Sides, { operation: old }: Found, { operation: now }: Found): Change[] {
  return bodyChanges(sides, old, now, 'read', 'what is sent');
}

function parameterChanges({ old: before, now: after }: Sides, old: Operation, now: Operation): Change[] {
  const named = (document: Document, { parameters = [] }: Operation) =>
    new Map(
      parameters.map((parameter) => {
        const found = resolver(document)<Parameter>(parameter);
        // Those of the address are known by their place, which the address compares.
        const name = found.in === 'path' ? `path ${placeIn(parameters, parameter)}` : found.name;
        return [`${found.in} ${name}`, { ...found, name }];
      }),
    );
  const [had, has] = [named(before, old), named(after, now)];
  return [
    ...[...had].flatMap(([key, parameter]) => {
      const other = has.get(key);
      const where = `${parameter.in} parameter ${parameter.name}`;
      if (other === undefined) return [`${where}: removed`];
      return [
        ...(other.required === true && parameter.required !== true ? [`${where}: is required`] : []),
        ...schemaChanges(
          { old: before, now: after, direction: 'sent' },
          parameter.schema,
          other.schema,
          where,
        ),
      ];
    }),
    ...[...has]
      .filter(([key, { required }]) => required === true && !had.has(key))
      .map(([, parameter]) => `${parameter.in} parameter ${parameter.name}: new and required`),
  ];
}

const placeIn = (parameters: readonly Referring<Parameter>[], parameter: Referring<Parameter>) =>
  parameters.indexOf(parameter);

function bodyChanges(
  { old: before, now: after }: Sides,
  old: Operation,
  now: Operation,
  direction: Direction,
  where: string,
): Change[] {
  const [had, has] = [
    old.requestBody && resolver(before)(old.requestBody),
    now.requestBody && resolver(after)(now.requestBody),
  ];
  if (has === undefined) return had === undefined ? [] : [`${where}: removed`];
  if (had === undefined) return has.required === true ? [`${where}: new and required`] : [];
  return [
    ...(direction === 'sent' && has.required === true && had.required !== true
      ? [`${where}: is required`]
      : []),
    ...contentChanges({ old: before, now: after, direction }, had.content, has.content, where),
  ];
}

type Content = NonNullable<Parameter['content']>;

function contentChanges(
  sides: Sides & { readonly direction: Direction },
  old: Content = {},
  now: Content = {},
  where: string,
): Change[] {
  return Object.entries(old).flatMap(([type, { schema }]) => {
    const other = now[type];
    if (other === undefined) return [`${where}: no longer as ${type}`];
    return schemaChanges(
      sides,
      schema,
      other.schema,
      Object.keys(old).length > 1 ? `${where} as ${type}` : where,
    );
  });
}

/** Of successes, and of the shape of a refusal. Which problems an operation has may change: a client reads the code. */
function answerChanges({ old: before, now: after }: Sides, old: Operation, now: Operation): Change[] {
  const isSuccess = (status: string) => status.startsWith('2');
  const changes = Object.keys(now.responses ?? {})
    .filter((status) => isSuccess(status) && old.responses?.[status] === undefined)
    .map((status) => `answers ${status}, which it did not`);
  for (const [status, answer] of Object.entries(old.responses ?? {})) {
    const other = now.responses?.[status];
    if (other === undefined) {
      if (isSuccess(status)) changes.push(`no longer answers ${status}`);
      continue;
    }
    const [had, has] = [resolver(before)(answer), resolver(after)(other)];
    for (const header of Object.keys(had.headers ?? {})) {
      if (has.headers?.[header] === undefined) changes.push(`${status} is without the header ${header}`);
    }
    const where = `the answer ${status}`;
    changes.push(
      ...contentChanges({ old: before, now: after, direction: 'read' }, had.content, has.content, where),
    );
  }
  return changes;
}
