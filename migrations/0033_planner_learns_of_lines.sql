-- A gathering may make 300,000 lines in one transaction, and the planner would learn of them a minute later; until then it
-- sorts all lines of a disbursement for each page of them. Only a table's owner may have it counted, and to others ANALYZE
-- gives a warning and does nothing. One gathering does not wait for another's count.
create function count_lines_for_planner() returns void language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  analyze (skip_locked) payment_line, payment_line_month;
end $$;
revoke execute on function count_lines_for_planner() from public;
grant execute on function count_lines_for_planner() to subsidy_service;

-- A line changes its state twice on its way, into a batch and out of it. With room on its page no index has to learn of it.
alter table payment_line set (fillfactor = 50);
