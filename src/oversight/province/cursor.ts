// The cursor of lists that come in the order of their changes: always given, so that the reader can come back for what
// changes later. Pure.

import type { Cursor } from '../../notifications/events/operations.ts';
import type { EventType } from '../../notifications/events/types.ts';
import { Problem } from '../../platform/problem.ts';
import type { Place } from './store.ts';

/** Events that change what a payment's outcome tells. */
export const moneyEvents = [
  'payment-paid',
  'payment-failed',
  'payment-returned',
  'recovery-opened',
  'recovery-confirmed',
  'recovery-dismissed',
  'recovery-repaid-in-part',
  'recovery-repaid',
  'recovery-set-off',
  'recovery-set-off-reversed',
  'recovery-reversed',
] as const satisfies readonly EventType[];

/** Events that change what a decision tells. */
export const decisionEvents = [
  'application-approved',
  'application-refused',
  'application-not-accepted',
  'decision-confirmed',
  'decision-undone',
  'appeal-opened',
  'appeal-decided',
  'appeal-withdrawn',
  ...moneyEvents,
] as const satisfies readonly EventType[];

const last = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
const beginning = { epoch: 0, position: 0, id: '00000000-0000-0000-0000-000000000000' };
const form = /^(\d{1,15}) (\d{1,15}) ([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})$/;

/** @param place without an id: after everything of the position */
export function cursorOf({ epoch, position, id = last }: Cursor & Partial<Place>): string {
  return Buffer.from(`${epoch} ${position} ${id}`).toString('base64url');
}

/** @throws Problem `invalid-fields` for a cursor not issued by this service */
export function placeOf(cursor: string | undefined): Cursor & Place {
  if (cursor === undefined) return beginning;
  const [, epoch, position, id] = form.exec(Buffer.from(cursor, 'base64url').toString('utf8')) ?? [];
  if (id !== undefined) {
    const place = { epoch: Number(epoch), position: Number(position), id };
    if (cursorOf(place) === cursor) return place;
  }
  const detail = '请原样使用上一次返回的续读位置，或从头开始。';
  throw new Problem('invalid-fields', {
    fieldErrors: [{ pointer: '/query/after', code: 'wrong-format', detail }],
  });
}
