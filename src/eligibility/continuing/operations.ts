// Lists who may claim a further quarter, and opens its draft from a person's last case.

import { describe } from '../../applications/application/description.ts';
import { listUnfinishedCases, locked } from '../../applications/application/lifecycle.ts';
import { applicantNames, payeeOf } from '../../applications/application/payee.ts';
import { channels } from '../../applications/application/schemas.ts';
import { states } from '../../applications/application/states.ts';
import { foundWhole } from '../../applications/application/whole-case.ts';
import { entriesOf } from '../../applications/drafts/entries.ts';
import { createApplication } from '../../applications/drafts/operations.ts';
import { flagsOfPeople, isVisibleFlag } from '../../applications/flags/operations.ts';
import { copyIdentityPapers } from '../../applications/materials/operations.ts';
import { undertakingOn } from '../../applications/undertakings/undertaking.ts';
import type { ReadContext, WriteContext } from '../../platform/context.ts';
import { page, pageRequest } from '../../platform/http/paging.ts';
import { Problem } from '../../platform/problem.ts';
import { holdPerson } from '../../registers/people/operations.ts';
import { findRegisteredStreet } from '../../registers/records/operations.ts';
import { type Entitlement, entitlementOf } from '../../rules/entitlement.ts';
import { policyOn } from '../../rules/policy/policy.ts';
import { fieldErrorsOfMonths } from '../../rules/validation/claims.ts';
import { dayInShanghai, type Month, monthOf, monthsOfQuarter, quarterOf } from '../../values/days.ts';
import { monthInWords, monthsInWords } from '../../values/wording.ts';
import { hasConfidentialHit, verifyAtStreet } from '../for-platforms.ts';
import { type Snapshot, takeSnapshot } from '../operations.ts';
import { isPlatform } from '../questions/asking.ts';
import { claimableMonths, lastEndedQuarter } from './quarter.ts';
import type { ChangeSinceLast, ClaimableQuery } from './schemas.ts';
import * as store from './store.ts';

type Case = Awaited<ReturnType<typeof locked>>;

/**
 * Opens a draft for the next claimable months after a case, with its entries, the account paid now and the identity
 * papers, unsigned; and tells what has changed since. Every reason that prevents it is told at once.
 *
 * @throws Problem not-found, state-conflict, applicant-barred, invalid-fields
 */
export async function continueApplication(context: WriteContext, applicationId: string) {
  const last = await locked(context, applicationId);
  const { personId } = last;
  const person = await holdPerson(context, personId);
  const { today } = context;
  const asked = { personId, person, agencyCode: null, months: [], submittedOn: today, decidedOn: today };
  const snapshot = await takeSnapshot(context, asked);
  const { claim, policy, claimedMonths } = snapshot;
  const entitlement = entitlementOf({ ...claim, claimedMonths }, today, policy);
  const months = nextMonths(last, entitlement);
  await refuseHindered(context, last, { snapshot, entitlement, months });

  const registered = await findRegisteredStreet(context, personId, today);
  const streetCode = registered?.streetCode ?? last.streetCode;
  const entries = await entriesOf(context, last);
  const channel =
    channels[last.channel].isOnline === isPlatform(context) ? last.channel : 'street-service-centre';
  const quarter = quarterOf(months[0] ?? '');
  const { id } = await createApplication(context, {
    ...entries,
    channel,
    quarter,
    months,
    household: { streetCode },
  });
  const draft = await locked(context, id);
  if (last.acceptedAt !== null) await copyIdentityPapers(context, last, draft);
  const application = await describe(context, await foundWhole(context, id));
  const changes = [
    ...(await changesOfEntries(context, last, streetCode)),
    ...changesOfRules(last, snapshot, context),
    ...changesOfPapers(application.materialsRequired),
    ...othersClaimable(entitlement, months),
  ];
  return { application, changes };
}

/**
 * A page of the people who may claim a quarter and have applied for none of its months, each with their last approved
 * case, which is continued. A hint from term and months granted: what can be paid is assessed when it is claimed.
 *
 * @throws Problem invalid-fields for a quarter that has not ended
 */
export async function listClaimable(context: ReadContext, query: ClaimableQuery) {
  const { tx, scope, today } = context;
  const policy = policyOn(today, context.policies);
  const quarter = query.quarter ?? lastEndedQuarter(today, policy);
  const fieldErrors = fieldErrorsOfMonths({ quarter }, today, policy, '/query');
  if (fieldErrors.length > 0) throw new Problem('invalid-fields', { fieldErrors });
  const months = monthsOfQuarter(quarter);
  const request = pageRequest(query);
  const asked = { scope, after: request.afterId, limit: request.limit + 1 };
  const { items, next } = page(
    await store.listClaimable(tx, asked, months),
    request,
    (row) => row.applicationId,
  );
  context.shows(items.map(({ personId }) => personId));
  const names = await applicantNames(context, items);
  return {
    items: items.map((last) => ({
      applicationId: last.applicationId,
      caseNumber: last.caseNumber,
      personId: last.personId,
      streetCode: last.streetCode,
      applicant: { name: names.get(last.applicationId) ?? '' },
      quarter,
      months: claimableMonths(last, months),
    })),
    next,
  };
}

/** The claimable months of the first quarter that has one after the case's last month. */
function nextMonths(last: Case, { claimable }: Entitlement): Month[] {
  const after = last.months.at(-1) ?? '';
  const later = claimable.map(({ month }) => month).filter((month) => month > after);
  return later.filter((month) => quarterOf(month) === quarterOf(later[0] ?? ''));
}

interface Found {
  readonly snapshot: Snapshot;
  readonly entitlement: Entitlement;
  readonly months: readonly Month[];
}

/** @throws Problem state-conflict with every reason, applicant-barred */
async function refuseHindered(context: WriteContext, last: Case, found: Found): Promise<void> {
  const { claim, policy } = found.snapshot;
  const flags = (await flagsOfPeople(context, [last.personId])).get(last.personId) ?? [];
  if (flags.some(({ code }) => code === 'barred')) throw new Problem('applicant-barred');
  const unfinished = await listUnfinishedCases(context, last.personId);
  const isMarked = isPlatform(context) && hasConfidentialHit({ ...claim, months: found.months }, policy);
  const reasons = [
    ...unfinished.map(({ caseNumber, state }) =>
      state === 'draft'
        ? `已有草稿（受理编号${caseNumber}），请继续填写，或撤回后再续。`
        : `受理编号${caseNumber}的申请还在办理（${states[state].title}），办结后再续。`,
    ),
    ...flags
      .filter(({ code }) => code === 'died' && isVisibleFlag(context, code))
      .map(() => '登记显示申请人已去世，不能续申；去世前的月份由谁领取，请与经办机构商定。'),
    ...(isMarked ? [`暂时不能确定，${verifyAtStreet}`] : []),
    ...(found.months.length === 0 ? [nothingClaimable(last, found.entitlement, monthOf(context.today))] : []),
  ];
  if (reasons.length > 0) throw new Problem('state-conflict', { detail: reasons.join('') });
}

function nothingClaimable(last: Case, { term, lastPossibleMonth }: Entitlement, thisMonth: Month): string {
  if (term.left === 0) return '累计享受的月数已满，不能再申请。';
  if (lastPossibleMonth === null || lastPossibleMonth < thisMonth)
    return '享受期限已满，没有可以续申的月份。';
  const after = monthsInWords(last.months);
  return `${after}之后的月份还不能申请：月份结束后才能申请，按季度办理。`;
}

async function changesOfEntries(
  context: WriteContext,
  last: Case,
  streetCode: string,
): Promise<ChangeSinceLast[]> {
  const changes: ChangeSinceLast[] = [];
  if (streetCode !== last.streetCode)
    changes.push(changed('household', '户籍登记已在其他街道（乡镇），草稿已按登记填写，由户籍所在地办理。'));
  const { accountMasked, bank } = await payeeOf(context, last);
  if (accountMasked !== last.accountMasked || bank !== last.bank)
    changes.push(changed('account', `收款账户此后经更正，草稿已填写更正后的${bank}账户${accountMasked}。`));
  return changes;
}

function changesOfRules(
  last: Case,
  { claim, policy, records }: Snapshot,
  context: WriteContext,
): ChangeSinceLast[] {
  const changes: ChangeSinceLast[] = [];
  const since = last.submittedAt ?? last.createdAt;
  const before = policyOn(dayInShanghai(Temporal.Instant.from(since)), context.policies);
  if (before.version !== policy.version)
    changes.push(changed('policy', `办法或其参数此后有更新，现行版本为${policy.version}，以现行规定为准。`));
  const isNew = (id: string) =>
    records.some((record) => record.id === id && Temporal.Instant.compare(record.learntAt, since) > 0);
  if (claim.facts.some(({ kind, id }) => kind === 'flexible-employment' && isNew(id)))
    changes.push(changed('work', '灵活就业登记此后有变化，请核对就业情况，有变动的请修改草稿。'));
  const current = undertakingOn(context.today)?.version;
  const text = current === last.undertakingVersion ? '' : '承诺书文本此后有更新，';
  changes.push(changed('undertaking', `${text}请本人阅读并重新签署承诺书。`));
  return changes;
}

function changesOfPapers(
  required: Awaited<ReturnType<typeof describe>>['materialsRequired'],
): ChangeSinceLast[] {
  const missing = required.filter(({ waivedBy, supplied }) => waivedBy === null && !supplied);
  if (missing.length === 0) return [];
  const titles = missing.map(({ title }) => title).join('、');
  return [changed('materials', `以前的材料不能证明这次申请的月份，请重新提供：${titles}。`)];
}

function othersClaimable({ claimable }: Entitlement, months: readonly Month[]): ChangeSinceLast[] {
  const others = claimable.map(({ month }) => month).filter((month) => !months.includes(month));
  if (others.length === 0) return [];
  const detail = `还有${others.length}个月（${others.map(monthInWords).join('、')}）没有申请；符合条件的，请按季度另行申请。`;
  return [changed('months', detail)];
}

function changed(subject: ChangeSinceLast['subject'], detail: string): ChangeSinceLast {
  return { subject, detail };
}
