-- What some triggers and functions have to know goes beyond what their caller may see, as with a foreign key.

-- Around a question that is answered from the whole city; the answer is the asking function's to keep small. Not SET on the
-- function, which for a setting of our own only a superuser may write down. An error in between ends the transaction, and
-- with it the setting.
create function widen_sight() returns text volatile language plpgsql as $$
declare before text := coalesce(current_setting('subsidy.city', true), '');
begin
  perform set_config('subsidy.city', 'yes', true);
  return before;
end $$;
create function narrow_sight(before text) returns void volatile language sql as
  $$ select set_config('subsidy.city', before, true) $$;
