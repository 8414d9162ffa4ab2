// Proposes, finds and describes one change of whom a case pays; the operations do the rest of each act.

import { conflict, locked } from '../../applications/application/lifecycle.ts';
import { officerOf } from '../../platform/access/actor.ts';
import { nameFor } from '../../platform/access/names.ts';
import { officerFor } from '../../platform/access/officers.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import type { Application } from '../../platform/database/tables.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { findDeath } from '../deaths/store.ts';
import {
  type DescribedChange,
  insertPayeeChange,
  lockPayeeChange,
  type PayeeChangeRow,
  readPayeeChange,
} from './store.ts';

/** An accepted or approved case and its person, locked. @throws Problem not-found, state-conflict */
export async function lockedPayee(context: WriteContext, applicationId: string, wanted: string) {
  const application = await locked(context, applicationId);
  if (application.state !== 'accepted' && application.state !== 'approved')
    throw conflict(application.state, wanted);
  await holdPerson(context, application.personId);
  return application;
}

/** @throws Problem state-conflict where no register tells of a death */
export async function refuseLiving({ tx }: WriteContext, personId: string): Promise<void> {
  if ((await findDeath(tx, personId)) !== null) return;
  throw new Problem('state-conflict', { detail: '登记数据中没有该申请人去世的记录，补贴照常发放。' });
}

type Proposed = Pick<PayeeChangeRow, 'payeeChangeId' | 'kind'> & Partial<PayeeChangeRow>;

/** @throws Problem state-conflict if one of the same kind waits for its answer */
export async function propose(
  context: WriteContext,
  { personId, applicationId }: Pick<Application, 'personId' | 'applicationId'>,
  reason: string,
  proposed: Proposed,
): Promise<PayeeChangeRow> {
  const proposal = await insertPayeeChange(context.tx, {
    lineId: null,
    bank: null,
    accountEncrypted: null,
    accountMasked: null,
    accountIndex: null,
    nameEncrypted: null,
    formerNameHash: null,
    materialId: null,
    heirPersonId: null,
    heirMasked: null,
    relation: null,
    deathCertificateId: null,
    ...proposed,
    personId,
    applicationId,
    state: 'proposed',
    reason,
    proposedAt: context.at.toString(),
    proposedBy: officerOf(context.actor),
    answeredAt: null,
    answeredBy: null,
  });
  if (proposal !== undefined) return proposal;
  const detail =
    proposed.lineId === undefined
      ? '本申请已有一项待复核的同类更正，请先复核或驳回。'
      : '这笔发放已提出重新发放，正待复核或已复核，请先查询。';
  throw new Problem('state-conflict', { detail });
}

/** @throws Problem not-found, state-conflict if it was answered */
export async function lockedProposal(
  { tx, scope }: WriteContext,
  application: Application,
  payeeChangeId: string,
) {
  const proposal = await lockPayeeChange(tx, application, payeeChangeId);
  if (proposal === undefined || !isSeenIn(scope, proposal)) throw new Problem('not-found');
  if (proposal.state === 'proposed') return proposal;
  throw new Problem('state-conflict', { detail: '这项更正已经复核或驳回，不能再次处理。' });
}

/** A platform is not told of a death, nor of an heir. */
function isSeenIn({ relation }: ReadContext['scope'], { kind }: Pick<PayeeChangeRow, 'kind'>): boolean {
  return relation !== 'own' || kind === 'account' || kind === 'name';
}

export function targetOf({ personId, applicationId }: PayeeChangeRow) {
  return { target: ['application', applicationId] as const, personId };
}

/** What was done with an heir, for the heir's own access report. */
export async function auditHeir(context: WriteContext, change: PayeeChangeRow): Promise<void> {
  const { heirPersonId, applicationId, payeeChangeId, state } = change;
  if (heirPersonId === null) return;
  const target = ['application', applicationId] as const;
  await context.audit({ target, personId: heirPersonId, change: { payeeChangeId, state, as: 'heir' } });
}

export function placeOf(
  { personId, payeeChangeId }: Pick<PayeeChangeRow, 'personId' | 'payeeChangeId'>,
  column: 'account_encrypted' | 'name_encrypted',
) {
  return { table: 'payee_change', column, row: `${personId} ${payeeChangeId}` };
}

/** After its audit entry, which keeps the officer's name. */
export async function describeOne(context: WriteContext, change: PayeeChangeRow) {
  return describe(context, await readPayeeChange(context.tx, change));
}

export function describe(context: ReadContext, change: DescribedChange) {
  const { nameEncrypted } = change;
  return {
    payeeChangeId: change.payeeChangeId,
    applicationId: change.applicationId,
    kind: change.kind,
    state: change.state,
    lineId: change.lineId,
    bank: change.bank,
    account: change.accountMasked,
    name:
      nameEncrypted === null
        ? null
        : nameFor(context, context.encryption.decrypt(nameEncrypted, placeOf(change, 'name_encrypted'))),
    identityNumber: change.heirMasked,
    relation: change.relation,
    materialId: change.materialId,
    deathCertificateId: change.deathCertificateId,
    reason: change.reason,
    proposedAt: change.proposedAt,
    proposedBy: officerFor(context, change.proposer),
    answeredAt: change.answeredAt,
    answeredBy: officerFor(context, change.answerer),
  };
}
