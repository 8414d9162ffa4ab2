-- Whoever was asked on paper to give money back is told on paper when that was wrong, and the first paper is no longer good.
alter table notice drop constraint notice_kind_check,
  add constraint notice_kind_check
    check (kind in ('correction', 'acceptance', 'non-acceptance', 'decision', 'recovery', 'recovery-reversed'));

create or replace function notice_of_code(code text)
  returns table (kind text, notice_number text, issued_at timestamptz, content_digest bytea, agency_code text,
    is_overruled boolean)
  stable language plpgsql set search_path = public, pg_temp as $$
declare before text := widen_sight();
begin
  return query select n.kind, n.notice_number, n.issued_at, n.content_digest, n.agency_code,
      case n.kind
        -- Of a decision that was undone since, whether or not there is another one by now.
        when 'decision' then a.state not in ('approved', 'refused') or exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'decision' and later.notice_id > n.notice_id)
        -- Of a recovery that was reversed since: of the same month, for a case may have one of each.
        when 'recovery' then exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'recovery-reversed' and later.notice_id > n.notice_id
            and later.content::jsonb #> '{subject,months}' = n.content::jsonb #> '{subject,months}')
        else false
      end
    from notice n join application a using (person_id, application_id)
    where n.verification_code = code;
  perform narrow_sight(before);
end $$;
