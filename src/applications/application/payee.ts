// Whom a case pays now: as applied for, or as changed since by two officers. The signed undertaking keeps what it said.

import { type RawBuilder, sql } from 'kysely';
import { nameFor } from '../../platform/access/names.ts';
import type { ReadContext } from '../../platform/context.ts';
import { statement } from '../../platform/database/statement.ts';
import type { NameChange } from './parts.ts';
import type { ApplicationRow } from './store.ts';

export interface Payee {
  readonly name: string;
  readonly bank: string;
  readonly accountNumber: string;
  readonly accountMasked: string;
}

/** A confirmed change of a case's account or name, or the naming of an heir. Bytes in hexadecimal. */
export interface ConfirmedChange {
  readonly payeeChangeId: string;
  readonly kind: 'account' | 'name' | 'heir';
  readonly bank: string | null;
  readonly accountEncrypted: string | null;
  readonly accountMasked: string | null;
  readonly nameEncrypted: string | null;
}

/** The confirmed changes of a case and every heir of the person, newest first. Takes the case as SQL. */
export function confirmedChanges(
  person: RawBuilder<unknown>,
  application: RawBuilder<unknown>,
): RawBuilder<ConfirmedChange> {
  return sql<ConfirmedChange>`
    select kind, payee_change_id as "payeeChangeId", bank, encode(account_encrypted, 'hex') as "accountEncrypted",
      account_masked as "accountMasked", encode(name_encrypted, 'hex') as "nameEncrypted"
    from payee_change
    where person_id = ${person} and state = 'confirmed'
      and (kind = 'heir' or kind in ('account', 'name') and application_id = ${application})
    order by payee_change_id desc`;
}

interface FoundPayee {
  /** The applicant's, masked. */
  readonly identityMasked: string;
  readonly payeeChanges: readonly ConfirmedChange[];
}

const findPayee = statement<{ personId: string; applicationId: string }, FoundPayee>(
  (given) => sql`
  select identity_masked, (select coalesce(json_agg(row), '[]') from (
    ${confirmedChanges(sql`person.person_id`, sql`${given('applicationId')}::uuid`)}) as row) as payee_changes
  from person where person_id = ${given('personId')}`,
);

export async function payeeOf(context: ReadContext, application: ApplicationRow): Promise<Payee> {
  return (await payeeAndNumberOf(context, application)).payee;
}

/** With the applicant's identity number, masked. */
export async function payeeAndNumberOf(context: ReadContext, application: ApplicationRow) {
  const { personId, applicationId } = application;
  const [found] = await findPayee(context.tx, { personId, applicationId });
  if (found === undefined) throw new Error(`application ${applicationId} has no person`);
  const payee = payeeFrom(context, application, found.payeeChanges);
  return { payee, identityMasked: found.identityMasked };
}

/** Whom a case pays, by its confirmed changes, newest first. Accounts changed after an heir was named are the heir's. */
export function payeeFrom(
  { encryption }: Pick<ReadContext, 'encryption'>,
  application: ApplicationRow,
  changes: readonly ConfirmedChange[],
): Payee {
  const { personId, applicationId } = application;
  const open = (
    column: 'name_encrypted' | 'account_encrypted',
    applied: Buffer,
    change: ConfirmedChange | undefined,
    changed: string | null | undefined,
  ) =>
    change === undefined || changed === null || changed === undefined
      ? encryption.decrypt(applied, { table: 'application', column, row: `${personId} ${applicationId}` })
      : encryption.decrypt(Buffer.from(changed, 'hex'), {
          table: 'payee_change',
          column,
          row: `${personId} ${change.payeeChangeId}`,
        });
  const firstHeir = changes.findLast(({ kind }) => kind === 'heir');
  const newest = (wanted: ConfirmedChange['kind']) =>
    changes.find(
      ({ kind, payeeChangeId }) =>
        kind === wanted && (firstHeir === undefined || payeeChangeId < firstHeir.payeeChangeId),
    );
  const account = newest('account');
  const name = newest('name');
  return {
    name: open('name_encrypted', application.nameEncrypted, name, name?.nameEncrypted),
    bank: account?.bank ?? application.bank,
    accountNumber: open(
      'account_encrypted',
      application.accountEncrypted,
      account,
      account?.accountEncrypted,
    ),
    accountMasked: account?.accountMasked ?? application.accountMasked,
  };
}

type NamedCase = Pick<ApplicationRow, 'personId' | 'applicationId' | 'nameEncrypted'>;

/** The applicant's name by its newest correction: whole or masked by who reads. */
export function applicantName(context: ReadContext, named: NamedCase, change: NameChange | null): string {
  return nameFor(context, wholeName(context, named, change));
}

function wholeName(
  { encryption }: ReadContext,
  { personId, applicationId, nameEncrypted }: NamedCase,
  change: NameChange | null,
): string {
  const column = 'name_encrypted';
  return change === null
    ? encryption.decrypt(nameEncrypted, { table: 'application', column, row: `${personId} ${applicationId}` })
    : encryption.decrypt(Buffer.from(change.nameEncrypted, 'hex'), {
        table: 'payee_change',
        column,
        row: `${personId} ${change.payeeChangeId}`,
      });
}

/** The applicants' names, as changed since, by application: each whole or masked by who reads. */
export async function applicantNames(
  context: ReadContext,
  cases: readonly NamedCase[],
): Promise<ReadonlyMap<string, string>> {
  const names = await wholeNames(context, cases);
  return new Map([...names].map(([applicationId, name]) => [applicationId, nameFor(context, name)]));
}

/** The same, each whole: for what is kept encrypted. */
export async function wholeNames(
  context: ReadContext,
  cases: readonly NamedCase[],
): Promise<ReadonlyMap<string, string>> {
  if (cases.length === 0) return new Map();
  const { rows } = await sql<NameChange & { applicationId: string }>`
    select distinct on (application_id) application_id, payee_change_id, encode(name_encrypted, 'hex') as name_encrypted
    from payee_change
    where person_id = any(${cases.map(({ personId }) => personId)}::uuid[])
      and application_id = any(${cases.map(({ applicationId }) => applicationId)}::uuid[])
      and state = 'confirmed' and kind = 'name'
    order by application_id, payee_change_id desc`.execute(context.tx);
  const changes = new Map(rows.map((row) => [row.applicationId, row]));
  return new Map(
    cases.map((named) => {
      const { applicationId } = named;
      return [applicationId, wholeName(context, named, changes.get(applicationId) ?? null)];
    }),
  );
}
