// The streets' part 名单核对: each sees its own people, signs or holds back, and lets go when the doubt is cleared.

import { type Flag, flagsOfCases } from '../../applications/flags/operations.ts';
import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { readCalendar } from '../../platform/reference/store.ts';
import { dayInShanghai } from '../../values/days.ts';
import { maskName } from '../../values/names.ts';
import { workingDaysBetween } from '../../values/working-days.ts';
import {
  advance,
  conflict,
  type DisbursementRow,
  describe,
  found,
  locked,
  refuseOtherStreet,
  summedRosters,
} from '../disbursement/lifecycle.ts';
import type { ReleaseHold, VerifyRoster } from '../disbursement/schemas.ts';
import * as store from '../disbursement/store.ts';
import { listRostersByAnswer } from '../funds/paper-store.ts';
import { findLine, listRosterLines } from '../lines/payee-store.ts';
import { openName } from '../lines/payees.ts';
import { holdLines, releaseLine } from '../lines/store.ts';
import type { RosterQuery } from './schemas.ts';

/** One street's people, their months and amounts. A street officer sees their own street's only. */
export async function getRoster(context: ReadContext, disbursementId: string, streetCode: string) {
  const disbursement = await found(context, disbursementId);
  refuseOtherStreet(context, streetCode);
  return await describeRoster(context, disbursement, streetCode);
}

const rosterKey = /^[0-9a-f-]{36} \d{9}$/;

/**
 * Rosters across disbursements: what a street still has to answer, and for its county which streets have not, since when
 * and for how many working days.
 */
export async function listRosters(context: ReadContext, query: RosterQuery) {
  const request = pageRequest(query, rosterKey);
  const [disbursementId = '', streetCode = ''] = request.afterId?.split(' ') ?? [];
  const after = request.afterId === null ? null : { disbursementId, streetCode };
  const { answer, streetCode: street } = query;
  const filter = { answer, streetCode: street };
  const rows = await listRostersByAnswer(context.tx, context.scope, filter, after, request.limit);
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

/** The street signs its roster, whole or without lines it holds back with a reason. The last street moves the whole on. */
export async function verifyRoster(
  context: WriteContext,
  disbursementId: string,
  streetCode: string,
  expected: number,
  body: VerifyRoster,
) {
  refuseOtherStreet(context, streetCode);
  const disbursement = await locked(context, disbursementId, expected);
  if (disbursement.state !== 'verifying') throw conflict(disbursement);
  const rosters = await store.listRosters(context.tx, disbursementId);
  const roster = rosters.find((candidate) => candidate.streetCode === streetCode);
  if (roster === undefined) throw new Problem('not-found');
  if (roster.verifiedAt !== null)
    throw new Problem('state-conflict', { detail: '本街道（乡镇）的名单已核对签字，无需重复操作。' });
  const held = await readHeld(context, disbursementId, streetCode, body.held ?? []);
  await holdLines(context.tx, held);
  const signedAt = context.at.toString();
  await store.setRosterVerified(
    context.tx,
    { disbursementId, streetCode },
    signedAt,
    officerOf(context.actor),
  );
  const change = { streetCode, held: held.length };
  const isLast = rosters.every((other) => other.verifiedAt !== null || other.streetCode === streetCode);
  if (isLast) await advance(context, disbursement, 'verifyRoster', change);
  else await context.audit({ target: ['disbursement', disbursementId], change });
  return await describeRoster(context, await found(context, disbursementId), streetCode);
}

/** The doubt is cleared: the held line leaves its disbursement, and its months wait for the next. */
export async function releaseHold(
  context: WriteContext,
  disbursementId: string,
  lineId: string,
  body: ReleaseHold,
) {
  await locked(context, disbursementId);
  const line = await findLine(context.tx, context.scope, disbursementId, lineId);
  if (line === undefined) throw new Problem('not-found');
  if (line.state !== 'held') {
    throw new Problem('state-conflict', { detail: '这笔发放没有被暂缓，或暂缓已经解除。' });
  }
  await releaseLine(context.tx, line, 'hold-released');
  await store.touchDisbursement(context.tx, disbursementId);
  await context.audit({
    target: ['payment-line', lineId],
    personId: line.personId,
    change: { from: 'held', to: 'released', reason: body.reason },
  });
  return await describe(context, disbursementId);
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

/** The roster as the street and its county see it, masked. `not-found` for a street that has none. */
export async function describeRoster(
  context: ReadContext,
  disbursement: DisbursementRow,
  streetCode: string,
) {
  const { disbursementId, version, agencyCode, disbursementNumber } = disbursement;
  const rosters = await summedRosters(
    context,
    disbursementId,
    await store.sumStreets(context.tx, disbursementId),
  );
  const roster = rosters.find((candidate) => candidate.streetCode === streetCode);
  if (roster === undefined) throw new Problem('not-found');
  const lines = await listRosterLines(context.tx, disbursementId, streetCode);
  context.shows(lines.map(({ personId }) => personId));
  return {
    disbursementId,
    version,
    number: `${disbursementNumber}-${streetCode}`,
    agencyCode,
    streetCode,
    streetName: roster.name,
    lineCount: roster.lineCount,
    amountFen: roster.amountFen,
    verifiedAt: roster.verifiedAt,
    lines: await describeLines(context, lines),
  };
}

type ListedLine = Awaited<ReturnType<typeof listRosterLines>>[number];

/** Lines as officers see them: nothing personal is whole, and each says what stands out about its case. */
export async function describeLines(context: ReadContext, lines: readonly ListedLine[]) {
  const flags = await flagsOfCases(context, lines);
  return lines.map((line) => describeLine(context, line, flags.get(line.applicationId) ?? []));
}

function describeLine({ sealer }: ReadContext, line: ListedLine, flags: readonly Flag[]) {
  return {
    lineId: line.lineId,
    caseNumber: line.caseNumber,
    name: maskName(openName(sealer, line)),
    identityNumber: line.identityMasked,
    account: line.accountMasked,
    months: line.months,
    amountFen: line.amountFen,
    state: line.state,
    failure: line.failure,
    holdReason: line.holdReason,
    releaseCause: line.releaseCause,
    replacesLineId: line.replacesLineId,
    batchNumber: line.batchNumber,
    flags: [...flags],
  };
}
