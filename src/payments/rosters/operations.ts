// The streets' verification 名单核对: each street sees its own people, and signs its roster or holds lines. Rosters are
// also downloaded as PDF and workbook; those circulate, so numbers are masked and each download is audited.

import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { dayInShanghai } from '../../values/days.ts';
import { workingDaysBetween } from '../../values/working-days.ts';
import { advance, conflict, found, locked } from '../disbursement/lifecycle.ts';
import { listRosterLines } from '../lines/payee-store.ts';
import { holdLines, setRosterVerified } from '../lines/store.ts';
import { describeRoster, readRoster } from './description.ts';
import type { RosterFileQuery, RosterQuery, RosterToVerify, VerifyRoster } from './schemas.ts';
import { listRosters as listOfDisbursement, listRostersByAnswer } from './store.ts';

interface RosterKey {
  readonly id: string;
  readonly streetCode: string;
}

/**
 * One street's people with their months and amounts. Street officers see only their own street's.
 *
 * @throws Problem not-found
 */
export async function getRoster(context: ReadContext, { id, streetCode }: RosterKey) {
  const [disbursement, roster] = await Promise.all([found(context, id), readRoster(context, id, streetCode)]);
  return await describeRoster(context, disbursement, roster);
}

const rosterKey = /^[0-9a-f-]{36} \d{9}$/;

/**
 * Rosters across disbursements: those a street still has to verify and, for its county, which streets have not
 * answered, since when and for how many working days.
 */
export async function listRosters(context: ReadContext, { answer, streetCode, ...asked }: RosterQuery) {
  const request = pageRequest(asked, rosterKey);
  const [afterDisbursement = '', afterStreet = ''] = request.afterId?.split(' ') ?? [];
  const after =
    request.afterId === null ? null : { disbursementId: afterDisbursement, streetCode: afterStreet };
  const rows = await listRostersByAnswer(
    context.tx,
    context.scope,
    { answer, streetCode },
    after,
    request.limit,
  );
  const { items, next } = page(rows, request, (row) => `${row.disbursementId} ${row.streetCode}`);
  const { calendar } = context.reference;
  return {
    items: items.map(({ isWaiting, createdAt, disbursementNumber, ...row }) => {
      const since = dayInShanghai(Temporal.Instant.from(createdAt));
      const waitingDays = isWaiting === true ? workingDaysBetween(since, context.today, calendar) : null;
      return { ...row, number: `${disbursementNumber}-${row.streetCode}`, createdAt, waitingDays };
    }),
    next,
  };
}

/**
 * A street signs its roster, completely or without lines that it holds with a reason. When the last street signs, the
 * disbursement becomes verified.
 *
 * @throws Problem not-found, precondition-failed, state-conflict
 */
export async function verifyRoster(
  context: WriteContext,
  { id: disbursementId, streetCode }: RosterKey,
  expected: number,
  body: VerifyRoster,
) {
  const { scope, tx } = context;
  if (scope.relation === 'street' && scope.code !== streetCode) throw new Problem('not-found');
  const disbursement = await locked(context, disbursementId, expected);
  if (disbursement.state !== 'verifying') throw conflict(disbursement);
  const rosters = await listOfDisbursement(tx, disbursementId);
  const roster = rosters.find((candidate) => candidate.streetCode === streetCode);
  if (roster === undefined) throw new Problem('not-found');
  if (roster.verifiedAt !== null)
    throw new Problem('state-conflict', { detail: '本街道（乡镇）的名单已核对签字，无需重复操作。' });
  const held = await readHeld(context, disbursementId, streetCode, body.held ?? []);
  await holdLines(tx, held);
  const verifiedAt = context.at.toString();
  await setRosterVerified(tx, { disbursementId, streetCode }, verifiedAt, officerOf(context.actor));
  const change = { streetCode, held: held.length };
  const isLast = rosters.every((other) => other.verifiedAt !== null || other.streetCode === streetCode);
  if (isLast) {
    const verified = await advance(context, disbursement, 'verifyRoster', change);
    return await describeRoster(context, verified, await readRoster(context, disbursementId, streetCode));
  }
  // The version stays the same, so that streets signing at the same time do not get precondition failures.
  await context.audit({ target: ['disbursement', disbursementId], change });
  return await describeRoster(context, disbursement, await readRoster(context, disbursementId, streetCode));
}

/** Signs one of many rosters of a street, as `verifyRoster` does. */
export async function verifyRosters(
  context: WriteContext,
  { disbursementId: id, streetCode, version, ...body }: RosterToVerify,
) {
  const { number, lineCount, amountFen } = await verifyRoster(context, { id, streetCode }, version, body);
  return { number, lineCount, amountFen };
}

async function readHeld(
  context: WriteContext,
  disbursementId: string,
  streetCode: string,
  held: NonNullable<VerifyRoster['held']>,
) {
  if (held.length === 0) return [];
  const waiting = await listRosterLines(context.tx, disbursementId, streetCode);
  const byId = new Map(waiting.filter(({ state }) => state === 'waiting').map((line) => [line.lineId, line]));
  const fieldErrors: FieldError[] = [];
  const seen = new Set<string>();
  const lines = held.flatMap(({ lineId, reason }, index) => {
    const line = byId.get(lineId);
    const code = line === undefined ? 'unknown-line' : seen.has(lineId) ? 'duplicate-line' : null;
    if (code !== null) {
      const detail = '名单中没有这笔发放，或重复填写。';
      fieldErrors.push({ pointer: `/body/held/${index}/lineId`, code, detail });
    }
    seen.add(lineId);
    return line === undefined ? [] : [{ personId: line.personId, lineId, reason }];
  });
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  return lines;
}

/**
 * A street's current roster as PDF or workbook.
 *
 * @throws Problem not-found
 */
export async function getRosterFile(
  context: WriteContext,
  { id: disbursementId, streetCode }: RosterKey,
  { format }: RosterFileQuery,
) {
  const roster = await getRoster(context, { id: disbursementId, streetCode });
  const { agencyName } = context.reference.findAgencyNames(roster.agencyCode);
  const { number } = roster;
  await context.audit({
    target: ['disbursement', disbursementId],
    change: { printed: number, format, lines: roster.lines.length },
  });
  return { number, printed: { roster: { ...roster, agencyName }, asOf: context.at.toString() } };
}
