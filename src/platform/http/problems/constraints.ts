// Database constraint → problem, for constraints that users can violate. Any other violation is an unexpected
// error. Identified by name, never by message.

import { Problem, type ProblemCode } from '../../problem.ts';

const refusals: ReadonlyMap<string, ProblemCode> = new Map(
  Object.entries<ProblemCode>({
    one_live_claim_per_person_month: 'month-already-claimed',
    one_live_line_per_month: 'state-conflict',
    signed_before_submission: 'undertaking-unsigned',
    missing_things_are_told_once: 'already-told-once',
    superseded_once: 'state-conflict',
    transferred_before_decision: 'state-conflict',
    months_within_cap: 'cap-exceeded',
    one_part_per_officer_on_a_case: 'officer-already-on-case',
    one_decision_per_application: 'state-conflict',
    one_decision_for_an_undone_one: 'state-conflict',
    undone_by_another_officer: 'officer-already-on-case',
    reviewed_by_another_officer: 'officer-already-on-case',
    one_application_per_result_file: 'results-already-applied',
    one_receipt_per_reference: 'state-conflict',
    one_repayment_per_reference: 'state-conflict',
    one_fund_return_per_reference: 'state-conflict',
    one_payee_change_per_line: 'state-conflict',
    one_open_appeal_of_a_kind: 'state-conflict',
    appeal_is_decided_by_another_officer: 'officer-already-on-case',
    one_open_payee_change_per_case: 'state-conflict',
    payee_of_a_sent_line_stays: 'state-conflict',
    one_live_replacement_per_line: 'state-conflict',
    one_return_per_line: 'state-conflict',
    one_download_without_reason: 'download-needs-reason',
    two_officers_per_payee_change: 'same-officer',
    two_officers_per_bar: 'same-officer',
    two_administrators_per_policy: 'same-officer',
    one_policy_follows_another: 'state-conflict',
    one_part_per_officer_in_a_bar: 'officer-already-on-case',
    one_open_bar_per_person: 'state-conflict',
    nobody_is_approved_who_is_barred: 'applicant-barred',
    bar_is_lifted_once_all_is_repaid: 'bar-not-repaid',
    one_second_claim_per_person_month: 'month-already-claimed',
    one_webhook_per_client_and_url: 'state-conflict',
    one_webhook_per_client_and_number: 'state-conflict',
    repaid_within_debt: 'repayment-exceeds-debt',
  }),
);

export function problemOfConstraint(constraint: string | undefined): Problem | null {
  const code = refusals.get(constraint ?? '');
  return code === undefined ? null : new Problem(code);
}
