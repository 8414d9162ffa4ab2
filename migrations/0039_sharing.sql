-- Who else uses an account or a phone number: found by keyed hashes (HMAC), which are of no use without the key. Null in
-- rows that were made before and have not moved since.

alter table application
  add column account_index bytea check (octet_length(account_index) = 32),
  add column phone_index bytea check (octet_length(phone_index) = 32);
alter table payment_correction add column account_index bytea check (octet_length(account_index) = 32);

-- A draft has not been handed in, and into a withdrawn case nothing is paid: neither counts.
create index application_by_account on application (account_index, person_id) include (application_id)
  where account_index is not null and state not in ('draft', 'withdrawn');
create index application_by_phone on application (phone_index, person_id) include (application_id)
  where phone_index is not null and state not in ('draft', 'withdrawn');
create index payment_correction_by_account on payment_correction (account_index, person_id) include (application_id)
  where account_index is not null and state <> 'rejected';

-- With whom each of these cases shares its account or its phone number: the newest case number of each other person of whom
-- the caller may see one, and how many people there are beyond what they may see. Only of cases that the caller may see.
-- An account that a street lends to everybody is read no further than its first five hundred cases.
create function sharing_of(cases uuid[])
  returns table (application_id uuid, what text, case_numbers text[], people_beyond int)
  stable language plpgsql set search_path = public, pg_temp as $$
declare
  in_scope uuid[] := array(select a.application_id from application a where a.application_id = any (cases));
  before text := widen_sight();
  own_cases uuid[]; kinds text[]; others uuid[]; other_cases uuid[];
begin
  with own as (
    select a.application_id, a.person_id, k.what, k.index
    from application a cross join lateral (values ('account', a.account_index), ('phone', a.phone_index)) as k (what, index)
    where a.application_id = any (in_scope) and a.state not in ('draft', 'withdrawn') and k.index is not null
    union
    select a.application_id, a.person_id, 'account', c.account_index
    from application a join payment_correction c on c.person_id = a.person_id and c.application_id = a.application_id
    where a.application_id = any (in_scope) and c.account_index is not null and c.state <> 'rejected'
  )
  select array_agg(own.application_id), array_agg(own.what), array_agg(o.person_id), array_agg(o.application_id)
  into own_cases, kinds, others, other_cases
  from own cross join lateral (
    (select a.person_id, a.application_id from application a
      where own.what = 'account' and a.account_index = own.index and a.state not in ('draft', 'withdrawn')
        and a.person_id <> own.person_id limit 500)
    union all
    (select c.person_id, c.application_id from payment_correction c
      where own.what = 'account' and c.account_index = own.index and c.state <> 'rejected'
        and c.person_id <> own.person_id limit 500)
    union all
    (select a.person_id, a.application_id from application a
      where own.what = 'phone' and a.phone_index = own.index and a.state not in ('draft', 'withdrawn')
        and a.person_id <> own.person_id limit 500)
  ) o;
  perform narrow_sight(before);
  return query
    with shared as (
      select * from unnest(own_cases, kinds, others, other_cases) as u (own_case, kind, person, other_case)
    ),
    people as (
      select s.own_case, s.kind, s.person,
        -- Of the caller's own sight again.
        (array_agg(a.case_number order by a.application_id desc) filter (where a.application_id is not null))[1] as seen
      from shared s left join application a on a.person_id = s.person and a.application_id = s.other_case
      group by s.own_case, s.kind, s.person
    )
    select p.own_case, p.kind, coalesce(array_agg(p.seen order by p.seen) filter (where p.seen is not null), '{}'),
      (count(*) filter (where p.seen is null))::int
    from people p group by p.own_case, p.kind;
end $$;

-- Every case that shares its account, or its phone number, with somebody else, to list cases by; which of them a caller
-- sees is judged by the case.
create function cases_sharing(what text) returns table (application_id uuid)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  if what = 'account' then
    return query
      with uses as (
        select a.account_index, a.person_id, a.application_id from application a
          where a.account_index is not null and a.state not in ('draft', 'withdrawn')
        union all select c.account_index, c.person_id, c.application_id from payment_correction c
          where c.account_index is not null and c.state <> 'rejected'
      )
      select u.application_id from uses u
        join (select account_index from uses group by 1 having count(distinct person_id) > 1) s using (account_index);
  else
    return query
      select a.application_id from application a
        join (select phone_index from application where phone_index is not null and state not in ('draft', 'withdrawn')
          group by 1 having count(distinct person_id) > 1) s using (phone_index)
        where a.state not in ('draft', 'withdrawn');
  end if;
  perform narrow_sight(before);
end $$;
