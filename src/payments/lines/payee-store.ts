// Reads payment lines with their payees: names and accounts, encrypted. Writes nothing.

import { type SqlBool, sql } from 'kysely';
import type { Scope } from '../../platform/access/permissions.ts';
import { batchesOf } from '../../platform/database/batches.ts';
import type { Tx } from '../../platform/database/connect.ts';
import { atMost } from '../../platform/database/row-limit.ts';
import type { PageRequest } from '../../platform/http/paging.ts';
import { isAfter, linesPerPage, type RosterPlace } from './page-store.ts';
import type { LineQuery } from './schemas.ts';
import type { Payable } from './store.ts';

/** The lines of a disbursement in roster order: street, then line. */
function linesOf(tx: Tx, disbursementId: string) {
  return tx
    .selectFrom('paymentLine')
    .selectAll()
    .where('disbursementId', '=', disbursementId)
    .orderBy('streetCode')
    .orderBy('lineId');
}

type Lines = ReturnType<typeof linesOf>;

/**
 * Adds the case and the account to be paid, corrected if there is a correction. OFFSET 0 makes PostgreSQL select the
 * lines first and then look up each case: the planner would otherwise join and sort all lines of the disbursement for
 * each page, and a large disbursement has a hundred and fifty pages.
 */
function withPayees(tx: Tx, lines: Lines) {
  return tx
    .selectFrom(lines.as('l'))
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('application')
          .select(['caseNumber', 'nameEncrypted', 'agencyCode', 'bank', 'accountEncrypted', 'accountMasked'])
          .whereRef('application.personId', '=', 'l.personId')
          .whereRef('application.applicationId', '=', 'l.applicationId')
          .offset(0)
          .as('a'),
      (join) => join.onTrue(),
    )
    .leftJoin('payeeChange as c', (join) =>
      join.onRef('c.personId', '=', 'l.personId').onRef('c.payeeChangeId', '=', 'l.accountChangeId'),
    )
    .leftJoin('payeeChange as n', (join) =>
      join.onRef('n.personId', '=', 'l.personId').onRef('n.payeeChangeId', '=', 'l.nameChangeId'),
    )
    .select(['l.personId', 'l.lineId', 'l.disbursementId', 'l.streetCode', 'l.applicationId', 'l.state'])
    .select(['l.amountFen', 'l.failure', 'l.holdReason', 'l.releaseCause', 'l.batchNumber'])
    .select(['l.replacesLineId', 'l.accountChangeId', 'l.nameChangeId', 'a.caseNumber', 'a.agencyCode'])
    .select(['c.answeredAt as accountChangedAt', 'n.answeredAt as nameChangedAt', 'n.kind as holderKind'])
    .select('a.nameEncrypted as appliedNameEncrypted')
    .select((eb) => [
      eb.fn.coalesce('n.nameEncrypted', 'a.nameEncrypted').as('nameEncrypted'),
      eb.fn.coalesce('c.bank', 'a.bank').as('bank'),
      eb.fn.coalesce('c.accountEncrypted', 'a.accountEncrypted').as('accountEncrypted'),
      eb.fn.coalesce('c.accountMasked', 'a.accountMasked').as('accountMasked'),
    ])
    .orderBy('l.streetCode')
    .orderBy('l.lineId');
}

export type PayeeLine = Awaited<ReturnType<typeof listBatchPage>>[number];
export type ListedLine = Awaited<ReturnType<typeof listRosterLines>>[number];

/** Adds the person's masked number and the paid months. */
function withMonths(tx: Tx, lines: Lines) {
  return withPayees(tx, lines)
    .innerJoinLateral(
      (eb) =>
        eb
          .selectFrom('person')
          .select('identityMasked')
          .whereRef('person.personId', '=', 'l.personId')
          .offset(0)
          .as('p'),
      (join) => join.onTrue(),
    )
    .select('p.identityMasked')
    .select(
      sql<string[]>`array(select month::text from payment_line_month m
        where m.person_id = l.person_id and m.line_id = l.line_id order by month)`.as('months'),
    );
}

/** A street sees its own lines; the agency and the city see all. */
function ofStreet(scope: Scope) {
  return scope.relation === 'street' ? sql<SqlBool>`street_code = ${scope.code}` : sql<SqlBool>`true`;
}

/** A street's lines in roster order; paged, because a street may have tens of thousands. */
export async function listRosterLines(tx: Tx, disbursementId: string, streetCode: string) {
  const list = async (last: { lineId: string } | null, limit: number) => {
    const ofStreet = linesOf(tx, disbursementId).where('streetCode', '=', streetCode);
    const lines = last === null ? ofStreet : ofStreet.where('lineId', '>', last.lineId);
    return await withMonths(tx, lines.limit(atMost(limit))).execute();
  };
  return (await Array.fromAsync(batchesOf(list, linesPerPage))).flat();
}

/** A page of a disbursement's lines within scope, in roster order; optionally of one state, person, case or street. */
export async function listLines(
  tx: Tx,
  scope: Scope,
  disbursementId: string,
  filter: LineQuery,
  page: PageRequest,
) {
  const { state, personId, applicationId, streetCode } = filter;
  let asked = linesOf(tx, disbursementId).where(ofStreet(scope));
  if (state !== undefined) asked = asked.where('state', '=', state);
  if (personId !== undefined) asked = asked.where('personId', '=', personId);
  if (applicationId !== undefined) asked = asked.where('applicationId', '=', applicationId);
  if (streetCode !== undefined) asked = asked.where('streetCode', '=', streetCode);
  const lines = asked
    .$if(page.afterId !== null, (query) =>
      query.where(
        // Starts at the beginning if there is no such line.
        sql<SqlBool>`(street_code, line_id) >
          (coalesce((select street_code from payment_line where line_id = ${page.afterId}), ''), ${page.afterId})`,
      ),
    )
    .limit(atMost(page.limit + 1));
  return await withMonths(tx, lines).execute();
}

/** One line within scope, as `listLines` reads it. */
export async function findListedLine(tx: Tx, scope: Scope, disbursementId: string, lineId: string) {
  const line = linesOf(tx, disbursementId).where(ofStreet(scope)).where('lineId', '=', lineId);
  return await withMonths(tx, line).executeTakeFirst();
}

/** One page of the lines of a batch. */
export async function listBatchPage(
  tx: Tx,
  batch: Payable | { readonly disbursementId: string; readonly batchNumber: string },
  after: RosterPlace | null,
) {
  const lines = linesOf(tx, batch.disbursementId);
  const ofBatch =
    'batchNumber' in batch
      ? lines.where('batchNumber', '=', batch.batchNumber)
      : lines.where('state', '=', 'waiting').where(sql<SqlBool>`line_id <> all(${batch.doubtful}::uuid[])`);
  const page = ofBatch
    .$if(after !== null, (query) => query.where(isAfter(after)))
    .limit(atMost(linesPerPage));
  return await withPayees(tx, page).execute();
}

/** One line of a disbursement within scope. */
export async function findLine(tx: Tx, scope: Scope, disbursementId: string, lineId: string) {
  const line = linesOf(tx, disbursementId)
    .where('lineId', '=', lineId)
    .$if(scope.relation === 'street', (query) =>
      query.where('streetCode', '=', scope.relation === 'street' ? scope.code : ''),
    );
  return await withPayees(tx, line).executeTakeFirst();
}
