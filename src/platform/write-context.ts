// Creates the context for writes: audit entries and staged work go into the operation's transaction, both for
// requests and for the service's own work.

import { sql } from 'kysely';
import type { Policies } from '../rules/policy/policy.ts';
import { type Day, dayInShanghai } from '../values/days.ts';
import { type Actor, clientOf, officerNameOf, officerOf } from './access/actor.ts';
import type { AuditEntry, RequestContext, ServiceOperation, Settings, WriteContext } from './context.ts';
import { insertAuditEntry } from './database/audit-entries.ts';
import type { Db, Tx } from './database/connect.ts';
import { scopeOfAudit, scopeOfService } from './database/row-scope.ts';
import { later, transact } from './database/transaction.ts';
import type { Encryption } from './encryption/encryption.ts';
import type { Reference } from './reference/reference.ts';

/** Created once at program start; every context uses them. */
export interface Services {
  readonly db: Db;
  readonly clock: () => Temporal.Instant;
  readonly newId: () => string;
  readonly encryption: Encryption;
  readonly settings: Settings;
  /** Those known on a day: an adopted version begins on a later day, so each process reads them once a day. */
  readonly policiesOn: (today: Day) => Promise<Policies>;
  /** For a transaction: at most a second older than the call. */
  readonly referenceIn: (tx: Tx) => Promise<Reference>;
}

/**
 * The operation's instant in whole milliseconds, so that the answered, stored and re-read values are equal.
 */
export function momentOf({ clock }: Services): Temporal.Instant {
  return clock().round({ smallestUnit: 'millisecond', roundingMode: 'floor' });
}

/** Source address and request id for audit entries. */
export interface Origin {
  readonly requestId: string;
  readonly sourceAddress: string;
}

/**
 * The context of one write. With its first audit entry the database is asked whether the reference data are still the
 * newest: otherwise the transaction is repeated.
 *
 * @returns `leftTrace`: whether an audit entry was written; `named`: the people named in entries
 */
export async function writeContext(
  tx: Tx,
  { newId, referenceIn }: Pick<Services, 'newId' | 'referenceIn'>,
  base: RequestContext,
  origin: Origin,
) {
  const reference = await referenceIn(tx);
  let entries = 0;
  const named = new Set<string>();
  const context: WriteContext = {
    ...base,
    tx,
    reference,
    newId,
    audit: async (entry) => {
      entries += 1;
      if (entry.personId !== undefined) named.add(entry.personId);
      leaveTrace(tx, base, origin, entry, entries === 1 ? reference.version : undefined);
    },
    enqueue: (task, jobs) => enqueue(tx, task, jobs),
  };
  return { context, leftTrace: () => entries > 0, named };
}

const service: Actor = {
  subject: 'service',
  issuer: 'urn:subsidy',
  clientId: 'service',
  name: null,
  roles: [],
  agency: null,
  scopes: new Set(),
};

/** Runs staged or scheduled work as the service, whose scope is the whole city. */
export async function writeAsService<T>(
  services: Services,
  operation: ServiceOperation,
  work: (context: WriteContext) => Promise<T>,
): Promise<T> {
  const { newId, encryption, settings } = services;
  const at = momentOf(services);
  const today = dayInShanghai(at);
  const base: RequestContext = {
    operation,
    actor: service,
    role: 'service',
    scope: { relation: 'city' },
    at,
    today,
    settings,
    policies: await services.policiesOn(today),
    encryption,
    shows: () => {},
  };
  const origin = { requestId: newId(), sourceAddress: 'local' };
  const readsAudit = ['deleteExpired', 'enterLooks', 'countFigures'].includes(operation);
  const scope = readsAudit ? scopeOfAudit : scopeOfService;
  return await transact(services.db, scope, async (tx) => {
    const { context } = await writeContext(tx, services, base, origin);
    return await work(context);
  });
}

/** Sends an audit entry with caller, role and origin. @param referenceVersion that the database has to confirm */
export function leaveTrace(
  tx: Tx,
  base: RequestContext,
  origin: Origin,
  entry: AuditEntry,
  referenceVersion?: number,
): void {
  const row = {
    at: base.at.toString(),
    operation: base.operation,
    actor: officerOf(base.actor),
    clientId: clientOf(base.actor),
    role: base.role,
    agencyCode: base.actor.agency,
    targetKind: entry.target[0],
    targetId: entry.target[1],
    personId: entry.personId ?? null,
    change: JSON.stringify(entry.change),
    ...origin,
  };
  insertAuditEntry(tx, row, { officerName: officerNameOf(base), referenceVersion });
}

async function enqueue(
  tx: Tx,
  task: string,
  jobs: readonly { key: string; payload: object }[],
): Promise<void> {
  if (jobs.length === 0) return;
  const keys = jobs.map((job) => `${task} ${job.key}`);
  const payloads = jobs.map((job) => JSON.stringify(job.payload));
  later(
    tx,
    sql`select graphile_worker.add_job(${task}, payload::json, job_key => key, max_attempts => 10)
      from unnest(${keys}::text[], ${payloads}::text[]) as job (key, payload)`,
  );
}
