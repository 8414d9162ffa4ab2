-- On a young database, or after a crash that lost every count, the planner knows nothing of what a gathering reads: its
-- statement then took longer than any may, each time anew. Each table is counted by a statement of its own, so that no count
-- adds to another's time. One that is being counted already is not waited for.
create function count_for_planner(counted text) returns void language plpgsql security definer
  set search_path = public, pg_temp as $$
begin
  if counted not in ('application', 'subsidy_month', 'recovery', 'second_look', 'payment_correction', 'payment_line',
    'payment_line_month') then
    raise exception 'no table of a gathering: %', counted;
  end if;
  execute format('analyze (skip_locked) %I', counted);
end $$;
revoke execute on function count_for_planner(text) from public;
grant execute on function count_for_planner(text) to subsidy_service;

drop function count_lines_for_planner();
