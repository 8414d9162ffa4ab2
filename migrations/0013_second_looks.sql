-- A decision may be undone before anything is paid on it, and a drawn share of decisions is looked at a second time.

-- One decision stands on a case: the first, or the one that names the undone one it takes the place of.
alter table decision add column replaces_decision_id uuid,
  drop constraint one_decision_per_application,
  add constraint one_decision_for_an_undone_one unique (person_id, replaces_decision_id),
  add constraint decision_is_an_officers unique (person_id, decision_id, officer);
create unique index one_decision_per_application on decision (person_id, application_id) where replaces_decision_id is null;
create index decision_by_application on decision (person_id, application_id, decision_id desc);

create table decision_undo (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  decided_by text not null,
  undone_by text not null,
  agency_code text not null references agency,
  undone_at timestamptz not null,
  reason text not null,
  from_second_look boolean not null,
  ended_term jsonb, -- the term that only this decision had fixed; null where the term stays
  primary key (person_id, decision_id),
  foreign key (person_id, decision_id, decided_by) references decision (person_id, decision_id, officer),
  foreign key (person_id, application_id) references application (person_id, application_id),
  constraint undone_by_another_officer check (decided_by <> undone_by)
);
create trigger append_only before update or delete on decision_undo for each row execute function refuse_change();
alter table decision add constraint only_an_undone_decision_is_replaced
  foreign key (person_id, replaces_decision_id) references decision_undo (person_id, decision_id);

-- The draw of every decision, so that anybody can see that it was one: draw is made of seed alone, and chosen below share.
create table second_look (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  agency_code text not null references agency,
  outcome text not null check (outcome in ('approved', 'refused')),
  seed text not null,
  draw int not null check (draw between 0 and 9999),
  share int not null check (share between 0 and 10000), -- of ten thousand
  state text not null check (state in ('not-drawn', 'waiting', 'confirmed', 'sent-back', 'lapsed')),
  decided_by text not null,
  looked_by text,
  looked_at timestamptz,
  primary key (person_id, decision_id),
  foreign key (person_id, decision_id, decided_by) references decision (person_id, decision_id, officer),
  constraint drawn_below_its_share check ((draw < share) = (state <> 'not-drawn')),
  constraint looked_at_by_somebody check
    ((state in ('confirmed', 'sent-back')) = (looked_by is not null) and (looked_by is null) = (looked_at is null)),
  constraint looked_at_by_another_officer check (looked_by <> decided_by)
);
create index second_look_by_agency on second_look (agency_code, decision_id) where state <> 'not-drawn';
create index second_look_waiting on second_look (person_id, application_id) where state = 'waiting';

alter table case_part drop constraint case_part_part_check,
  add constraint case_part_part_check check (part in ('handler', 'reviewer', 'second-reviewer', 'payer'));

-- What was entitled and no longer is goes back.
alter table ledger_entry drop constraint ledger_entry_to_account_check,
  add constraint ledger_entry_to_account_check check (to_account in ('entitled', 'waiting', 'in-payment', 'paid',
    'recovered-before-payment', 'finance', 'unspent', 'cash-in-payment', 'cash-paid', 'returned-to-finance', 'debtor',
    'recoverable', 'repaid'));
