// Tells of a confirmed recovery: its notice 追回告知书 with what the registers said, and its event for the platform that
// submitted the case; both in the transaction of the confirmation.

import type { Act } from '../act.ts';
import { found, noticedCase } from '../applications/operations.ts';
import { emit } from '../events/operations.ts';
import { type EvidenceMonth, type EvidenceRegister, recoveryContent } from '../notices/content.ts';
import { issueNotice } from '../notices/operations.ts';
import { readStatements, type Statements } from '../records/statements.ts';
import { catalogue, kindTitles } from '../rules/catalogue.ts';
import type { Kind } from '../rules/facts.ts';
import { monthInWords } from '../rules/wording.ts';
import { findingsOf, type RecoveryRow } from './one-recovery.ts';
import type { ConfirmRecovery } from './schemas.ts';
import { recoveryCauses } from './states.ts';

/** Call it once the month is recovered, while its person is held. */
export async function tellRecovery(
  act: Act,
  recovery: RecoveryRow,
  { heardOn, heardHow, wasPaid }: ConfirmRecovery & { readonly wasPaid: boolean },
): Promise<void> {
  const { personId, applicationId, month, amountFen, cause, grounds } = recovery;
  const application = await found(act, applicationId);
  const noticed = { ...(await noticedCase(act, application)), months: [month] };
  const evidence = await evidenceOf(act, recovery);
  const { title } = recoveryCauses[cause];
  const why = grounds === null ? `${title}，详见所附比对情况说明。` : `${title}：${grounds}`;
  await issueNotice(act, 'recovery', noticed, (subject) =>
    recoveryContent(subject, { amountFen, wasPaid, why, heardOn, heardHow }, evidence),
  );
  await emit(act, [
    {
      personId,
      applicationId,
      type: 'recovery-confirmed',
      content: { months: [{ month, state: 'recovered', amountFen }], amountFen: wasPaid ? amountFen : 0 },
    },
  ]);
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
