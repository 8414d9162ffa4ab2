// Notifies about recoveries in the transaction of the change: an event per step for the platform that submitted the
// case; on confirmation the notice 追回告知书 with the evidence, on reversal 撤销追回告知书.

import { noticedCase } from '../../applications/application/description.ts';
import { found } from '../../applications/application/lifecycle.ts';
import { takeSnapshot } from '../../eligibility/operations.ts';
import { emit } from '../../notifications/events/operations.ts';
import { recoveryContent, reversalContent } from '../../notifications/notices/appealable.ts';
import type { EvidenceMonth, EvidenceRegister } from '../../notifications/notices/content.ts';
import { earlierNotice, issueNotice } from '../../notifications/notices/operations.ts';
import type { WriteContext } from '../../platform/context.ts';
import { sourceName } from '../../platform/reference/sources.ts';
import { findPerson, knownToRules } from '../../registers/people/operations.ts';
import { readStatements, type Statements } from '../../registers/records/operations.ts';
import { assess } from '../../rules/assess.ts';
import { describeAssessment } from '../../rules/explain/explain.ts';
import { titleOf } from '../../rules/explain/sentences.ts';
import type { Kind } from '../../rules/facts.ts';
import { catalogue, dataTitles, kindTitles } from '../../rules/policy/catalogue.ts';
import { dayInShanghai } from '../../values/days.ts';
import { monthInWords } from '../../values/wording.ts';
import { findingsOf, type RecoveryRow } from './lifecycle.ts';
import type { ConfirmRecovery, ReverseRecovery } from './schemas.ts';
import { recoveryCauses } from './states.ts';

/** To be called after the month is recovered, with the person locked. */
export async function tellRecovery(
  context: WriteContext,
  recovery: RecoveryRow,
  { heardOn, heardHow, wasPaid }: ConfirmRecovery & { readonly wasPaid: boolean },
): Promise<void> {
  const { amountFen, cause, grounds } = recovery;
  const noticed = await noticedMonth(context, recovery);
  const evidence = await evidenceOf(context, recovery);
  const found = evidence.flatMap(({ checks }) => checks.map(({ explanation }) => explanation));
  const why =
    grounds === null
      ? `经比对，${found.join('')}详见所附比对情况说明。`
      : `${recoveryCauses[cause].title}：${grounds}`;
  await issueNotice(context, 'recovery', noticed, (subject, agency) =>
    recoveryContent(
      subject,
      { amountFen, wasPaid, isBarring: recovery.barId !== null, why, heardOn, heardHow },
      evidence,
      agency,
    ),
  );
  await tellStep(context, recovery, 'confirmed', wasPaid ? amountFen : 0);
}

/** To be called after the month is live again. */
export async function tellReversal(
  context: WriteContext,
  recovery: RecoveryRow,
  { reason, refund }: ReverseRecovery,
): Promise<void> {
  const { amountFen } = recovery;
  const told = {
    recovery: await earlierNotice(context, 'recovery', recovery),
    amountFen,
    wasPaid: recovery.wasPaid === true,
    reason,
    refund: refund ?? null,
  };
  const noticed = await noticedMonth(context, recovery);
  await issueNotice(context, 'recovery-reversed', noticed, (subject, agency) =>
    reversalContent(subject, told, agency),
  );
  await tellStep(context, recovery, 'reversed', 0);
}

/** The case with this month only: the notice is about nothing else. */
async function noticedMonth(context: WriteContext, { applicationId, month }: RecoveryRow) {
  return { ...(await noticedCase(context, await found(context, applicationId))), months: [month] };
}

const monthStates = {
  opened: 'live',
  confirmed: 'recovered',
  dismissed: 'live',
  'repaid-in-part': 'recovered',
  repaid: 'recovered',
  'set-off': 'recovered',
  'set-off-reversed': 'recovered',
  reversed: 'live',
} as const;

/** @param owedFen the remaining debt after this step; absent where a step does not change it */
export async function tellStep(
  context: WriteContext,
  recovery: Pick<RecoveryRow, 'personId' | 'applicationId' | 'month' | 'amountFen'>,
  step: keyof typeof monthStates,
  owedFen?: number,
): Promise<void> {
  const { personId, applicationId, month, amountFen } = recovery;
  const months = [{ month, state: monthStates[step], amountFen }];
  const content = owedFen === undefined ? { months } : { months, amountFen: owedFen };
  await emit(context, [{ personId, applicationId, type: `recovery-${step}`, content }]);
}

/**
 * Emits what is owed after a set-off or its reversal, for the case of the debt and the case of the month that was used.
 */
export async function tellSetOff(
  context: WriteContext,
  recovery: RecoveryRow,
  used: Pick<RecoveryRow, 'personId' | 'applicationId' | 'month' | 'amountFen'>,
  step: 'set-off' | 'set-off-reversed',
  owedFen: number,
): Promise<void> {
  await tellStep(context, recovery, step, owedFen);
  const { personId, applicationId, month, amountFen } = used;
  const content = { months: [{ month, state: 'live', amountFen }], amountFen: owedFen };
  await emit(context, [{ personId, applicationId, type: `recovery-${step}`, content }]);
}

/** The checks that the month no longer passes, each with its records as they were found. */
async function evidenceOf(context: WriteContext, recovery: RecoveryRow): Promise<EvidenceMonth[]> {
  const findings = findingsOf(recovery);
  if (findings.length === 0) return [];
  const { personId, agencyCode, month } = recovery;
  const found = await foundInMonth(context, recovery);
  const statements = await readStatements(context, personId, agencyCode);
  const checks = findings.map(({ check, records }) => {
    const { article, meaning, needs } = catalogue[check];
    const title = titleOf({ code: check, answer: 'hit', facts: records }, statements.records);
    const restsOn = statements.records
      .filter(({ id }) => records.includes(id))
      .map(({ kind, id: _, source, ...record }) => ({
        title: kindTitles[kind],
        source: sourceName(source),
        ...record,
      }));
    // Without a record, the evidence is that a register which vouches for completeness has none.
    const silent: readonly Kind[] = restsOn.length > 0 ? [] : needs;
    const registers = silent.flatMap((kind) => silentRegisters(kind, statements));
    const explanation = found.get(check) ?? meaning.hit;
    return { article, title, explanation, records: restsOn, registers };
  });
  return [{ month, explanation: `${monthInWords(month)}的比对结果：`, checks }];
}

/** Today's findings against the month, by check; empty if they have been corrected since. */
async function foundInMonth(
  context: WriteContext,
  { personId, applicationId, agencyCode, month }: RecoveryRow,
) {
  const { submittedAt, closedAt } = await found(context, applicationId);
  const person = await findPerson(context, personId);
  if (submittedAt === null || closedAt === null || person === undefined)
    throw new Error(`a granted month of ${applicationId} was submitted and decided`);
  const { claim, policy } = await takeSnapshot(context, {
    personId,
    person: knownToRules(context, person),
    agencyCode,
    months: [month],
    submittedOn: dayInShanghai(Temporal.Instant.from(submittedAt)),
    decidedOn: dayInShanghai(Temporal.Instant.from(closedAt)),
  });
  const { months } = describeAssessment(assess(claim, policy), claim, context.policies);
  const hits = months.flatMap(({ checks }) => checks.filter(({ answer }) => answer === 'hit'));
  return new Map(hits.map(({ code, finding }) => [code, finding]));
}

function silentRegisters(kind: Kind, { coverage }: Statements): EvidenceRegister[] {
  return coverage
    .filter((statement) => statement.kind === kind)
    .flatMap(({ source, throughMonth, learntAt }) =>
      throughMonth === null
        ? []
        : [{ title: dataTitles[kind], source: sourceName(source), throughMonth, learntAt }],
    );
}
