-- Who owes what, for the officers who act on any case of that person: a debt in one agency is seen in every other.

create index debt_by_person on recovery (person_id) where state = 'confirmed' and was_paid;

-- What each of these people owes (欠款): months that were paid, recovered and not repaid in full, in the whole city. Only of
-- people whom the caller may see, and only the sum.
create function debts_of(people uuid[]) returns table (person_id uuid, owed_fen bigint)
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  in_scope uuid[] := array(select p.person_id from person p where p.person_id = any (people));
  before text := widen_sight();
begin
  return query select r.person_id, sum(r.amount_fen - r.repaid_fen)::bigint from recovery r
    where r.person_id = any (in_scope) and r.state = 'confirmed' and r.was_paid
    group by r.person_id;
  perform narrow_sight(before);
end $$;

-- Everybody who owes something, to list their cases by; which of those cases a caller sees is judged by the case.
create function people_in_debt() returns table (person_id uuid)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select distinct r.person_id from recovery r where r.state = 'confirmed' and r.was_paid;
  perform narrow_sight(before);
end $$;

-- What a reviewer confirmed having seen when they approved: the flags that stood on the case, with their reason.
create table decision_confirmation (
  person_id uuid not null,
  decision_id uuid not null,
  flag text not null,
  detail text not null, -- what the flag said
  reason text,
  primary key (person_id, decision_id, flag),
  foreign key (person_id, decision_id) references decision (person_id, decision_id)
);
create trigger append_only before update or delete on decision_confirmation
  for each row execute function refuse_change();
revoke update on decision_confirmation from subsidy_service;
call secure_rows('decision_confirmation',
  'in_city() or exists (select from decision d
    where d.person_id = decision_confirmation.person_id and d.decision_id = decision_confirmation.decision_id)',
  'in_city() or exists (select from decision d
    where d.person_id = decision_confirmation.person_id and d.decision_id = decision_confirmation.decision_id)');
