-- The person who is logged in at a platform asks who saw what of them: a question like the others, of which the answer is
-- read with the person in hand.
alter table question drop constraint question_operation_check,
  add check (operation in ('checkEligibility', 'lookUpPerson', 'askAccessReport'));

drop policy reads on audit_entry;
create policy reads on audit_entry for select using (
  actor = current_setting('subsidy.actor', true) or current_setting('subsidy.audit', true) = 'read' and (
    in_city() or of_agency(agency_code) or in_hand(person_id)
    or exists (select from street_agency s where s.street_code = audit_entry.agency_code and of_agency(s.agency_code))
    or exists (select from application a where a.person_id = audit_entry.person_id)
    or target_kind = 'disbursement' and exists (select from payment_line l
      where l.disbursement_id::text = audit_entry.target_id and in_hand(l.person_id))));
drop policy reads on look;
create policy reads on look for select using (current_setting('subsidy.audit', true) = 'read' and (
  in_city() or of_agency(agency_code) or in_hand(person_id)
  or exists (select from application a where a.person_id = look.person_id)));
