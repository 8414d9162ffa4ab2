-- How an entry was written for its seal. What was sealed before was written as JSON; since, as its columns one after
-- another, which takes the database half the time. The text is made by whoever verifies (src/audit/store.ts) and not by a
-- function kept here, because whoever changes an entry could change the function too.

alter table audit_seal add column form text not null default 'json' check (form in ('json', 'columns'));
alter table audit_seal alter column form drop default;
drop function audit_entry_text(audit_entry);
