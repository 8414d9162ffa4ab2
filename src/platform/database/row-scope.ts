// The row scope of a transaction, told to the database at its beginning and for it alone. The policies of row-level security
// read it; a transaction without one sees no row about a person.

import { AsyncLocalStorage } from 'node:async_hooks';
import pg from 'pg';

/** How far a transaction sees. One of the four relations of access/permissions.ts, or nothing at all. */
export interface RowScope {
  /** The officer, client or service that acts, as the audit names them. */
  readonly actor: string;
  readonly relation: 'city' | 'agency' | 'street' | 'own';
  /** The agency's or street's code, or the client; of the city the empty text. */
  readonly code: string;
  /** Whose Idempotency-Keys are found: a person at a client. */
  readonly caller: string;
  /** Whether entries of the audit may be read that others left. */
  readonly readsAudit: boolean;
}

const settingOf = {
  city: 'subsidy.city',
  agency: 'subsidy.agency',
  street: 'subsidy.street',
  own: 'subsidy.client',
} as const satisfies Record<RowScope['relation'], string>;

/** `set local` statements, to be sent with the beginning of the transaction. */
export function tellScope({ actor, relation, code, caller, readsAudit }: RowScope): string {
  // An empty code would equal a setting that was never made.
  if (relation !== 'city' && code === '') throw new Error(`a ${relation} without a code`);
  const settings: readonly (readonly [string, string])[] = [
    ['subsidy.actor', actor],
    ['subsidy.caller', caller],
    [settingOf[relation], relation === 'city' ? 'yes' : code],
    ...(readsAudit ? ([['subsidy.audit', 'read']] as const) : []),
  ];
  return settings.map(([name, value]) => `set local ${name} = ${pg.escapeLiteral(value)}`).join('; ');
}

/** Row scope of the next transaction in this async context. */
export const scopeOfTransaction = new AsyncLocalStorage<RowScope | null>();

/** The service's own work: staged jobs, sealing, programs. It sees the city, and says so. */
export const scopeOfService: RowScope = {
  actor: 'urn:subsidy|service',
  relation: 'city',
  code: '',
  caller: '',
  readsAudit: false,
};

/** The same with the audit: for chaining, verifying and deleting its entries. */
export const scopeOfAudit: RowScope = { ...scopeOfService, readsAudit: true };
