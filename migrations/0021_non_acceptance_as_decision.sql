-- A case that is not accepted is decided too, by its handler: signed on a digest, made again years later, tried under
-- changed values and shown on the reason sheet like any other decision.

alter table decision drop constraint decision_outcome_check, drop constraint decision_role_check,
  add constraint decision_outcome_check check (outcome in ('approved', 'refused', 'not-accepted')),
  add constraint decision_role_check check (role in ('handler', 'reviewer')),
  add constraint handlers_only_decline check ((role = 'handler') = (outcome = 'not-accepted'));

-- A case is compared once when it is not accepted, in the transaction that closes it; its comparison names the decision.
insert into decision (person_id, decision_id, application_id, comparison_id, outcome, approved_months, amount_fen, officer,
  agency_code, role, decided_at)
select c.person_id, c.comparison_id, c.application_id, c.comparison_id, 'not-accepted', '{}', 0, c.compared_by,
  a.agency_code, 'handler', c.compared_at
from application a join comparison c using (person_id, application_id)
where a.state = 'not-accepted' and c.compared_at = a.closed_at;
