-- Whom an agency asks for its money, as its papers address them; null where no name is published.
alter table agency add column finance_name text;
