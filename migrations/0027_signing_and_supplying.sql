-- What an applicant signs and supplies. A draft may be printed before it is signed, so that the undertaking 承诺书 comes with
-- the submission and not with the draft; and a paper, once supplied, stays what it was.

alter table application
  alter column undertaking_version drop not null,
  alter column undertaking_digest drop not null,
  alter column undertaking_signed_at drop not null,
  alter column undertaking_signed_how drop not null,
  add column undertaking_taken_by text, -- the platform or officer before whom it was signed
  add constraint undertaking_is_signed_whole
    check (num_nonnulls(undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how) in (0, 4)),
  add constraint signed_before_submission check (undertaking_version is not null or state in ('draft', 'withdrawn'));
update application set undertaking_taken_by = client_id;

-- Superseded, never overwritten. The sealed bytes alone may be sealed anew under another key; the digest says whether they
-- are still the same.
create function keep_material() returns trigger language plpgsql as $$
begin
  if (new.person_id, new.material_id, new.application_id, new.kind, new.media_type, new.byte_length, new.digest, new.added_at,
      new.added_by, new.supersedes)
    is distinct from (old.person_id, old.material_id, old.application_id, old.kind, old.media_type, old.byte_length,
      old.digest, old.added_at, old.added_by, old.supersedes)
  then
    raise exception 'a material is never rewritten'
      using errcode = 'check_violation', constraint = 'material_is_never_rewritten';
  end if;
  return new;
end $$;
create trigger keep_material before update on material for each row execute function keep_material();
