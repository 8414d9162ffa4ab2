// The row scope of a transaction, set at its beginning and for that transaction only. Row-level security
// policies read it; without one, a transaction sees no row about a person.

import pg from 'pg';

/** Which rows a transaction sees. Relations as in access/permissions.ts. */
export interface RowScope {
  /** The officer, client or service, as named in the audit. */
  readonly actor: string;
  readonly relation: 'city' | 'agency' | 'street' | 'own';
  /** Code of the agency or street, or the client; empty for the city. */
  readonly code: string;
  /** Owner of the Idempotency-Keys that are visible: a person at a client. */
  readonly caller: string;
  /** Whether audit entries of other actors are visible. */
  readonly readsAudit: boolean;
}

const settingOf = {
  city: 'subsidy.city',
  agency: 'subsidy.agency',
  street: 'subsidy.street',
  own: 'subsidy.client',
} as const satisfies Record<RowScope['relation'], string>;

/** `set local` statements, sent together with BEGIN. */
export function tellScope({ actor, relation, code, caller, readsAudit }: RowScope): string {
  // An empty code would look like a setting that was never made.
  if (relation !== 'city' && code === '') throw new Error(`a ${relation} without a code`);
  const settings: readonly (readonly [string, string])[] = [
    ['subsidy.actor', actor],
    ['subsidy.caller', caller],
    [settingOf[relation], relation === 'city' ? 'yes' : code],
    ...(readsAudit ? ([['subsidy.audit', 'read']] as const) : []),
  ];
  return settings.map(([name, value]) => `set local ${name} = ${pg.escapeLiteral(value)}`).join('; ');
}

/** For the service's own work: staged jobs, chaining the audit, programs. The whole city. */
export const scopeOfService: RowScope = {
  actor: 'urn:subsidy|service',
  relation: 'city',
  code: '',
  caller: '',
  readsAudit: false,
};

/** The same with access to all audit entries: to chain, verify and delete them. */
export const scopeOfAudit: RowScope = { ...scopeOfService, readsAudit: true };
