// Whom a case pays now: as applied for, or as changed since by two officers. The signed undertaking keeps what it said.

import { sql } from 'kysely';
import { nameFor } from '../../platform/access/names.ts';
import type { ReadContext } from '../../platform/context.ts';
import type { Tx } from '../../platform/database/connect.ts';
import type { ApplicationRow } from './store.ts';

export interface Payee {
  readonly name: string;
  readonly bank: string;
  readonly accountNumber: string;
  readonly accountMasked: string;
}

interface ConfirmedChange {
  readonly payeeChangeId: string;
  readonly kind: 'account' | 'name';
  readonly bank: string | null;
  readonly accountEncrypted: Buffer | null;
  readonly accountMasked: string | null;
  readonly nameEncrypted: Buffer | null;
}

/** The applicant's newest confirmed change of each kind. Accounts changed after an heir was named are the heir's. */
async function listConfirmed(tx: Tx, { personId, applicationId }: ApplicationRow) {
  const { rows } = await sql<ConfirmedChange>`
    select distinct on (kind) kind, payee_change_id, bank, account_encrypted, account_masked, name_encrypted
    from payee_change c
    where person_id = ${personId} and application_id = ${applicationId} and state = 'confirmed'
      and kind in ('account', 'name') and not exists (select from payee_change heir
        where heir.person_id = c.person_id and heir.kind = 'heir' and heir.state = 'confirmed'
          and heir.payee_change_id < c.payee_change_id)
    order by kind, payee_change_id desc`.execute(tx);
  return rows;
}

export async function payeeOf(context: ReadContext, application: ApplicationRow): Promise<Payee> {
  const { personId, applicationId } = application;
  const changes = await listConfirmed(context.tx, application);
  const open = (
    column: 'name_encrypted' | 'account_encrypted',
    applied: Buffer,
    change: Pick<ConfirmedChange, 'payeeChangeId'> | undefined,
    changed: Buffer | null | undefined,
  ) =>
    change === undefined || changed === null || changed === undefined
      ? context.encryption.decrypt(applied, {
          table: 'application',
          column,
          row: `${personId} ${applicationId}`,
        })
      : context.encryption.decrypt(changed, {
          table: 'payee_change',
          column,
          row: `${personId} ${change.payeeChangeId}`,
        });
  const account = changes.find(({ kind }) => kind === 'account');
  const name = changes.find(({ kind }) => kind === 'name');
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
  const { rows } = await sql<{ applicationId: string; payeeChangeId: string; nameEncrypted: Buffer }>`
    select distinct on (application_id) application_id, payee_change_id, name_encrypted from payee_change
    where person_id = any(${cases.map(({ personId }) => personId)}::uuid[])
      and application_id = any(${cases.map(({ applicationId }) => applicationId)}::uuid[])
      and state = 'confirmed' and kind = 'name'
    order by application_id, payee_change_id desc`.execute(context.tx);
  const changes = new Map(rows.map((row) => [row.applicationId, row]));
  const { encryption } = context;
  return new Map(
    cases.map(({ personId, applicationId, nameEncrypted }) => {
      const change = changes.get(applicationId);
      const column = 'name_encrypted';
      const name =
        change === undefined
          ? encryption.decrypt(nameEncrypted, {
              table: 'application',
              column,
              row: `${personId} ${applicationId}`,
            })
          : encryption.decrypt(change.nameEncrypted, {
              table: 'payee_change',
              column,
              row: `${personId} ${change.payeeChangeId}`,
            });
      return [applicationId, name];
    }),
  );
}
