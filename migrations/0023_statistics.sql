-- What counting needs: the reasons of refused months apart from the assessments they stand in, and ways to the rows that
-- are counted. Nothing here decides anything.

-- The checks that a month failed when its case was closed, as its notice told them. The assessment with every check and
-- record stays with the comparison; to count reasons out of those, every one of them would have to be read.
create table refusal_reason (
  person_id uuid not null,
  application_id uuid not null,
  month calendar_month not null,
  check_code text not null,
  primary key (person_id, application_id, month, check_code),
  foreign key (person_id, application_id) references application (person_id, application_id)
);

-- Of cases that were closed before.
insert into refusal_reason
select distinct a.person_id, a.application_id, month ->> 'month', failed ->> 'code'
from application a
join lateral (select c.assessment from comparison c
  where c.person_id = a.person_id and c.application_id = a.application_id
  order by c.comparison_id desc limit 1) as last on true
cross join lateral jsonb_array_elements(last.assessment::jsonb -> 'months') as month
cross join lateral jsonb_array_elements(month -> 'checks') as failed
where a.state in ('approved', 'refused', 'not-accepted') and month ->> 'outcome' = 'excluded' and failed ->> 'answer' = 'hit';

-- Cases arrive in the order of their quarters: a few pages of summary find those of some, and cost a submission nothing.
create index application_by_quarter on application using brin (quarter) with (pages_per_range = 32);

-- The few kinds of record that say of whom the city's people are and when their term ends.
create index record_for_counting on record (kind, person_id, source, source_key, version desc)
  where kind in ('hardship-recognition', 'retirement-category', 'pension', 'death');
