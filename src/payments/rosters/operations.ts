// The streets' part 名单核对: each sees its own people, signs or holds back. Rosters also leave as papers and workbooks: they
// pass through many hands, so that everything personal on them is masked, and each leaves a trace.

import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { findAgencyNames, readCalendar } from '../../platform/reference/store.ts';
import { dayInShanghai } from '../../values/days.ts';
import { workingDaysBetween } from '../../values/working-days.ts';
import { advance, conflict, found, locked } from '../disbursement/lifecycle.ts';
import { listRosterLines } from '../lines/payee-store.ts';
import { holdLines, setRosterVerified } from '../lines/store.ts';
import { describeRoster } from './description.ts';
import type { RosterFileQuery, RosterQuery, VerifyRoster } from './schemas.ts';
import { listRosters as listOfDisbursement, listRostersByAnswer } from './store.ts';

interface RosterKey {
  readonly id: string;
  readonly streetCode: string;
}

/**
 * One street's people, their months and amounts. A street officer sees their own street's only.
 *
 * @throws Problem not-found
 */
export async function getRoster(context: ReadContext, { id, streetCode }: RosterKey) {
  return await describeRoster(context, await found(context, id), streetCode);
}

const rosterKey = /^[0-9a-f-]{36} \d{9}$/;

/**
 * Rosters across disbursements: what a street still has to answer, and for its county which streets have not, since when
 * and for how many working days.
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
  const calendar = await readCalendar(context.tx);
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
 * The street signs its roster, whole or without lines it holds back with a reason. The last street moves the whole on.
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
    return await describeRoster(context, verified, streetCode);
  }
  // Its version stays: streets that sign at the same time need not look again.
  await context.audit({ target: ['disbursement', disbursementId], change });
  return await describeRoster(context, disbursement, streetCode);
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
 * A street's roster as it stands now, to be printed or opened as a workbook.
 *
 * @throws Problem not-found
 */
export async function getRosterFile(
  context: WriteContext,
  { id: disbursementId, streetCode }: RosterKey,
  { format }: RosterFileQuery,
) {
  const roster = await describeRoster(context, await found(context, disbursementId), streetCode);
  const { agencyName } = await findAgencyNames(context.tx, roster.agencyCode);
  const { number } = roster;
  await context.audit({
    target: ['disbursement', disbursementId],
    change: { printed: number, format, lines: roster.lines.length },
  });
  return { number, printed: { roster: { ...roster, agencyName }, asOf: context.at.toString() } };
}
