// Reads payment lines together with whom they pay: names and accounts, sealed. Changes nothing.

import { type SqlBool, sql } from 'kysely';
import type { Sight } from '../access/permissions.ts';
import type { Tx } from '../database/connect.ts';
import type { PageRequest } from '../http/paging.ts';
import type { Sealer } from '../secrets/sealer.ts';
import { linesPerPage, type Payable, type RosterPlace } from './line-store.ts';
import { atTheBank, type LineState } from './states.ts';

/** Lines with the case they belong to and the account they pay: the corrected one where there is one. */
function linesWithPayees(tx: Tx) {
  return tx
    .selectFrom('paymentLine as l')
    .innerJoin('application as a', (join) =>
      join.onRef('a.personId', '=', 'l.personId').onRef('a.applicationId', '=', 'l.applicationId'),
    )
    .leftJoin('paymentCorrection as c', (join) =>
      join.onRef('c.personId', '=', 'l.personId').onRef('c.correctionId', '=', 'l.correctionId'),
    )
    .select(['l.personId', 'l.lineId', 'l.disbursementId', 'l.streetCode', 'l.applicationId', 'l.state'])
    .select(['l.amountFen', 'l.failure', 'l.holdReason', 'l.releaseCause', 'l.batchNumber'])
    .select(['l.replacesLineId', 'l.correctionId', 'a.caseNumber', 'a.nameSealed', 'a.agencyCode'])
    .select((eb) => [
      eb.fn.coalesce('c.bank', 'a.bank').as('bank'),
      eb.fn.coalesce('c.accountSealed', 'a.accountSealed').as('accountSealed'),
      eb.fn.coalesce('c.accountMasked', 'a.accountMasked').as('accountMasked'),
    ]);
}

export type PayeeLine = Awaited<ReturnType<typeof listBatchPage>>[number];

/** The same with the person's masked number and the months that are paid for. */
function linesWithMonths(tx: Tx) {
  return linesWithPayees(tx)
    .innerJoin('person as p', 'p.personId', 'l.personId')
    .select('p.identityMasked')
    .select(
      sql<string[]>`array(select month::text from payment_line_month m
        where m.person_id = l.person_id and m.line_id = l.line_id order by month)`.as('months'),
    );
}

/** A street's lines in the order of its roster; read a page at a time, for a street may have tens of thousands. */
export async function listRosterLines(tx: Tx, disbursementId: string, streetCode: string) {
  const lines = [];
  let afterId: string | null = null;
  for (;;) {
    const page = await listRosterPage(tx, { disbursementId, streetCode }, afterId);
    lines.push(...page);
    const last = page.at(-1);
    if (last === undefined || page.length < linesPerPage) return lines;
    afterId = last.lineId;
  }
}

async function listRosterPage(
  tx: Tx,
  { disbursementId, streetCode }: { disbursementId: string; streetCode: string },
  afterId: string | null,
) {
  return await linesWithMonths(tx)
    .where('l.disbursementId', '=', disbursementId)
    .where('l.streetCode', '=', streetCode)
    .$if(afterId !== null, (query) => query.where('l.lineId', '>', afterId ?? ''))
    .orderBy('l.lineId')
    .limit(linesPerPage)
    .execute();
}

/** A page of a disbursement's lines within sight, in the order of its rosters; of one state when one is named. */
export async function listLines(
  tx: Tx,
  sight: Sight,
  disbursementId: string,
  state: LineState | undefined,
  page: PageRequest,
) {
  return await linesWithMonths(tx)
    .where('l.disbursementId', '=', disbursementId)
    .$if(sight.relation === 'street', (query) =>
      query.where('l.streetCode', '=', sight.relation === 'street' ? sight.code : ''),
    )
    .$if(state !== undefined, (query) => query.where('l.state', '=', state ?? 'waiting'))
    .$if(page.afterId !== null, (query) =>
      query.where(
        // From the start where there is no such line.
        sql<SqlBool>`(l.street_code, l.line_id) >
          (coalesce((select street_code from payment_line where line_id = ${page.afterId}), ''), ${page.afterId})`,
      ),
    )
    .orderBy('l.streetCode')
    .orderBy('l.lineId')
    .limit(page.limit + 1)
    .execute();
}

/** One page of the lines that go, or went, to the bank together. */
export async function listBatchPage(
  tx: Tx,
  batch: Payable | { readonly disbursementId: string; readonly batchNumber: string },
  after: RosterPlace | null,
) {
  const lines = linesWithPayees(tx).where('l.disbursementId', '=', batch.disbursementId);
  const ofBatch =
    'batchNumber' in batch
      ? lines.where('l.batchNumber', '=', batch.batchNumber)
      : lines
          .where('l.state', '=', 'waiting')
          .where(sql<SqlBool>`l.line_id <> all(${batch.doubtful}::uuid[])`);
  return await ofBatch
    .$if(after !== null, (query) =>
      query.where(
        sql<SqlBool>`(l.street_code, l.line_id) > (${after?.streetCode ?? ''}, ${after?.lineId ?? null}::uuid)`,
      ),
    )
    .orderBy('l.streetCode')
    .orderBy('l.lineId')
    .limit(linesPerPage)
    .execute();
}

/** One line of a disbursement within sight of a street or of the whole. */
export async function findLine(tx: Tx, sight: Sight, disbursementId: string, lineId: string) {
  return await linesWithPayees(tx)
    .where('l.disbursementId', '=', disbursementId)
    .where('l.lineId', '=', lineId)
    .$if(sight.relation === 'street', (query) =>
      query.where('l.streetCode', '=', sight.relation === 'street' ? sight.code : ''),
    )
    .executeTakeFirst();
}

/** The account holder's name, whole. */
export function openName(sealer: Sealer, line: Pick<PayeeLine, 'personId' | 'applicationId' | 'nameSealed'>) {
  const row = `${line.personId} ${line.applicationId}`;
  return sealer.open(line.nameSealed, { table: 'application', column: 'name_sealed', row });
}

/** The number of the account to be paid, whole. */
export function openAccount(
  sealer: Sealer,
  line: Pick<PayeeLine, 'personId' | 'applicationId' | 'correctionId' | 'accountSealed'>,
) {
  const place =
    line.correctionId === null
      ? { table: 'application', row: `${line.personId} ${line.applicationId}` }
      : { table: 'payment_correction', row: `${line.personId} ${line.correctionId}` };
  return sealer.open(line.accountSealed, { ...place, column: 'account_sealed' });
}

/** line id → what a batch still waits for the bank's answer to. */
export async function listOutstanding(
  tx: Tx,
  disbursementId: string,
  batchNumber: string,
): Promise<Map<string, { personId: string; amountFen: number }>> {
  const rows = await tx
    .selectFrom('paymentLine')
    .select(['lineId', 'personId', 'amountFen'])
    .where('disbursementId', '=', disbursementId)
    .where('batchNumber', '=', batchNumber)
    .where('state', 'in', [...atTheBank])
    .orderBy('lineId')
    .execute();
  return new Map(rows.map(({ lineId, personId, amountFen }) => [lineId, { personId, amountFen }]));
}
