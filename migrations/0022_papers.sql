-- What the papers of the money need: the request to finance in parts, and the notice that a month has to come back.

-- Frozen with the count and total of its request, so that the form that finance holds can be printed again and is the same.
create table fund_request_part (
  disbursement_id uuid not null references fund_request,
  street_code text not null references street,
  quarter calendar_quarter not null, -- of the months
  person_count int not null check (person_count > 0), -- who has months of two quarters counts in each
  month_count int not null check (month_count >= person_count),
  amount_fen bigint not null check (amount_fen > 0),
  primary key (disbursement_id, street_code, quarter)
);
create trigger append_only before update or delete on fund_request_part for each row execute function refuse_change();

-- Of requests made before: what was neither held back nor had left by then.
insert into fund_request_part
select r.disbursement_id, l.street_code, quarter_of(m.month), count(distinct l.line_id), count(*), sum(m.amount_fen)
from fund_request r
join payment_line l using (disbursement_id)
join payment_line_month m using (person_id, line_id)
where l.state <> 'held' and coalesce(l.release_cause, 'not-funded') in ('not-funded', 'recovered')
  and not exists (select from payment_line replaced
    where replaced.line_id = l.replaces_line_id and replaced.disbursement_id = l.disbursement_id)
group by 1, 2, 3;

-- A street looks for the rosters it has not answered, its county for the streets that have not.
create index roster_by_street on roster (street_code, disbursement_id);
create index roster_not_answered on roster (disbursement_id, street_code) where verified_at is null;

alter table notice drop constraint notice_kind_check,
  add constraint notice_kind_check
    check (kind in ('correction', 'acceptance', 'non-acceptance', 'decision', 'recovery'));
