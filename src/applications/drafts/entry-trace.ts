// Describes an applicant's entries for the audit before and after a change: plain values, and keyed digests of personal
// ones. Equal digests mean equal values; without the key they reveal nothing else.

import type { ReadContext } from '../../platform/context.ts';
import { agentsOf } from '../agents/agents.ts';
import type { ApplicationRow } from '../application/store.ts';

export type EntryTrace = Readonly<Record<string, string | readonly string[] | null>>;

export function traceEntries(context: ReadContext, application: ApplicationRow): EntryTrace {
  const { personId, applicationId } = application;
  const digest = (field: string, plain: string) => context.encryption.digest(field, plain).toString('hex');
  const encrypted = (field: string, column: string, value: Buffer) =>
    digest(
      field,
      context.encryption.decrypt(value, {
        table: 'application',
        column,
        row: `${personId} ${applicationId}`,
      }),
    );
  const { contact, agent } = agentsOf(context, application);
  return {
    quarter: application.quarter,
    months: application.months,
    name: encrypted('name', 'name_encrypted', application.nameEncrypted),
    phone: encrypted('phone', 'phone_encrypted', application.phoneEncrypted),
    contact: contact && digest('name', contact.name),
    contactRelation: application.contactRelation,
    agent: agent && digest('identity', agent.identityNumber),
    agentName: agent && digest('name', agent.name),
    agentRelation: application.agentRelation,
    bank: application.bank,
    account: encrypted('account', 'account_encrypted', application.accountEncrypted),
    workKind: application.workKind,
    workSince: application.workSince,
    workPlace: digest('work-place', application.workPlace),
    undertakingVersion: application.undertakingVersion,
    undertakingSignedAt: application.undertakingSignedAt,
  };
}

/** The fields in which two states differ, with both values. */
export function changesBetween(
  before: EntryTrace,
  after: EntryTrace,
): { before: EntryTrace; after: EntryTrace } {
  const [were, are] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const differing = [...are.keys()].filter(
    (field) => JSON.stringify(were.get(field)) !== JSON.stringify(are.get(field)),
  );
  const only = (trace: typeof were): EntryTrace =>
    Object.fromEntries(differing.map((field) => [field, trace.get(field) ?? null]));
  return { before: only(were), after: only(are) };
}
