// Paged lists: a stable order by id, an opaque cursor and a maximum size. The cursor contains the last id
// only.

import { type TSchema, Type } from 'typebox';
import { Problem } from '../problem.ts';
import { closed, named, nullable, parameter, worded } from './contract/schemas.ts';

export const maximumPageSize = 200;

export const pageQuery = {
  limit: Type.Optional(
    Type.Integer({
      minimum: 1,
      maximum: maximumPageSize,
      default: 50,
      description: '每页条数 · page size',
      examples: [50],
    }),
  ),
  after: Type.Optional(
    Type.String({
      maxLength: 100,
      description: '上一页给出的 next · the previous page’s next',
      // Decodes to an id before all others: the first page.
      examples: ['MDAwMDAwMDAtMDAwMC03MDAwLTgwMDAtMDAwMDAwMDAwMDAw'],
    }),
  ),
};

/** The same for a list of entries, whose ids are numbers; the example comes after the first one. */
export const entryPageQuery = {
  ...pageQuery,
  after: Type.Optional(
    parameter('AfterEntry', worded(pageQuery.after, '上一页给出的 next · the previous page’s next', 'MQ')),
  ),
};

/** A page of items. If the item's schema is named, the page's name is derived from it. */
export function Page<T extends TSchema & { title?: string }>(item: T) {
  if (item.title === undefined) throw new Error('what comes in pages has a named schema');
  return named(
    `${item.title}Page`,
    closed(
      {
        items: Type.Array(item, { description: '本页内容，按编号排序 · this page, in the order of the ids' }),
        next: nullable(
          Type.String({ description: '取下一页时作为 after；没有更多时为 null · cursor of the next page' }),
        ),
      },
      { description: '一页 · one page' },
    ),
  );
}

/**
 * A page of what goes on being added to: `next` is always there, to be kept for the next time. A page without items is
 * the end for now.
 */
export function FeedPage<T extends TSchema & { title?: string }>(item: T) {
  if (item.title === undefined) throw new Error('what comes in pages has a named schema');
  return named(
    `${item.title}Page`,
    closed(
      {
        items: Type.Array(item, {
          description: '按先后顺序；为空时暂无更多 · in order; when empty, there are no more for now',
        }),
        next: Type.String({
          description: '下次请求的 after，始终给出，请保存 · give it as after next time; always there',
        }),
      },
      { description: '一页 · one page' },
    ),
  );
}

/** A list that is always short enough for one page. */
export function wholePage<T>(items: readonly T[]) {
  return { items, next: null };
}

export interface PageRequest {
  readonly limit: number;
  readonly afterId: string | null;
}

/**
 * @param form pattern of the list's ids @throws Problem `invalid-fields` for a cursor not issued by this
 *   service
 */
export function pageRequest(query: { limit?: number; after?: string }, form: RegExp = uuid): PageRequest {
  const afterId = query.after === undefined ? null : decodeCursor(query.after, form);
  return { limit: query.limit ?? 50, afterId };
}

/**
 * Cuts a list that was read with one extra row, which shows whether there is a next page.
 *
 * @param soughtTo where a search was broken off before the page was full; null at its end
 */
export function page<T>(
  rows: readonly T[],
  request: PageRequest,
  idOf: (row: T) => string,
  soughtTo: string | null = null,
) {
  const items = rows.slice(0, request.limit);
  const last = items.at(-1);
  const after = rows.length > request.limit && last !== undefined ? idOf(last) : soughtTo;
  return { items, next: after === null ? null : encodeCursor(after) };
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function encodeCursor(id: string): string {
  return Buffer.from(id).toString('base64url');
}

function decodeCursor(cursor: string, form: RegExp): string {
  const id = Buffer.from(cursor, 'base64url').toString('utf8');
  if (!form.test(id) || encodeCursor(id) !== cursor) {
    const detail = '请原样使用上一页返回的续读位置，或从第一页开始。';
    throw new Problem('invalid-fields', {
      fieldErrors: [{ pointer: '/query/after', code: 'wrong-format', detail }],
    });
  }
  return id;
}
