-- Sight ends. A person is seen by a case that is open or was decided, not for ever by one that was withdrawn; that case
-- itself, and the person's own row beside it, stay with whoever has it.
do $$
declare name text;
begin
  foreach name in array array['person_name', 'record', 'term', 'attestation', 'subsidy_month'] loop
    execute format('drop policy reads on %I', name);
    execute format('create policy reads on %1$I for select using (in_city() or in_hand(person_id) or exists (
      select from application a where a.person_id = %1$I.person_id and (a.state <> ''withdrawn'' %2$s)))', name,
      case when name in ('attestation', 'subsidy_month')
        then format('or a.application_id = %I.application_id', name) else '' end);
  end loop;
end $$;
drop policy reads on coverage;
create policy reads on coverage for select using (in_city() or in_hand(person_id)
  or person_id is null and is_told() or exists (
    select from application a where a.person_id = coverage.person_id and a.state <> 'withdrawn'));

-- An auditor who is bound to an agency reads what was done and seen there: by its officers, by those of its streets, and
-- about the people whose cases it has.
drop policy reads on audit_entry;
create policy reads on audit_entry for select using (
  actor = current_setting('subsidy.actor', true) or current_setting('subsidy.audit', true) = 'read' and (
    in_city() or of_agency(agency_code)
    or exists (select from street_agency s where s.street_code = audit_entry.agency_code and of_agency(s.agency_code))
    or exists (select from application a where a.person_id = audit_entry.person_id)));
drop policy reads on look;
create policy reads on look for select using (current_setting('subsidy.audit', true) = 'read' and (
  in_city() or of_agency(agency_code)
  or exists (select from application a where a.person_id = look.person_id)));
