// Whether an assessment supports a decision, a decline, or an approval in a batch. Pure; reports every reason against
// it at once.

import { type Flag, refuseUnconfirmed } from '../../applications/flags/operations.ts';
import { type FieldError, Problem } from '../../platform/problem.ts';
import type { Assessment, CheckResult, Claim } from '../../rules/assess.ts';
import { owedFenOf } from '../../rules/explain/explain.ts';
import { catalogue } from '../../rules/policy/catalogue.ts';
import { stillOwedInWords } from '../../values/wording.ts';
import type { DecideApplication } from './schemas.ts';

/** What a decision is based on. */
export interface Grounds {
  readonly assessment: Assessment;
  readonly claim: Claim;
  readonly flags: readonly Flag[];
}

/** @throws Problem decline-not-supported unless every month fails for certain */
export function refuseDecline({ months, outcome }: Assessment): void {
  if (outcome === 'refused') return;
  const details = {
    payable: '该月符合条件，请按程序受理。',
    undetermined: '该月数据未到齐，请等待数据、核实，或要求补正。',
  } as const;
  const fieldErrors = months.flatMap(({ month, outcome: came }) =>
    came === 'payable' || came === 'undetermined'
      ? [{ pointer: `/months/${month}`, code: came, detail: details[came] }]
      : [],
  );
  throw new Problem('decline-not-supported', { fieldErrors });
}

/** @throws Problem decision-not-supported, applicant-barred, flags-unconfirmed */
export function refuseUnsupported({ assessment, claim, flags }: Grounds, body: DecideApplication): void {
  const monthsWith = (outcome: string) => assessment.months.filter((month) => month.outcome === outcome);
  const fieldError = ({ month, outcome }: Assessment['months'][number], detail: string): FieldError => ({
    pointer: `/months/${month}`,
    code: outcome,
    detail,
  });
  const payable = monthsWith('payable');
  const undetermined = monthsWith('undetermined');
  if (body.outcome === 'refused') {
    refuseOn([
      ...payable.map((month) => fieldError(month, '该月符合条件，不能审核不通过。')),
      ...undetermined.map((month) => fieldError(month, '数据未到齐，不能据此审核不通过，请等待数据或核实。')),
    ]);
    return;
  }
  const withoutPayable = payable.length > 0 ? [] : assessment.months;
  const leftOpen = body.releaseUndetermined === true ? [] : undetermined;
  refuseOn([
    ...withoutPayable.map((month) =>
      fieldError(
        month,
        month.outcome === 'still-owed'
          ? stillOwedInWords(month.month, owedFenOf(claim, month.month))
          : '没有可以发放的月份，不能审核通过。',
      ),
    ),
    ...leftOpen.map((month) =>
      fieldError(
        month,
        '数据未到齐，请等待数据或核实；也可选择本次不对该月作决定，由申请人在数据到齐后再申请。',
      ),
    ),
  ]);
  refuseUnconfirmed(flags, body.confirmations ?? []);
}

/** @throws Problem decision-not-supported if the case needs an individual decision */
export function refuseUnclear(grounds: Grounds): void {
  refuseOn(fieldErrorsOfUnclear(grounds));
}

/** Why a case needs an individual decision; empty if it may be approved together with others. */
export function fieldErrorsOfUnclear({
  assessment,
  flags,
}: {
  readonly assessment: Pick<Assessment, 'months'>;
  readonly flags: readonly Flag[];
}): FieldError[] {
  const unclear = assessment.months.flatMap(({ month, outcome, checks }) => [
    ...(outcome === 'payable'
      ? []
      : [
          {
            pointer: `/months/${month}`,
            code: outcome,
            detail: '不是各项均通过的月份，须单独审核。',
          },
        ]),
    ...checks.flatMap((check): FieldError[] =>
      check.answer === 'clear'
        ? []
        : [
            {
              pointer: `/months/${month}/checks/${check.code}`,
              code: check.answer,
              detail: `${failingInWords(check)}，须单独审核。`,
            },
          ],
    ),
  ]);
  const flagged = flags
    .filter(({ needs }) => needs !== 'nothing')
    .map(({ code, title, detail }) => ({
      pointer: '/flags',
      code,
      detail: `“${title}”须单独审核：${detail}`,
    }));
  return [...unclear, ...flagged];
}

function refuseOn(fieldErrors: readonly FieldError[]): void {
  if (fieldErrors.length > 0) throw new Problem('decision-not-supported', { fieldErrors });
}

function failingInWords({ code, answer }: CheckResult): string {
  const { title, group } = catalogue[code];
  if (answer === 'unknown') return `“${title}”的数据未到齐`;
  return group === 'prerequisite' ? `未满足“${title}”` : `存在不予补贴情形“${title}”`;
}
