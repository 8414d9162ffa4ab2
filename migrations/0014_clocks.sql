-- The time limits of a case in working days. They stand with the case, so that what is overdue is one index away; a year
-- that is added to the calendar later counts the running ones again.

alter table application
  add column clock text check (clock in ('acceptance', 'review')),
  add column clock_days_left int, -- below zero once the limit has passed
  add column clock_from date, -- null while the clock stands still
  add column clock_due_on date,
  add constraint clock_runs_or_stands check (
    (clock is null) = (clock_days_left is null) and (clock_from is null) = (clock_due_on is null)
    and (clock is not null or clock_from is null));
create index application_by_due_day on application (agency_code, clock_due_on, application_id)
  where clock_due_on is not null;
