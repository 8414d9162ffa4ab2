// Flags conditions of a case or its person that a reviewer should check, such as a late claim or an open debt. A flag
// decides nothing; a case with a flag that needs a confirmation cannot be decided in a batch.

import type { ReadContext } from '../../platform/context.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import { inForce, policyOn } from '../../rules/policy/policy.ts';
import { dayInShanghai } from '../../values/days.ts';
import { dayInWords, moneyInWords, monthsInWords } from '../../values/wording.ts';
import type { ApplicationRow } from '../application/store.ts';
import { type FlagCode, type FlagKind, flagKinds } from './kinds.ts';
import {
  type AfterDeath,
  type CaseFlags,
  findConditionsForOfficers,
  findConditionsForPlatforms,
  listAfterDeath,
  listCaseFlags,
  listPeopleFlags,
  listSharing,
  type PersonFlags,
  type Sharing,
} from './store.ts';

export interface Flag {
  readonly code: FlagCode;
  readonly title: string;
  /** What was found and what to do, in words. */
  readonly detail: string;
  readonly amountFen: number | null;
  readonly needs: FlagKind['needs'];
}

/** Whether the caller may see the flag. */
export function isVisibleFlag(context: ReadContext, code: FlagCode): boolean {
  return flagKinds[code].isForPlatforms || seesOfficersFlags(context);
}

const unconfirmedDetail =
  '户籍登记中没有该申请人在所填街道（乡镇）的户籍，暂按所填办理。请核对户口簿；不在本辖区的，由经办人员移送。';
const elsewhereDetail =
  '户籍登记显示申请人的户籍在本市其他街道（乡镇），请核对户口簿；登记无误的，由经办人员移送户籍所在地办理。';

/** What is known of a case and its person that a flag may say. */
export interface Conditions {
  /** Null for a case without any. */
  readonly ofCase: CaseFlags | null;
  readonly ofPerson: PersonFlags | null;
  readonly sharing: readonly Sharing[];
  readonly afterDeath: AfterDeath | null;
}

/** The flags of a case that the caller may see. */
export function flagsFrom(
  context: ReadContext,
  { ofCase, ofPerson, sharing, afterDeath }: Conditions,
): Flag[] {
  const own = [
    ...(ofCase?.isLate === true ? [flag('late-claim', '申请的月份较早，请留意登记数据是否齐全。')] : []),
    ...(ofCase?.namesDiffer === true
      ? [flag('names-differ', '各处登记的姓名不一致，请核对身份证件，登记有误的请登记机关更正。')]
      : []),
    ...(ofCase?.isUnconfirmed === true ? [flag('household-unconfirmed', unconfirmedDetail)] : []),
    ...(ofCase?.isUnderAppeal === true
      ? [flag('under-appeal', '本案的决定或追回正在办理行政复议、信访或申诉，尚未办结。')]
      : []),
    ...(ofCase?.isElsewhere === true ? [flag('household-elsewhere', elsewhereDetail)] : []),
  ];
  const ofThePerson = (ofPerson === null ? [] : flagsOfPerson(ofPerson)).map((one) =>
    one.code === 'died' && afterDeath !== null ? flagAfterDeath(afterDeath) : one,
  );
  const all = [...own, ...ofThePerson, ...sharing.map(flagOfSharing)];
  return all.filter(({ code }) => isVisibleFlag(context, code));
}

/** The flags of each case, by its id, that the caller may see. */
export async function flagsOfCases(
  context: ReadContext,
  cases: readonly Pick<ApplicationRow, 'personId' | 'applicationId'>[],
): Promise<Map<string, Flag[]>> {
  const { tx } = context;
  const people = [...new Set(cases.map(({ personId }) => personId))];
  const ids = [...new Set(cases.map(({ applicationId }) => applicationId))];
  const forOfficers = seesOfficersFlags(context);
  const [caseFlags, peopleFlags, shared] = await Promise.all([
    listCaseFlags(tx, cases, { lateQuarters: lateQuartersOn(context), forOfficers }),
    listPeopleFlags(tx, people),
    forOfficers ? listSharing(tx, ids) : [],
  ]);
  const ofCases = new Map(caseFlags.map((row) => [row.id, row]));
  const ofPeople = new Map(peopleFlags.map((row) => [row.personId, row]));
  const sharing = Map.groupBy(shared, ({ applicationId }) => applicationId);
  return await flagsOfListed(
    context,
    cases.map(({ personId, applicationId }) => ({
      personId,
      applicationId,
      ofCase: ofCases.get(applicationId) ?? null,
      ofPerson: ofPeople.get(personId) ?? null,
      sharing: sharing.get(applicationId) ?? [],
    })),
  );
}

/** The same from conditions that were read with the cases. Reads what a death left, where somebody has died. */
export async function flagsOfListed(
  context: ReadContext,
  cases: readonly (Omit<Conditions, 'afterDeath'> & Pick<ApplicationRow, 'personId' | 'applicationId'>)[],
): Promise<Map<string, Flag[]>> {
  const isTold = isVisibleFlag(context, 'died');
  const dead = cases.filter(({ ofPerson }) => isTold && ofPerson?.diedOn != null);
  const left = new Map((await listAfterDeath(context.tx, dead)).map((row) => [row.applicationId, row]));
  return new Map(
    cases.map(({ applicationId, ...conditions }) => [
      applicationId,
      flagsFrom(context, { ...conditions, afterDeath: left.get(applicationId) ?? null }),
    ]),
  );
}

/** Whether the caller sees the flags that are not for platforms. */
export function seesOfficersFlags({ scope }: ReadContext): boolean {
  return scope.relation !== 'own';
}

const mostNamed = 10;

function flagOfSharing({ what, caseNumbers, peopleBeyond }: Sharing): Flag {
  const [title, check] =
    what === 'account'
      ? ['收款账户', '请核实账户是否为申请人本人的社会保障卡账户']
      : ['联系电话', '请核实是否为申请人本人的电话']; // a family or an office may share a phone
  const named = caseNumbers.slice(0, mostNamed).join('、');
  const inScope = caseNumbers.length === 0 ? '' : `，其中受理编号${named}`;
  const more = caseNumbers.length > mostNamed ? '等' : '';
  const beyond = peopleBeyond === 0 ? '' : `，另有${peopleBeyond}人的申请不在您的办理范围内`;
  const people = caseNumbers.length + peopleBeyond;
  const detail = `${title}与另外${people}人的申请相同${inScope}${more}${beyond}。${check}。`;
  return flag(what === 'account' ? 'shared-account' : 'shared-phone', detail);
}

/** The flags of one case; of many, see flagsOfCases. */
export async function flagsOfCase(
  context: ReadContext,
  { personId, applicationId }: Pick<ApplicationRow, 'personId' | 'applicationId'>,
): Promise<Flag[]> {
  const find = seesOfficersFlags(context) ? findConditionsForOfficers : findConditionsForPlatforms;
  const rows = await find(context.tx, { applicationId, lateQuarters: lateQuartersOn(context) });
  const listed = rows.map((row) => ({ personId, applicationId, ...row }));
  return (await flagsOfListed(context, listed)).get(applicationId) ?? [];
}

/** The flags of each person id, independent of cases; people without flags are absent. */
export async function flagsOfPeople(
  context: ReadContext,
  personIds: readonly string[],
): Promise<Map<string, readonly Flag[]>> {
  const rows = await listPeopleFlags(context.tx, [...new Set(personIds)]);
  return new Map(rows.map((row) => [row.personId, flagsOfPerson(row)]));
}

function flagsOfPerson({ barredSince, diedOn, owedFen, agencies }: PersonFlags): Flag[] {
  const flags: Flag[] = [];
  if (barredSince !== null) {
    const since = dayInWords(dayInShanghai(Temporal.Instant.from(barredSince)));
    const detail =
      `申请人因提供虚假材料，自${since}起被取消申请补贴资格。` +
      '凭该材料核定的补贴全部退还，并由未参与办理的审核人员解除后，才能审核通过。';
    flags.push(flag('barred', detail));
  }
  if (diedOn !== null) {
    const detail =
      `申请人已于${dayInWords(diedOn)}去世。去世前的月份仍属应得，由谁领取由经办机构确定；` +
      '审核通过须写明理由，确定领取人之前不列入发放。';
    flags.push(flag('died', detail));
  }
  if (owedFen !== null && agencies !== null) {
    const detail = `此前被追回的补贴尚有${moneyInWords(owedFen)}未退还，请申请人联系${agencies.join('、')}办理退还。`;
    flags.push(flag('open-debt', detail, owedFen));
  }
  return flags;
}

/** Names the months that were earned and not paid, their amount, and who receives it. */
function flagAfterDeath({ diedOn, months, amountFen, heirId, isClosed }: AfterDeath): Flag {
  const sum = amountFen === 0 ? '' : `，已批准${moneyInWords(amountFen)}`;
  const earned =
    months.length === 0
      ? '没有去世前应得而尚未发放的月份。'
      : `去世前应得、尚未发放的月份：${monthsInWords(months)}${sum}。`;
  const whom = isClosed
    ? '本案已结案，不再发放。'
    : heirId !== null
      ? '领取人已经登记并复核，由其领取。'
      : '由谁领取由经办机构确定：登记领取人，由另一人复核，确定之前不列入发放；无人领取的，提出结案。审核通过须写明理由。';
  return flag(
    'died',
    `申请人已于${dayInWords(diedOn)}去世。${earned}${whom}`,
    amountFen === 0 ? null : amountFen,
  );
}

/** What a death left unpaid of a case; null for the living. */
export async function afterDeathOf(
  context: ReadContext,
  application: Pick<ApplicationRow, 'personId' | 'applicationId'>,
): Promise<AfterDeath | null> {
  return (await listAfterDeath(context.tx, [application]))[0] ?? null;
}

function flag(code: FlagCode, detail: string, amountFen: number | null = null): Flag {
  const { title, needs } = flagKinds[code];
  return { code, title, detail, amountFen, needs };
}

export interface FlagConfirmation {
  readonly flag: FlagCode;
  readonly reason?: string;
}

/**
 * Refuses to approve a flagged case unless the reviewer has confirmed each flag that needs it, with a reason if
 * required.
 *
 * @throws Problem applicant-barred for a flag whose cause has to be lifted; flags-unconfirmed with every missing
 *   confirmation and reason
 */
export function refuseUnconfirmed(flags: readonly Flag[], confirmations: readonly FlagConfirmation[]): void {
  const barring = flags.filter(({ needs }) => needs === 'lifting');
  if (barring.length > 0) {
    throw new Problem('applicant-barred', {
      fieldErrors: barring.map(({ code, detail }) => ({ pointer: '/flags', code, detail })),
    });
  }
  const fieldErrors: FieldError[] = flags.flatMap(({ code, title, detail, needs }) => {
    if (needs === 'nothing') return [];
    const index = confirmations.findIndex((confirmation) => confirmation.flag === code);
    if (index < 0) {
      const isReasoned = needs === 'reason';
      const what = `“${title}”须确认已经知悉${isReasoned ? '，并写明仍予通过的理由' : ''}：${detail}`;
      return [{ pointer: '/body/confirmations', code, detail: what }];
    }
    if (needs === 'confirmation' || confirmations[index]?.reason !== undefined) return [];
    const pointer = `/body/confirmations/${index}/reason`;
    return [{ pointer, code, detail: `“${title}”须写明仍予通过的理由：${detail}` }];
  });
  if (fieldErrors.length > 0) throw new Problem('flags-unconfirmed', { fieldErrors });
}

/** How many quarters back a claim is in time, by today's policy. */
export function lateQuartersOn({ today, policies }: ReadContext): number {
  return inForce(policyOn(today, policies).parameters.lateClaimQuarters, today);
}
