// Puts a change of policy values in force: one administrator proposes it, past decisions rehearse it, another
// administrator adopts it. The new version decides from its first day on; what was decided before stays as it is.

import { officerOf } from '../../platform/access/actor.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { wholePage } from '../../platform/http/paging.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { knownBeforeMinutes, listPolicyVersions, publishPolicy } from '../../platform/reference/policies.ts';
import { changedBy, type PolicyChange } from '../../rules/policy/policy.ts';
import { addYears, type Day, dayInShanghai } from '../../values/days.ts';
import { rehearsePeriod } from '../rehearsal/operations.ts';
import { periodOf, type Stored } from '../replay/operations.ts';
import { readerOf } from '../replay/reader.ts';
import type { PolicyRehearsal, RejectPolicy } from './schemas.ts';
import {
  type DescribedProposal,
  findProposal,
  hasLearntSince,
  insertProposal,
  listProposals,
  lockProposal,
  type ProposalRow,
  updateProposal,
} from './store.ts';

/** Proposes changed values from a day on, and stages their rehearsal. */
export async function proposePolicy(context: WriteContext, { from, values }: PolicyChange) {
  const { at, actor } = context;
  const fieldErrors = await fieldErrorsOfDay(context, from);
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const proposalId = context.newId();
  await insertProposal(context.tx, {
    proposalId,
    fromDay: from,
    changedValues: JSON.stringify(values),
    state: 'proposed',
    proposedAt: at.toString(),
    proposedBy: officerOf(actor),
  });
  await stageRehearsal(context, proposalId);
  await context.audit({ ...targetOf(proposalId), change: { state: 'proposed', from, values } });
  return await getPolicyProposal(context, proposalId);
}

/** Every proposal, newest first. */
export async function listPolicyProposals({ tx }: ReadContext) {
  return wholePage((await listProposals(tx)).map(describe));
}

/** A proposal with its newest rehearsal. @throws Problem not-found */
export async function getPolicyProposal({ tx }: ReadContext, proposalId: string) {
  const proposal = await findProposal(tx, proposalId);
  if (proposal === undefined) throw new Problem('not-found');
  return describe(proposal);
}

/**
 * Stages another rehearsal, whose report replaces the last one.
 *
 * @throws Problem not-found, state-conflict
 */
export async function rehearsePolicy(context: WriteContext, proposalId: string) {
  await lockedProposal(context, proposalId);
  await stageRehearsal(context, proposalId);
  await context.audit({ ...targetOf(proposalId), change: { rehearsal: 'staged' } });
  return await getPolicyProposal(context, proposalId);
}

/**
 * Another administrator adopts a proposal, for both modes of retirement ages. It must have been rehearsed, and no
 * record about a person of the rehearsal learnt since it began to read; its first day must still be ahead, and after
 * every version's.
 *
 * @throws Problem not-found, state-conflict, same-officer
 */
export async function adoptPolicy(context: WriteContext, proposalId: string) {
  const { tx, at, actor } = context;
  const proposal = await lockedProposal(context, proposalId);
  const officer = officerOf(actor);
  if (proposal.proposedBy === officer) throw new Problem('same-officer');
  const change = changeOf(proposal);
  const [late] = await fieldErrorsOfDay(context, change.from);
  if (late !== undefined) throw conflict(`${late.detail}请驳回后重新提议。`);
  await refuseUnrehearsed(context, proposal);
  await updateProposal(tx, proposalId, {
    state: 'adopted',
    answeredAt: at.toString(),
    answeredBy: officer,
  });
  const versions = await listPolicyVersions(tx);
  const published: string[] = [];
  for (const mode of ['national', 'document'] as const) {
    const newest = versions.findLast(({ statutoryAge }) => statutoryAge === mode);
    if (newest === undefined) throw new Error(`there is no policy with the ${mode} ages`);
    const next = changedBy(newest, change);
    await publishPolicy(tx, next, proposalId);
    published.push(next.version);
  }
  await context.audit({ ...targetOf(proposalId), change: { state: 'adopted', versions: published } });
  return await getPolicyProposal(context, proposalId);
}

/**
 * Rejects a proposal that is wrong. Proposers may withdraw their own.
 *
 * @throws Problem not-found, state-conflict
 */
export async function rejectPolicy(context: WriteContext, proposalId: string, { reason }: RejectPolicy) {
  await lockedProposal(context, proposalId);
  await updateProposal(context.tx, proposalId, {
    state: 'rejected',
    answeredAt: context.at.toString(),
    answeredBy: officerOf(context.actor),
    rejection: reason,
  });
  await context.audit({ ...targetOf(proposalId), change: { state: 'rejected', reason } });
  return await getPolicyProposal(context, proposalId);
}

/** What the decisions of the last twelve months would have come to; null for a proposal that waits no more. */
export async function rehearseProposal(
  stored: Stored,
  at: Temporal.Instant,
  proposalId: string,
): Promise<PolicyRehearsal | null> {
  const proposal = await readerOf(stored.db)((tx) => findProposal(tx, proposalId));
  if (proposal?.state !== 'proposed') return null;
  const to = dayInShanghai(at);
  const from = addYears(to, -1);
  const { agencies, ...totals } = await rehearsePeriod(
    stored,
    { from, to },
    changeOf(proposal).values,
    () => {},
  );
  return { rehearsedAt: at.toString(), from, to, ...totals, agencies: [...agencies] };
}

/** Keeps the report of a rehearsal with its proposal, unless that was answered meanwhile. */
export async function keepRehearsal(
  context: WriteContext,
  proposalId: string,
  rehearsal: PolicyRehearsal | null,
): Promise<void> {
  const proposal = await lockProposal(context.tx, proposalId);
  if (proposal?.state !== 'proposed' || rehearsal === null) return;
  const { rehearsedAt, ...report } = rehearsal;
  await updateProposal(context.tx, proposalId, { rehearsedAt, rehearsal: JSON.stringify(report) });
  const { from, to, cases, changedPeople } = rehearsal;
  await context.audit({ ...targetOf(proposalId), change: { rehearsed: { from, to, cases, changedPeople } } });
}

async function stageRehearsal(context: WriteContext, proposalId: string): Promise<void> {
  await context.enqueue('rehearse-policy', [{ key: proposalId, payload: { proposalId } }]);
}

/** @throws Problem not-found, state-conflict if it was answered */
async function lockedProposal({ tx }: WriteContext, proposalId: string): Promise<ProposalRow> {
  const proposal = await lockProposal(tx, proposalId);
  if (proposal === undefined) throw new Problem('not-found');
  if (proposal.state !== 'proposed') throw conflict('这项提议已经通过或驳回，不能再次处理。');
  return proposal;
}

/** A policy never changes the past: no decision of its first day was taken, and no version begins later. */
async function fieldErrorsOfDay({ tx, at }: WriteContext, from: Day): Promise<FieldError[]> {
  const pointer = '/body/from';
  if (from <= dayInShanghai(at.add({ minutes: knownBeforeMinutes }))) {
    const detail = '生效日须晚于今天；当日最后十分钟内，须晚于明天。';
    return [{ pointer, code: 'in-past', detail }];
  }
  const newest = (await listPolicyVersions(tx)).at(-1);
  if (newest === undefined || from > newest.from) return [];
  return [{ pointer, code: 'in-past', detail: `生效日须晚于已公布的最新版本（${newest.from}）。` }];
}

/** @throws Problem state-conflict */
async function refuseUnrehearsed({ tx }: WriteContext, proposal: ProposalRow): Promise<void> {
  const rehearsal = rehearsalOf(proposal);
  if (rehearsal === null) throw conflict('预演尚未完成，请稍后查看预演结果再通过。');
  if (await hasLearntSince(tx, rehearsal.rehearsedAt, periodOf(rehearsal)))
    throw conflict('预演之后又收到有关人员的登记记录，请重新预演，查看结果后再通过。');
}

function conflict(detail: string): Problem {
  return new Problem('state-conflict', { detail });
}

/** The cast: only proposePolicy writes the values, validated by their schema. */
function changeOf({ fromDay, changedValues }: ProposalRow): PolicyChange {
  return { from: fromDay, values: changedValues as PolicyChange['values'] };
}

/** The cast: only keepRehearsal writes the report. */
function rehearsalOf({ rehearsedAt, rehearsal }: ProposalRow): PolicyRehearsal | null {
  if (rehearsedAt === null || rehearsal === null) return null;
  return { rehearsedAt, ...(rehearsal as unknown as Omit<PolicyRehearsal, 'rehearsedAt'>) };
}

function targetOf(proposalId: string) {
  return { target: ['policy-proposal', proposalId] as const };
}

function describe(proposal: DescribedProposal) {
  const { proposalId, state, fromDay, proposedAt, proposer, answeredAt, answerer, rejection } = proposal;
  return {
    id: proposalId,
    state,
    from: fromDay,
    values: changeOf(proposal).values,
    proposedAt,
    proposedBy: proposer,
    rehearsal: rehearsalOf(proposal),
    answeredAt,
    answeredBy: answerer,
    rejection,
  };
}
