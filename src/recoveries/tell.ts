// Tells of a recovery: an event of each step for the platform that submitted the case and, when it is confirmed, its notice
// 追回告知书 with what the registers said, and 撤销追回告知书 when it was wrong; in the transaction of what they tell of.

import type { Act } from '../act.ts';
import { found, noticedCase } from '../applications/operations.ts';
import { emit } from '../events/operations.ts';
import {
  type EvidenceMonth,
  type EvidenceRegister,
  recoveryContent,
  reversalContent,
} from '../notices/content.ts';
import { issueNotice } from '../notices/operations.ts';
import { readStatements, type Statements } from '../records/statements.ts';
import { catalogue, kindTitles } from '../rules/catalogue.ts';
import type { Kind } from '../rules/facts.ts';
import { monthInWords } from '../rules/wording.ts';
import { findingsOf, type RecoveryRow } from './one-recovery.ts';
import type { ConfirmRecovery, ReverseRecovery } from './schemas.ts';
import { recoveryCauses } from './states.ts';

/** Call it once the month is recovered, while its person is held. */
export async function tellRecovery(
  act: Act,
  recovery: RecoveryRow,
  { heardOn, heardHow, wasPaid }: ConfirmRecovery & { readonly wasPaid: boolean },
): Promise<void> {
  const { amountFen, cause, grounds } = recovery;
  const noticed = await noticedMonth(act, recovery);
  const evidence = await evidenceOf(act, recovery);
  const { title } = recoveryCauses[cause];
  const why = grounds === null ? `${title}，详见所附比对情况说明。` : `${title}：${grounds}`;
  await issueNotice(act, 'recovery', noticed, (subject) =>
    recoveryContent(subject, { amountFen, wasPaid, why, heardOn, heardHow }, evidence),
  );
  await tellStep(act, recovery, 'confirmed', wasPaid ? amountFen : 0);
}

/** Call it once the month is live again. */
export async function tellReversal(
  act: Act,
  recovery: RecoveryRow,
  { reason, refund }: ReverseRecovery,
): Promise<void> {
  const { amountFen } = recovery;
  const wasPaid = recovery.wasPaid === true;
  await issueNotice(act, 'recovery-reversed', await noticedMonth(act, recovery), (subject) =>
    reversalContent(subject, { amountFen, wasPaid, reason, refund: refund ?? null }),
  );
  await tellStep(act, recovery, 'reversed', 0);
}

/** The case, of which a notice speaks of this month alone. */
async function noticedMonth(act: Act, { applicationId, month }: RecoveryRow) {
  return { ...(await noticedCase(act, await found(act, applicationId))), months: [month] };
}

const monthStates = {
  opened: 'live',
  confirmed: 'recovered',
  dismissed: 'live',
  repaid: 'recovered',
  reversed: 'live',
} as const;

/** @param owedFen what has to be given back after this step; absent where that is not the question */
export async function tellStep(
  act: Act,
  recovery: Pick<RecoveryRow, 'personId' | 'applicationId' | 'month' | 'amountFen'>,
  step: keyof typeof monthStates,
  owedFen?: number,
): Promise<void> {
  const { personId, applicationId, month, amountFen } = recovery;
  const months = [{ month, state: monthStates[step], amountFen }];
  const content = owedFen === undefined ? { months } : { months, amountFen: owedFen };
  await emit(act, [{ personId, applicationId, type: `recovery-${step}`, content }]);
}

/** The checks that the month no longer passes, each with the records it rests on, as they were found. */
async function evidenceOf(act: Act, recovery: RecoveryRow): Promise<EvidenceMonth[]> {
  const findings = findingsOf(recovery);
  if (findings.length === 0) return [];
  const { personId, agencyCode, month } = recovery;
  const statements = await readStatements(act, personId, agencyCode);
  const checks = findings.map(({ check, records }) => {
    const { article, title, meaning, needs } = catalogue[check];
    const restsOn = statements.records
      .filter(({ id }) => records.includes(id))
      .map(({ kind, id: _, ...record }) => ({ title: kindTitles[kind], ...record }));
    // Where no record speaks it is the silence of a register that has promised to be complete.
    const silent: readonly Kind[] = restsOn.length > 0 ? [] : needs;
    const registers = silent.flatMap((kind) => silentRegisters(kind, statements));
    return { article, title, explanation: meaning.hit, records: restsOn, registers };
  });
  return [{ month, explanation: `${monthInWords(month)}与下列登记数据不符。`, checks }];
}

function silentRegisters(kind: Kind, { coverage }: Statements): EvidenceRegister[] {
  return coverage
    .filter((statement) => statement.kind === kind)
    .flatMap(({ source, throughMonth, learntAt }) =>
      throughMonth === null ? [] : [{ title: kindTitles[kind], source, throughMonth, learntAt }],
    );
}
