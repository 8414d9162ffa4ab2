-- Written by `npm run schema` from the migrated database. Do not edit.

create domain calendar_month as text CHECK ((VALUE ~ '^\d{4}-(0[1-9]|1[0-2])$'::text));
create domain calendar_quarter as text CHECK ((VALUE ~ '^\d{4}Q[1-4]$'::text));

create sequence case_number_sequence;
grant usage on sequence case_number_sequence to subsidy_service;
create sequence disbursement_number_sequence;
grant usage on sequence disbursement_number_sequence to subsidy_service;

create table agency (
  agency_code text not null,
  name text not null,
  kind text not null,
  valid_from date not null,
  valid_to date,
  finance_name text,
  constraint agency_pkey PRIMARY KEY (agency_code),
  constraint agency_agency_code_check CHECK ((agency_code ~ '^3602(\d\d|G\d)$'::text)),
  constraint agency_check CHECK ((valid_to >= valid_from)),
  constraint agency_kind_check CHECK ((kind = ANY (ARRAY['county'::text, 'zone'::text])))
);
CREATE TRIGGER reference_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.agency FOR EACH STATEMENT EXECUTE FUNCTION reference_changed();
grant select on agency to subsidy_service;

create table api_client (
  api_client_id text not null,
  name text not null,
  role text not null,
  scopes text[] not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  constraint api_client_pkey PRIMARY KEY (api_client_id),
  constraint api_client_api_client_id_check CHECK ((api_client_id ~ '^[a-z][a-z0-9-]{2,39}$'::text)),
  constraint api_client_role_check CHECK ((role = ANY (ARRAY['platform'::text, 'provincial-system'::text]))),
  constraint api_client_scopes_check CHECK ((cardinality(scopes) > 0))
);
grant insert, select on api_client to subsidy_service;
grant update (name) on api_client to subsidy_service;

create table api_client_key (
  api_client_id text not null,
  key_number integer not null,
  secret_encrypted bytea not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  expires_at timestamp with time zone,
  constraint api_client_key_pkey PRIMARY KEY (api_client_id, key_number),
  constraint api_client_key_api_client_id_fkey FOREIGN KEY (api_client_id) REFERENCES api_client(api_client_id),
  constraint api_client_key_key_number_check CHECK ((key_number >= 1))
);
CREATE UNIQUE INDEX one_lasting_key_per_api_client ON public.api_client_key USING btree (api_client_id) WHERE (expires_at IS NULL);
grant insert, select on api_client_key to subsidy_service;
grant update (expires_at) on api_client_key to subsidy_service;

create table api_client_nonce (
  api_client_id text not null,
  nonce text not null,
  valid_until timestamp with time zone not null,
  constraint api_client_nonce_pkey PRIMARY KEY (api_client_id, nonce),
  constraint api_client_nonce_api_client_id_fkey FOREIGN KEY (api_client_id) REFERENCES api_client(api_client_id)
);
CREATE INDEX api_client_nonce_by_end ON public.api_client_nonce USING btree (valid_until);
grant delete, insert, select on api_client_nonce to subsidy_service;
grant update (valid_until) on api_client_nonce to subsidy_service;

create table appeal (
  person_id uuid not null,
  appeal_id uuid not null,
  application_id uuid not null,
  kind text not null,
  decision_id uuid,
  recovery_id uuid,
  contested_by text not null,
  agency_code text not null,
  street_code text not null,
  state text not null,
  version integer not null,
  grounds text not null,
  received_on date not null,
  due_on date not null,
  received_at timestamp with time zone not null,
  received_by text not null,
  outcome text,
  new_application_id uuid,
  undone_decision_id uuid generated always as (
CASE
    WHEN ((outcome <> 'kept'::text) AND (new_application_id IS NULL)) THEN decision_id
    ELSE NULL::uuid
END) stored,
  replaced_decision_id uuid generated always as (
CASE
    WHEN ((outcome = 'changed'::text) AND (new_application_id IS NULL)) THEN decision_id
    ELSE NULL::uuid
END) stored,
  reversed boolean generated always as (
CASE
    WHEN ((outcome <> 'kept'::text) AND (recovery_id IS NOT NULL)) THEN true
    ELSE NULL::boolean
END) stored,
  paper_id uuid,
  paper_kind text not null generated always as ('appeal-paper'::text) stored,
  reason text,
  closed_at timestamp with time zone,
  closed_by text,
  constraint appeal_pkey PRIMARY KEY (person_id, appeal_id),
  constraint one_row_per_appeal UNIQUE (appeal_id),
  constraint appeal_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint appeal_is_about_a_decision FOREIGN KEY (person_id, decision_id, contested_by) REFERENCES decision(person_id, decision_id, officer),
  constraint appeal_is_about_a_recovery FOREIGN KEY (person_id, recovery_id, contested_by) REFERENCES recovery(person_id, recovery_id, confirmed_by),
  constraint appeal_is_of_a_case FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint appeal_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint changed_decision_is_replaced FOREIGN KEY (person_id, replaced_decision_id) REFERENCES decision(person_id, replaces_decision_id),
  constraint changed_decision_is_undone FOREIGN KEY (person_id, undone_decision_id) REFERENCES decision_undo(person_id, decision_id),
  constraint changed_recovery_is_reversed FOREIGN KEY (person_id, recovery_id, reversed) REFERENCES recovery(person_id, recovery_id, is_reversed),
  constraint new_application_is_the_persons FOREIGN KEY (person_id, new_application_id) REFERENCES application(person_id, application_id),
  constraint outcome_has_a_paper FOREIGN KEY (person_id, application_id, paper_id, paper_kind) REFERENCES material(person_id, application_id, material_id, kind),
  constraint appeal_is_about_one_act CHECK ((num_nonnulls(decision_id, recovery_id) = 1)),
  constraint appeal_is_decided_by_another_officer CHECK (((state <> 'decided'::text) OR (closed_by <> contested_by))),
  constraint appeal_kind_check CHECK ((kind = ANY (ARRAY['reconsideration'::text, 'simple-reconsideration'::text, 'petition'::text, 'objection'::text]))),
  constraint appeal_outcome_check CHECK ((outcome = ANY (ARRAY['kept'::text, 'changed'::text, 'remade'::text]))),
  constraint appeal_state_check CHECK ((state = ANY (ARRAY['open'::text, 'decided'::text, 'withdrawn'::text]))),
  constraint appeal_version_check CHECK ((version >= 1)),
  constraint closed_appeal_says_why CHECK ((((state = 'open'::text) = (closed_at IS NULL)) AND ((closed_at IS NULL) = (closed_by IS NULL)) AND ((closed_at IS NULL) = (reason IS NULL)))),
  constraint decided_appeal_has_outcome CHECK ((((state = 'decided'::text) = (outcome IS NOT NULL)) AND ((outcome IS NULL) = (paper_id IS NULL)) AND ((new_application_id IS NULL) OR ((outcome <> 'kept'::text) AND (decision_id IS NOT NULL))))),
  constraint new_application_is_another CHECK ((new_application_id <> application_id))
);
alter table appeal enable row level security;
CREATE INDEX appeal_by_agency ON public.appeal USING btree (agency_code, appeal_id);
CREATE INDEX appeal_by_case ON public.appeal USING btree (person_id, application_id, appeal_id);
CREATE INDEX appeal_by_street ON public.appeal USING btree (street_code, appeal_id);
CREATE INDEX appeal_open ON public.appeal USING btree (application_id) WHERE (state = 'open'::text);
CREATE UNIQUE INDEX one_open_appeal_of_a_kind ON public.appeal USING btree (person_id, COALESCE(decision_id, recovery_id), kind) WHERE (state = 'open'::text);
create policy adds on appeal for insert
  with check ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = appeal.person_id) AND (a.application_id = appeal.application_id) AND of_client(a.client_id))))));
create policy changes on appeal for update
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = appeal.person_id) AND (a.application_id = appeal.application_id) AND of_client(a.client_id))))));
create policy reads on appeal for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = appeal.person_id) AND (a.application_id = appeal.application_id) AND of_client(a.client_id))))));
grant insert, select on appeal to subsidy_service;
grant update (closed_at, closed_by, due_on, new_application_id, outcome, paper_id, reason, state, version) on appeal to subsidy_service;

create table application (
  person_id uuid not null,
  application_id uuid not null,
  case_number text not null,
  state text not null,
  version integer not null,
  quarter calendar_quarter not null,
  months calendar_month[] not null,
  channel text not null,
  client_id text not null,
  street_code text not null,
  agency_code text not null,
  name_encrypted bytea not null,
  phone_encrypted bytea not null,
  phone_index bytea,
  contact_name_encrypted bytea,
  contact_relation text,
  agent_name_encrypted bytea,
  agent_identity_encrypted bytea,
  agent_relation text,
  bank text not null,
  account_encrypted bytea not null,
  account_masked text not null,
  account_index bytea,
  work_kind text not null,
  work_since date not null,
  work_place text not null,
  undertaking_version text,
  undertaking_digest bytea,
  undertaking_signed_at timestamp with time zone,
  undertaking_signed_how text,
  undertaking_taken_by text,
  created_at timestamp with time zone not null,
  submitted_at timestamp with time zone,
  accepted_at timestamp with time zone,
  acceptance_reason text,
  closed_at timestamp with time zone,
  assigned_to text,
  time_limit text,
  time_limit_days_left integer,
  time_limit_from date,
  time_limit_due_on date,
  records_changed_at timestamp with time zone,
  records_told_digest bytea,
  household_standing text,
  constraint application_pkey PRIMARY KEY (person_id, application_id),
  constraint one_application_per_case_number UNIQUE (case_number),
  constraint one_row_per_application UNIQUE (application_id),
  constraint application_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint application_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint application_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint account_is_masked CHECK ((account_masked ~ '^\d?\*+\d?$'::text)),
  constraint agent_is_whole CHECK ((num_nonnulls(agent_name_encrypted, agent_identity_encrypted, agent_relation) = ANY (ARRAY[0, 3]))),
  constraint application_account_index_check CHECK ((octet_length(account_index) = 32)),
  constraint application_agent_relation_check CHECK ((agent_relation = ANY (ARRAY['spouse'::text, 'parent'::text, 'child'::text, 'sibling'::text, 'relative'::text, 'community-worker'::text, 'other'::text]))),
  constraint application_channel_check CHECK ((channel = ANY (ARRAY['provincial-online-hall'::text, 'ganfutong'::text, 'wujia2-platform'::text, 'wujia2-home'::text, 'street-social-affairs'::text, 'street-service-centre'::text]))),
  constraint application_contact_relation_check CHECK ((contact_relation = ANY (ARRAY['spouse'::text, 'parent'::text, 'child'::text, 'sibling'::text, 'relative'::text, 'community-worker'::text, 'other'::text]))),
  constraint application_household_standing_check CHECK ((household_standing = ANY (ARRAY['confirmed'::text, 'elsewhere'::text, 'unconfirmed'::text]))),
  constraint application_months_check CHECK (((cardinality(months) >= 1) AND (cardinality(months) <= 3))),
  constraint application_phone_index_check CHECK ((octet_length(phone_index) = 32)),
  constraint application_records_told_digest_check CHECK ((octet_length(records_told_digest) = 32)),
  constraint application_state_check CHECK ((state = ANY (ARRAY['draft'::text, 'submitted'::text, 'correction-requested'::text, 'not-accepted'::text, 'accepted'::text, 'approved'::text, 'refused'::text, 'withdrawn'::text]))),
  constraint application_time_limit_check CHECK ((time_limit = ANY (ARRAY['acceptance'::text, 'review'::text]))),
  constraint application_version_check CHECK ((version >= 1)),
  constraint contact_and_agent_come_to_a_counter CHECK (((num_nonnulls(contact_relation, agent_relation) = 0) OR (channel = ANY (ARRAY['wujia2-home'::text, 'street-social-affairs'::text, 'street-service-centre'::text])))),
  constraint contact_is_whole CHECK ((num_nonnulls(contact_name_encrypted, contact_relation) = ANY (ARRAY[0, 2]))),
  constraint household_stands_while_open CHECK (((household_standing IS NOT NULL) = (state = ANY (ARRAY['draft'::text, 'submitted'::text, 'correction-requested'::text, 'accepted'::text])))),
  constraint reason_is_of_an_acceptance CHECK (((acceptance_reason IS NULL) OR (accepted_at IS NOT NULL))),
  constraint signed_before_submission CHECK (((undertaking_version IS NOT NULL) OR (state = ANY (ARRAY['draft'::text, 'withdrawn'::text])))),
  constraint submitted_once_past_draft CHECK (((submitted_at IS NOT NULL) OR (state = ANY (ARRAY['draft'::text, 'withdrawn'::text])))),
  constraint time_limit_runs_or_stands CHECK ((((time_limit IS NULL) = (time_limit_days_left IS NULL)) AND ((time_limit_from IS NULL) = (time_limit_due_on IS NULL)) AND ((time_limit IS NOT NULL) OR (time_limit_from IS NULL)))),
  constraint undertaking_is_signed_whole CHECK ((num_nonnulls(undertaking_version, undertaking_digest, undertaking_signed_at, undertaking_signed_how) = ANY (ARRAY[0, 4])))
);
alter table application enable row level security;
CREATE INDEX application_by_account ON public.application USING btree (account_index, person_id) INCLUDE (application_id) WHERE ((account_index IS NOT NULL) AND (state <> ALL (ARRAY['draft'::text, 'withdrawn'::text])));
CREATE INDEX application_by_agency ON public.application USING btree (agency_code, state, application_id);
CREATE INDEX application_by_assignee ON public.application USING btree (assigned_to, submitted_at, application_id) WHERE (state = ANY (ARRAY['submitted'::text, 'correction-requested'::text, 'accepted'::text]));
CREATE INDEX application_by_client ON public.application USING btree (client_id, application_id);
CREATE INDEX application_by_due_day ON public.application USING btree (agency_code, time_limit_due_on, application_id) WHERE (time_limit_due_on IS NOT NULL);
CREATE INDEX application_by_household ON public.application USING btree (household_standing, application_id) WHERE (household_standing <> 'confirmed'::text);
CREATE INDEX application_by_lateness ON public.application USING btree (application_id) WHERE (quarters_late((months[1])::text, submitted_at) > 1);
CREATE INDEX application_by_phone ON public.application USING btree (phone_index, person_id) INCLUDE (application_id) WHERE ((phone_index IS NOT NULL) AND (state <> ALL (ARRAY['draft'::text, 'withdrawn'::text])));
CREATE INDEX application_by_quarter ON public.application USING brin (quarter) WITH (pages_per_range='32');
CREATE INDEX application_by_records_changed ON public.application USING btree (agency_code, application_id) WHERE (records_changed_at IS NOT NULL);
CREATE INDEX application_by_street ON public.application USING btree (street_code, application_id);
CREATE INDEX application_by_waiting ON public.application USING btree (agency_code, submitted_at, application_id) INCLUDE (state, time_limit_due_on, assigned_to, records_changed_at, street_code, client_id, person_id) WHERE (state = ANY (ARRAY['submitted'::text, 'correction-requested'::text, 'accepted'::text]));
CREATE INDEX application_by_waiting_in_city ON public.application USING btree (submitted_at, application_id) WHERE (state = ANY (ARRAY['submitted'::text, 'correction-requested'::text, 'accepted'::text]));
CREATE INDEX application_by_waiting_in_street ON public.application USING btree (street_code, submitted_at, application_id) WHERE (state = ANY (ARRAY['submitted'::text, 'correction-requested'::text, 'accepted'::text]));
CREATE INDEX application_by_waiting_of_client ON public.application USING btree (client_id, submitted_at, application_id) WHERE (state = ANY (ARRAY['submitted'::text, 'correction-requested'::text, 'accepted'::text]));
CREATE INDEX application_draft_by_age ON public.application USING btree (created_at) WHERE (state = 'draft'::text);
CREATE INDEX approved_application_by_person ON public.application USING btree (agency_code, person_id, application_id) WHERE (state = 'approved'::text);
CREATE INDEX open_application_by_person ON public.application USING btree (person_id) WHERE (state = ANY (ARRAY['submitted'::text, 'correction-requested'::text, 'accepted'::text]));
CREATE TRIGGER keep_household_standing BEFORE INSERT OR UPDATE OF state, street_code, submitted_at ON public.application FOR EACH ROW EXECUTE FUNCTION keep_household_standing();
CREATE TRIGGER keep_place BEFORE UPDATE OF street_code, agency_code ON public.application FOR EACH ROW WHEN ((((old.street_code IS DISTINCT FROM new.street_code) OR (old.agency_code IS DISTINCT FROM new.agency_code)) AND (old.state <> ALL (ARRAY['draft'::text, 'submitted'::text, 'correction-requested'::text, 'accepted'::text])))) EXECUTE FUNCTION keep_place();
CREATE TRIGGER mark_changed_numbers AFTER UPDATE OF state, account_index, phone_index ON public.application FOR EACH ROW WHEN (((new.state <> ALL (ARRAY['draft'::text, 'withdrawn'::text])) AND ((old.state = ANY (ARRAY['draft'::text, 'withdrawn'::text])) OR ((old.account_index IS DISTINCT FROM new.account_index) OR (old.phone_index IS DISTINCT FROM new.phone_index))))) EXECUTE FUNCTION mark_shared_numbers();
CREATE TRIGGER mark_shared_numbers AFTER INSERT ON public.application FOR EACH ROW WHEN ((new.state <> ALL (ARRAY['draft'::text, 'withdrawn'::text]))) EXECUTE FUNCTION mark_shared_numbers();
CREATE TRIGGER wait_for_the_correction BEFORE UPDATE OF state ON public.application FOR EACH ROW WHEN ((old.state IS DISTINCT FROM new.state)) EXECUTE FUNCTION wait_for_the_correction();
create policy adds on application for insert
  with check ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
create policy changes on application for update
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
create policy deletes on application for delete
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
create policy reads on application for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id) OR is_current_person(person_id)));
grant delete, insert, select on application to subsidy_service;
grant update (acceptance_reason, accepted_at, account_encrypted, account_index, account_masked, agency_code, agent_identity_encrypted, agent_name_encrypted, agent_relation, assigned_to, bank, closed_at, contact_name_encrypted, contact_relation, months, name_encrypted, phone_encrypted, phone_index, quarter, records_changed_at, records_told_digest, state, street_code, submitted_at, time_limit, time_limit_days_left, time_limit_due_on, time_limit_from, undertaking_digest, undertaking_signed_at, undertaking_signed_how, undertaking_taken_by, undertaking_version, version, work_kind, work_place, work_since) on application to subsidy_service;

create table asked_day (
  asker text not null,
  day date not null,
  people integer not null,
  constraint asked_day_pkey PRIMARY KEY (asker, day),
  constraint asked_day_people_check CHECK ((people >= 1))
);
alter table asked_day enable row level security;
create policy adds on asked_day for insert
  with check ((of_client(asker) OR (asker = current_setting('subsidy.actor'::text, true))));
create policy changes on asked_day for update
  using ((of_client(asker) OR (asker = current_setting('subsidy.actor'::text, true))));
create policy reads on asked_day for select
  using ((of_client(asker) OR (asker = current_setting('subsidy.actor'::text, true))));
grant insert, select on asked_day to subsidy_service;
grant update (people) on asked_day to subsidy_service;

create table asked_person (
  asker text not null,
  day date not null,
  identity_hash bytea not null,
  constraint asked_person_pkey PRIMARY KEY (asker, day, identity_hash),
  constraint asked_person_asker_day_fkey FOREIGN KEY (asker, day) REFERENCES asked_day(asker, day) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED,
  constraint asked_person_identity_hash_check CHECK ((octet_length(identity_hash) = 32))
);
alter table asked_person enable row level security;
create policy adds on asked_person for insert
  with check ((of_client(asker) OR (asker = current_setting('subsidy.actor'::text, true))));
create policy reads on asked_person for select
  using ((of_client(asker) OR (asker = current_setting('subsidy.actor'::text, true))));
grant insert, select on asked_person to subsidy_service;

create table attestation (
  person_id uuid not null,
  attestation_id uuid not null,
  application_id uuid not null,
  record_id uuid,
  coverage_id uuid,
  officer text not null,
  agency_code text not null,
  role text not null,
  material_id uuid,
  look_up_system text,
  look_up_at timestamp with time zone,
  look_up_reference text,
  attested_at timestamp with time zone not null,
  constraint attestation_pkey PRIMARY KEY (person_id, attestation_id),
  constraint attestation_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint attestation_coverage_id_fkey FOREIGN KEY (coverage_id) REFERENCES coverage(coverage_id),
  constraint attestation_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint attestation_person_id_material_id_fkey FOREIGN KEY (person_id, material_id) REFERENCES material(person_id, material_id),
  constraint attestation_person_id_record_id_fkey FOREIGN KEY (person_id, record_id) REFERENCES record(person_id, record_id),
  constraint attestation_is_of_one_finding CHECK ((num_nonnulls(record_id, coverage_id) = 1)),
  constraint attestation_rests_on_one_evidence CHECK ((num_nonnulls(material_id, look_up_system) = 1)),
  constraint attestation_role_check CHECK ((role = ANY (ARRAY['handler'::text, 'reviewer'::text]))),
  constraint look_up_is_described CHECK ((num_nonnulls(look_up_system, look_up_at, look_up_reference) = ANY (ARRAY[0, 3])))
);
alter table attestation enable row level security;
CREATE INDEX attestation_by_application ON public.attestation USING btree (person_id, application_id);
CREATE INDEX attestation_by_record ON public.attestation USING btree (person_id, record_id);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.attestation FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on attestation for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = attestation.person_id) AND (a.application_id = attestation.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on attestation for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = attestation.person_id) AND ((a.state <> 'withdrawn'::text) OR (a.application_id = attestation.application_id)))))));
grant insert, select on attestation to subsidy_service;

create table audit_cut (
  sequence bigint not null,
  hash bytea not null,
  entries integer not null,
  statement jsonb not null,
  cut_at timestamp with time zone not null,
  constraint audit_cut_pkey PRIMARY KEY (sequence),
  constraint audit_cut_entries_check CHECK ((entries > 0)),
  constraint audit_cut_hash_check CHECK ((octet_length(hash) = 32)),
  constraint audit_cut_sequence_check CHECK ((sequence >= 1))
);
alter table audit_cut enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_cut FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy reads on audit_cut for select
  using ((current_setting('subsidy.audit'::text, true) = 'read'::text));
grant select on audit_cut to subsidy_service;

create table audit_entry (
  entry_id bigint not null generated always as identity,
  at timestamp with time zone not null,
  operation text not null,
  actor text not null,
  client_id text not null,
  role text not null,
  agency_code text,
  target_kind text not null,
  target_id text not null,
  person_id uuid,
  change jsonb not null,
  request_id text not null,
  source_address text not null,
  constraint audit_entry_pkey PRIMARY KEY (entry_id)
);
alter table audit_entry enable row level security;
CREATE INDEX audit_entry_by_actor ON public.audit_entry USING btree (actor, operation, at);
CREATE INDEX audit_entry_by_person ON public.audit_entry USING btree (person_id, entry_id) WHERE (person_id IS NOT NULL);
CREATE INDEX audit_entry_by_request ON public.audit_entry USING btree (request_id);
CREATE INDEX audit_entry_by_target ON public.audit_entry USING btree (target_kind, target_id);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_entry FOR EACH ROW EXECUTE FUNCTION refuse_change_but_cut();
CREATE TRIGGER queue_for_seal AFTER INSERT ON public.audit_entry REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION queue_for_seal();
create policy adds on audit_entry for insert
  with check ((actor = current_setting('subsidy.actor'::text, true)));
create policy reads on audit_entry for select
  using (((actor = current_setting('subsidy.actor'::text, true)) OR ((current_setting('subsidy.audit'::text, true) = 'read'::text) AND (in_city() OR of_agency(agency_code) OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM street_agency s
  WHERE ((s.street_code = audit_entry.agency_code) AND of_agency(s.agency_code)))) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = audit_entry.person_id))) OR ((target_kind = 'disbursement'::text) AND (EXISTS ( SELECT
   FROM payment_line l
  WHERE (((l.disbursement_id)::text = audit_entry.target_id) AND is_current_person(l.person_id)))))))));
grant select on audit_entry to subsidy_service;
grant insert (actor, agency_code, at, change, client_id, operation, person_id, request_id, role, source_address, target_id, target_kind) on audit_entry to subsidy_service;

create table audit_seal (
  sequence bigint not null,
  entry_id bigint not null,
  algorithm text not null,
  form text not null,
  hash bytea not null,
  constraint audit_seal_pkey PRIMARY KEY (sequence),
  constraint one_seal_per_audit_entry UNIQUE (entry_id),
  constraint audit_seal_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES audit_entry(entry_id),
  constraint audit_seal_algorithm_check CHECK ((algorithm = ANY (ARRAY['sha256'::text, 'sm3'::text]))),
  constraint audit_seal_form_check CHECK ((form = ANY (ARRAY['json'::text, 'columns'::text]))),
  constraint audit_seal_hash_check CHECK ((octet_length(hash) = 32)),
  constraint audit_seal_sequence_check CHECK ((sequence >= 1))
);
alter table audit_seal enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.audit_seal FOR EACH ROW EXECUTE FUNCTION refuse_change_but_cut();
CREATE TRIGGER leave_seal_queue AFTER INSERT ON public.audit_seal REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION leave_seal_queue();
create policy adds on audit_seal for insert
  with check (((current_setting('subsidy.audit'::text, true) = 'read'::text) AND in_city()));
create policy reads on audit_seal for select
  using ((current_setting('subsidy.audit'::text, true) = 'read'::text));
grant insert, select on audit_seal to subsidy_service;

create table audit_unsealed (
  entry_id bigint not null,
  since timestamp with time zone not null default now(),
  constraint audit_unsealed_pkey PRIMARY KEY (entry_id),
  constraint audit_unsealed_entry_id_fkey FOREIGN KEY (entry_id) REFERENCES audit_entry(entry_id)
);
grant select on audit_unsealed to subsidy_service;

create table bar (
  person_id uuid not null,
  bar_id uuid not null,
  application_id uuid not null,
  agency_code text not null,
  street_code text not null,
  state text not null,
  version integer not null,
  proposed_at timestamp with time zone not null,
  proposed_by text not null,
  heard_on date,
  heard_how text,
  confirmed_at timestamp with time zone,
  confirmed_by text,
  closed_at timestamp with time zone,
  closing_reason text,
  lifted_by text,
  lifter text not null default 'lifter'::text,
  constraint bar_pkey PRIMARY KEY (person_id, bar_id),
  constraint one_row_per_bar UNIQUE (bar_id),
  constraint bar_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint bar_is_lifted_by_an_officer_without_part FOREIGN KEY (person_id, bar_id, lifted_by, lifter) REFERENCES bar_part(person_id, bar_id, officer, part),
  constraint bar_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint bar_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint bar_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint bar_is_closed_with_reason CHECK (((state = ANY (ARRAY['lifted'::text, 'dismissed'::text])) = (num_nonnulls(closed_at, closing_reason) = 2))),
  constraint bar_is_lifted_by_somebody CHECK (((state = 'lifted'::text) = (lifted_by IS NOT NULL))),
  constraint bar_lifter_check CHECK ((lifter = 'lifter'::text)),
  constraint bar_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'in-force'::text, 'lifted'::text, 'dismissed'::text]))),
  constraint bar_version_check CHECK ((version >= 1)),
  constraint in_force_after_hearing CHECK (((state = 'dismissed'::text) OR ((state = 'proposed'::text) = (num_nonnulls(heard_on, heard_how, confirmed_at, confirmed_by) = 0)))),
  constraint two_officers_per_bar CHECK ((confirmed_by <> proposed_by))
);
alter table bar enable row level security;
CREATE INDEX bar_by_agency ON public.bar USING btree (agency_code, state, bar_id);
CREATE UNIQUE INDEX one_open_bar_per_person ON public.bar USING btree (person_id) WHERE (state = ANY (ARRAY['proposed'::text, 'in-force'::text]));
CREATE TRIGGER refuse_lifting_while_owed BEFORE UPDATE ON public.bar FOR EACH ROW WHEN ((new.state = 'lifted'::text)) EXECUTE FUNCTION refuse_lifting_while_owed();
create policy adds on bar for insert
  with check ((in_city() OR of_agency(agency_code) OR is_current_person(person_id)));
create policy changes on bar for update
  using ((in_city() OR of_agency(agency_code) OR is_current_person(person_id)));
create policy reads on bar for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR is_current_person(person_id)));
grant insert, select on bar to subsidy_service;
grant update (closed_at, closing_reason, confirmed_at, confirmed_by, heard_how, heard_on, lifted_by, state, version) on bar to subsidy_service;

create table bar_part (
  person_id uuid not null,
  bar_id uuid not null,
  officer text not null,
  part text not null,
  constraint one_part_per_officer_in_a_bar PRIMARY KEY (person_id, bar_id, officer),
  constraint one_row_per_part_in_a_bar UNIQUE (person_id, bar_id, officer, part),
  constraint bar_part_person_id_bar_id_fkey FOREIGN KEY (person_id, bar_id) REFERENCES bar(person_id, bar_id),
  constraint bar_part_part_check CHECK ((part = ANY (ARRAY['case-officer'::text, 'reporter'::text, 'confirmer'::text, 'lifter'::text])))
);
alter table bar_part enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.bar_part FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on bar_part for insert
  with check ((in_city() OR is_current_person(person_id)));
create policy reads on bar_part for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = bar_part.person_id)))));
grant insert, select on bar_part to subsidy_service;

create table case_part (
  person_id uuid not null,
  application_id uuid not null,
  officer text not null,
  part text not null,
  agency_code text not null,
  acted_at timestamp with time zone not null,
  constraint one_part_per_officer_on_a_case PRIMARY KEY (person_id, application_id, officer),
  constraint case_part_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint case_part_part_check CHECK ((part = ANY (ARRAY['handler'::text, 'reviewer'::text, 'second-reviewer'::text, 'payer'::text])))
);
alter table case_part enable row level security;
create policy adds on case_part for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = case_part.person_id) AND (a.application_id = case_part.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy changes on case_part for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = case_part.person_id) AND (a.application_id = case_part.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on case_part for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = case_part.person_id) AND (a.application_id = case_part.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on case_part to subsidy_service;
grant update (part) on case_part to subsidy_service;

create table case_transfer (
  person_id uuid not null,
  transfer_id uuid not null,
  application_id uuid not null,
  from_agency text not null,
  from_street text not null,
  to_agency text not null,
  to_street text not null,
  reason text not null,
  transferred_at timestamp with time zone not null,
  transferred_by text not null,
  constraint case_transfer_pkey PRIMARY KEY (person_id, transfer_id),
  constraint case_transfer_from_agency_fkey FOREIGN KEY (from_agency) REFERENCES agency(agency_code),
  constraint case_transfer_from_street_fkey FOREIGN KEY (from_street) REFERENCES street(street_code),
  constraint case_transfer_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint case_transfer_to_agency_fkey FOREIGN KEY (to_agency) REFERENCES agency(agency_code),
  constraint case_transfer_to_street_fkey FOREIGN KEY (to_street) REFERENCES street(street_code),
  constraint transferred_elsewhere CHECK ((from_street <> to_street))
);
alter table case_transfer enable row level security;
CREATE INDEX case_transfer_by_application ON public.case_transfer USING btree (person_id, application_id);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.case_transfer FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on case_transfer for insert
  with check ((in_city() OR of_agency(from_agency)));
create policy reads on case_transfer for select
  using ((in_city() OR of_agency(from_agency) OR of_street(from_street) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = case_transfer.person_id) AND (a.application_id = case_transfer.application_id))))));
grant insert, select on case_transfer to subsidy_service;

create table comparison (
  person_id uuid not null,
  comparison_id uuid not null,
  application_id uuid not null,
  compared_at timestamp with time zone not null,
  compared_by text not null,
  policy_version text not null,
  snapshot text not null,
  snapshot_digest bytea not null,
  assessment text not null,
  assessment_digest bytea not null,
  constraint comparison_pkey PRIMARY KEY (person_id, comparison_id),
  constraint comparison_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint comparison_policy_version_fkey FOREIGN KEY (policy_version) REFERENCES policy_version(version)
);
alter table comparison enable row level security;
CREATE INDEX comparison_by_application ON public.comparison USING btree (person_id, application_id, comparison_id DESC);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.comparison FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on comparison for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = comparison.person_id) AND (a.application_id = comparison.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on comparison for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = comparison.person_id) AND (a.application_id = comparison.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on comparison to subsidy_service;

create table correction (
  person_id uuid not null,
  correction_id uuid not null,
  application_id uuid not null,
  notice_id uuid not null,
  round integer not null,
  seen uuid[] not null,
  requested_at timestamp with time zone not null,
  requested_by text not null,
  closed_at timestamp with time zone,
  constraint correction_pkey PRIMARY KEY (person_id, correction_id),
  constraint one_correction_per_round UNIQUE (person_id, application_id, round),
  constraint correction_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint correction_person_id_notice_id_fkey FOREIGN KEY (person_id, notice_id) REFERENCES notice(person_id, notice_id),
  constraint correction_round_check CHECK (((round >= 1) AND (round <= 20)))
);
alter table correction enable row level security;
CREATE UNIQUE INDEX one_open_correction_per_application ON public.correction USING btree (person_id, application_id) WHERE (closed_at IS NULL);
create policy adds on correction for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = correction.person_id) AND (a.application_id = correction.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy changes on correction for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = correction.person_id) AND (a.application_id = correction.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on correction for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = correction.person_id) AND (a.application_id = correction.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on correction to subsidy_service;
grant update (closed_at) on correction to subsidy_service;

create table correction_item (
  person_id uuid not null,
  correction_id uuid not null,
  item integer not null,
  subject text not null,
  problem text not null,
  remedy text not null,
  basis uuid,
  answered_at timestamp with time zone,
  constraint correction_item_pkey PRIMARY KEY (person_id, correction_id, item),
  constraint correction_item_person_id_correction_id_fkey FOREIGN KEY (person_id, correction_id) REFERENCES correction(person_id, correction_id),
  constraint correction_item_item_check CHECK (((item >= 1) AND (item <= 60))),
  constraint correction_item_subject_check CHECK ((subject = ANY (ARRAY['identity-card'::text, 'household-booklet'::text, 'flexible-employment-proof'::text, 'contribution-proof'::text, 'power-of-attorney'::text, 'signed-undertaking'::text, 'applicant'::text, 'household'::text, 'months'::text, 'account'::text, 'work'::text, 'undertaking'::text])))
);
alter table correction_item enable row level security;
CREATE TRIGGER tell_once BEFORE INSERT ON public.correction_item FOR EACH ROW EXECUTE FUNCTION tell_once();
create policy adds on correction_item for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM correction c
  WHERE ((c.person_id = correction_item.person_id) AND (c.correction_id = correction_item.correction_id))))));
create policy changes on correction_item for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM correction c
  WHERE ((c.person_id = correction_item.person_id) AND (c.correction_id = correction_item.correction_id))))));
create policy reads on correction_item for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM correction c
  WHERE ((c.person_id = correction_item.person_id) AND (c.correction_id = correction_item.correction_id))))));
grant insert, select on correction_item to subsidy_service;
grant update (answered_at) on correction_item to subsidy_service;

create table coverage (
  coverage_id uuid not null,
  kind text not null,
  source text not null,
  agency_code text,
  person_id uuid,
  through_month calendar_month,
  as_of timestamp with time zone not null,
  delivery_id uuid,
  learnt_at timestamp with time zone not null,
  constraint coverage_pkey PRIMARY KEY (coverage_id),
  constraint coverage_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint coverage_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES record_delivery(delivery_id),
  constraint coverage_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint coverage_kind_check CHECK ((kind = ANY (ARRAY['household'::text, 'unemployment-registration'::text, 'hardship-recognition'::text, 'flexible-employment'::text, 'contribution'::text, 'contribution-refund'::text, 'unemployment-benefit'::text, 'skills-training'::text, 'public-post'::text, 'imprisonment'::text, 'public-payroll'::text, 'employer-insurance'::text, 'pension'::text, 'retirement-category'::text, 'dishonesty'::text, 'death'::text, 'prior-benefit'::text])))
);
alter table coverage enable row level security;
CREATE INDEX coverage_by_kind ON public.coverage USING btree (kind, as_of DESC);
CREATE UNIQUE INDEX one_row_per_coverage_statement ON public.coverage USING btree (kind, source, agency_code, person_id, through_month, as_of) NULLS NOT DISTINCT WHERE (delivery_id IS NOT NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.coverage FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on coverage for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = coverage.person_id)))));
create policy reads on coverage for select
  using ((in_city() OR is_current_person(person_id) OR ((person_id IS NULL) AND is_identified()) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = coverage.person_id) AND (a.state <> 'withdrawn'::text))))));
grant insert, select on coverage to subsidy_service;

create table data_key (
  key_id integer not null,
  purpose text not null,
  wrapped bytea not null,
  created_at timestamp with time zone not null default now(),
  constraint data_key_pkey PRIMARY KEY (key_id),
  constraint data_key_key_id_check CHECK ((key_id > 0))
);
grant select on data_key to subsidy_service;

create view death with (security_invoker=true) as
 SELECT person_id,
    record_id,
    from_day AS died_on
   FROM ( SELECT DISTINCT ON (record.person_id, record.source, record.source_key) record.person_id,
            record.record_id,
            record.from_day,
            record.removed,
            record.details
           FROM record
          WHERE (record.kind = 'death'::text)
          ORDER BY record.person_id, record.source, record.source_key, record.version DESC) newest
  WHERE ((NOT removed) AND ((details ->> 'absent'::text) IS NULL));
grant select on death to subsidy_service;

create table decision (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  comparison_id uuid not null,
  replaces_decision_id uuid,
  outcome text not null,
  approved_months calendar_month[] not null,
  amount_fen bigint not null,
  officer text not null,
  agency_code text not null,
  role text not null,
  decided_at timestamp with time zone not null,
  constraint decision_pkey PRIMARY KEY (person_id, decision_id),
  constraint decision_is_an_officers UNIQUE (person_id, decision_id, officer),
  constraint one_decision_for_an_undone_one UNIQUE (person_id, replaces_decision_id),
  constraint decision_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint decision_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint decision_person_id_comparison_id_fkey FOREIGN KEY (person_id, comparison_id) REFERENCES comparison(person_id, comparison_id),
  constraint only_an_undone_decision_is_replaced FOREIGN KEY (person_id, replaces_decision_id) REFERENCES decision_undo(person_id, decision_id),
  constraint decision_amount_fen_check CHECK ((amount_fen >= 0)),
  constraint decision_outcome_check CHECK ((outcome = ANY (ARRAY['approved'::text, 'refused'::text, 'not-accepted'::text]))),
  constraint decision_role_check CHECK ((role = ANY (ARRAY['handler'::text, 'reviewer'::text]))),
  constraint handlers_only_decline CHECK (((role = 'handler'::text) = (outcome = 'not-accepted'::text))),
  constraint zero_is_never_paid CHECK (((outcome = 'approved'::text) = ((amount_fen > 0) AND (cardinality(approved_months) > 0))))
);
alter table decision enable row level security;
CREATE INDEX decision_by_application ON public.decision USING btree (person_id, application_id, decision_id DESC);
CREATE INDEX decision_by_time ON public.decision USING btree (decided_at, decision_id);
CREATE UNIQUE INDEX one_decision_per_application ON public.decision USING btree (person_id, application_id) WHERE (replaces_decision_id IS NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.decision FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_approval_of_barred BEFORE INSERT ON public.decision FOR EACH ROW WHEN ((new.outcome = 'approved'::text)) EXECUTE FUNCTION refuse_approval_of_barred();
create policy adds on decision for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = decision.person_id) AND (a.application_id = decision.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on decision for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = decision.person_id) AND (a.application_id = decision.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on decision to subsidy_service;

create table decision_confirmation (
  person_id uuid not null,
  decision_id uuid not null,
  flag text not null,
  detail text not null,
  reason text,
  constraint decision_confirmation_pkey PRIMARY KEY (person_id, decision_id, flag),
  constraint decision_confirmation_person_id_decision_id_fkey FOREIGN KEY (person_id, decision_id) REFERENCES decision(person_id, decision_id)
);
alter table decision_confirmation enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.decision_confirmation FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on decision_confirmation for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM decision d
  WHERE ((d.person_id = decision_confirmation.person_id) AND (d.decision_id = decision_confirmation.decision_id))))));
create policy reads on decision_confirmation for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM decision d
  WHERE ((d.person_id = decision_confirmation.person_id) AND (d.decision_id = decision_confirmation.decision_id))))));
grant insert, select on decision_confirmation to subsidy_service;

create table decision_undo (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  decided_by text not null,
  undone_by text not null,
  agency_code text not null,
  undone_at timestamp with time zone not null,
  reason text not null,
  from_quality_review boolean not null,
  ended_term jsonb,
  constraint decision_undo_pkey PRIMARY KEY (person_id, decision_id),
  constraint decision_undo_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint decision_undo_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint decision_undo_person_id_decision_id_decided_by_fkey FOREIGN KEY (person_id, decision_id, decided_by) REFERENCES decision(person_id, decision_id, officer),
  constraint undone_by_another_officer CHECK ((decided_by <> undone_by))
);
alter table decision_undo enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.decision_undo FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on decision_undo for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = decision_undo.person_id) AND (a.application_id = decision_undo.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on decision_undo for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = decision_undo.person_id) AND (a.application_id = decision_undo.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on decision_undo to subsidy_service;

create table disbursement (
  disbursement_id uuid not null,
  agency_code text not null,
  disbursement_number text not null,
  state text not null,
  version integer not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  constraint disbursement_pkey PRIMARY KEY (disbursement_id),
  constraint disbursement_disbursement_number_key UNIQUE (disbursement_number),
  constraint disbursement_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint disbursement_state_check CHECK ((state = ANY (ARRAY['verifying'::text, 'verified'::text, 'funds-requested'::text, 'funded'::text, 'in-payment'::text, 'settled'::text, 'cancelled'::text]))),
  constraint disbursement_version_check CHECK ((version >= 1))
);
alter table disbursement enable row level security;
CREATE INDEX disbursement_by_agency ON public.disbursement USING btree (agency_code, disbursement_id);
create policy adds on disbursement for insert
  with check ((in_city() OR of_agency(agency_code) OR ((current_setting('subsidy.street'::text, true) <> ''::text) AND pays_street(disbursement_id, current_setting('subsidy.street'::text, true)))));
create policy changes on disbursement for update
  using ((in_city() OR of_agency(agency_code) OR ((current_setting('subsidy.street'::text, true) <> ''::text) AND pays_street(disbursement_id, current_setting('subsidy.street'::text, true)))));
create policy reads on disbursement for select
  using ((in_city() OR of_agency(agency_code) OR ((current_setting('subsidy.street'::text, true) <> ''::text) AND pays_street(disbursement_id, current_setting('subsidy.street'::text, true)))));
grant insert, select on disbursement to subsidy_service;
grant update (state, version) on disbursement to subsidy_service;

create table event (
  person_id uuid not null,
  event_id uuid not null,
  application_id uuid not null,
  case_number text not null,
  client_id text not null,
  agency_code text not null,
  street_code text not null,
  type text not null,
  happened_at timestamp with time zone not null,
  content jsonb not null,
  written bigint not null generated always as identity,
  position bigint,
  constraint event_pkey PRIMARY KEY (person_id, event_id),
  constraint one_event_per_position UNIQUE ("position"),
  constraint one_row_per_event UNIQUE (event_id),
  constraint event_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint event_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint event_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint event_position_check CHECK (("position" >= 1)),
  constraint event_type_check CHECK ((type = ANY (ARRAY['application-submitted'::text, 'application-correction-requested'::text, 'application-not-accepted'::text, 'application-accepted'::text, 'application-transferred'::text, 'application-approved'::text, 'application-refused'::text, 'application-withdrawn'::text, 'decision-confirmed'::text, 'decision-undone'::text, 'payment-paid'::text, 'payment-failed'::text, 'payment-returned'::text, 'recovery-opened'::text, 'recovery-confirmed'::text, 'recovery-dismissed'::text, 'recovery-repaid'::text, 'recovery-repaid-in-part'::text, 'recovery-reversed'::text, 'applicant-barred'::text, 'bar-lifted'::text, 'recovery-set-off'::text, 'recovery-set-off-reversed'::text, 'quarter-claimable'::text, 'term-ending'::text, 'appeal-opened'::text, 'appeal-decided'::text, 'appeal-withdrawn'::text])))
);
alter table event enable row level security;
CREATE INDEX event_by_agency ON public.event USING btree (agency_code, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX event_by_client ON public.event USING btree (client_id, "position") WHERE ("position" IS NOT NULL);
CREATE INDEX event_without_position ON public.event USING btree (written) WHERE ("position" IS NULL);
CREATE UNIQUE INDEX one_event_per_claimable_quarter ON public.event USING btree (person_id, ((content ->> 'quarter'::text))) WHERE (type = 'quarter-claimable'::text);
CREATE UNIQUE INDEX one_event_per_ending_term ON public.event USING btree (person_id) WHERE (type = 'term-ending'::text);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.event FOR EACH ROW EXECUTE FUNCTION refuse_change_of_event();
create policy adds on event for insert
  with check ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id) OR (EXISTS ( SELECT
   FROM case_transfer t
  WHERE ((t.person_id = event.person_id) AND (t.application_id = event.application_id) AND (t.to_street = event.street_code) AND of_agency(t.from_agency))))));
create policy changes on event for update
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
create policy reads on event for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
grant insert, select on event to subsidy_service;
grant update (position) on event to subsidy_service;

create table false_material (
  person_id uuid not null,
  report_id uuid not null,
  material_id uuid not null,
  constraint false_material_pkey PRIMARY KEY (person_id, report_id, material_id),
  constraint false_material_person_id_material_id_fkey FOREIGN KEY (person_id, material_id) REFERENCES material(person_id, material_id),
  constraint false_material_person_id_report_id_fkey FOREIGN KEY (person_id, report_id) REFERENCES false_material_report(person_id, report_id)
);
alter table false_material enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.false_material FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on false_material for insert
  with check ((in_city() OR is_current_person(person_id)));
create policy reads on false_material for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = false_material.person_id)))));
grant insert, select on false_material to subsidy_service;

create table false_material_report (
  person_id uuid not null,
  report_id uuid not null,
  bar_id uuid not null,
  application_id uuid not null,
  grounds text not null,
  reported_at timestamp with time zone not null,
  reported_by text not null,
  constraint false_material_report_pkey PRIMARY KEY (person_id, report_id),
  constraint false_material_report_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint false_material_report_person_id_bar_id_fkey FOREIGN KEY (person_id, bar_id) REFERENCES bar(person_id, bar_id)
);
alter table false_material_report enable row level security;
CREATE INDEX false_material_report_by_bar ON public.false_material_report USING btree (person_id, bar_id);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.false_material_report FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on false_material_report for insert
  with check ((in_city() OR is_current_person(person_id)));
create policy reads on false_material_report for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = false_material_report.person_id)))));
grant insert, select on false_material_report to subsidy_service;

create table figure (
  subject text not null,
  quarter text not null,
  agency_code text not null,
  street_code text not null,
  channel text not null,
  category text not null,
  outcome text not null,
  figures jsonb not null,
  constraint one_row_per_cell PRIMARY KEY (subject, quarter, agency_code, street_code, channel, category, outcome),
  constraint figure_subject_check CHECK ((subject = ANY (ARRAY['cases'::text, 'forecast'::text, 'chain'::text])))
);
alter table figure enable row level security;
create policy adds on figure for insert
  with check (in_city());
create policy changes on figure for update
  using (in_city());
create policy deletes on figure for delete
  using (in_city());
create policy reads on figure for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code)));
grant delete, insert, select on figure to subsidy_service;
grant update (figures) on figure to subsidy_service;

create table figure_count (
  subject text not null,
  counted_at timestamp with time zone not null,
  as_of timestamp with time zone not null,
  took_ms integer not null,
  is_quick boolean not null,
  constraint figure_count_pkey PRIMARY KEY (subject),
  constraint figure_count_check CHECK ((as_of >= counted_at))
);
grant insert, select on figure_count to subsidy_service;
grant update (as_of, counted_at, is_quick, took_ms) on figure_count to subsidy_service;

create table fund_receipt (
  receipt_id uuid not null,
  disbursement_id uuid not null,
  amount_fen bigint not null,
  is_last boolean not null default false,
  reference text not null,
  received_on date not null,
  recorded_at timestamp with time zone not null,
  recorded_by text not null,
  constraint fund_receipt_pkey PRIMARY KEY (receipt_id),
  constraint one_receipt_per_reference UNIQUE (disbursement_id, reference),
  constraint fund_receipt_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id),
  constraint fund_receipt_amount_fen_check CHECK ((amount_fen > 0))
);
alter table fund_receipt enable row level security;
create policy adds on fund_receipt for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = fund_receipt.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on fund_receipt for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE (d.disbursement_id = fund_receipt.disbursement_id)))));
grant insert, select on fund_receipt to subsidy_service;

create table fund_request (
  disbursement_id uuid not null,
  line_count integer not null,
  amount_fen bigint not null,
  requested_at timestamp with time zone not null,
  requested_by text not null,
  constraint fund_request_pkey PRIMARY KEY (disbursement_id),
  constraint fund_request_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id),
  constraint fund_request_amount_fen_check CHECK ((amount_fen > 0)),
  constraint fund_request_line_count_check CHECK ((line_count > 0))
);
alter table fund_request enable row level security;
create policy adds on fund_request for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = fund_request.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on fund_request for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE (d.disbursement_id = fund_request.disbursement_id)))));
grant insert, select on fund_request to subsidy_service;

create table fund_request_part (
  disbursement_id uuid not null,
  street_code text not null,
  quarter calendar_quarter not null,
  person_count integer not null,
  month_count integer not null,
  amount_fen bigint not null,
  constraint fund_request_part_pkey PRIMARY KEY (disbursement_id, street_code, quarter),
  constraint fund_request_part_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES fund_request(disbursement_id),
  constraint fund_request_part_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint fund_request_part_amount_fen_check CHECK ((amount_fen > 0)),
  constraint fund_request_part_check CHECK ((month_count >= person_count)),
  constraint fund_request_part_person_count_check CHECK ((person_count > 0))
);
alter table fund_request_part enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.fund_request_part FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on fund_request_part for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = fund_request_part.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on fund_request_part for select
  using ((in_city() OR of_street(street_code) OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = fund_request_part.disbursement_id) AND of_agency(d.agency_code))))));
grant insert, select on fund_request_part to subsidy_service;

create table fund_return (
  return_id uuid not null,
  disbursement_id uuid not null,
  amount_fen bigint not null,
  reference text not null,
  returned_on date not null,
  recorded_at timestamp with time zone not null,
  recorded_by text not null,
  constraint fund_return_pkey PRIMARY KEY (return_id),
  constraint one_fund_return_per_reference UNIQUE (disbursement_id, reference),
  constraint fund_return_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id),
  constraint fund_return_amount_fen_check CHECK ((amount_fen > 0))
);
alter table fund_return enable row level security;
create policy adds on fund_return for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = fund_return.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on fund_return for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE (d.disbursement_id = fund_return.disbursement_id)))));
grant insert, select on fund_return to subsidy_service;

create table idempotency_key (
  client_id text not null,
  key text not null,
  operation text not null,
  request_digest bytea not null,
  request_id text,
  status integer not null,
  headers jsonb not null,
  body_encrypted bytea storage e not null,
  answered_at timestamp with time zone not null,
  constraint idempotency_key_pkey PRIMARY KEY (client_id, key)
);
alter table idempotency_key enable row level security;
CREATE INDEX idempotency_key_by_age ON public.idempotency_key USING btree (answered_at);
create policy adds on idempotency_key for insert
  with check ((client_id = current_setting('subsidy.caller'::text, true)));
create policy reads on idempotency_key for select
  using ((client_id = current_setting('subsidy.caller'::text, true)));
grant insert, select on idempotency_key to subsidy_service;

create table identity_index (
  identity_hash bytea not null,
  person_id uuid not null,
  constraint identity_index_pkey PRIMARY KEY (identity_hash),
  constraint one_identity_per_person UNIQUE (person_id),
  constraint identity_index_identity_hash_check CHECK ((octet_length(identity_hash) = 32))
);
alter table identity_index enable row level security;
create policy adds on identity_index for insert
  with check (is_identified());
create policy reads on identity_index for select
  using (is_identified());
grant insert, select on identity_index to subsidy_service;

create table ledger_entry (
  entry_id bigint not null generated always as identity,
  entered_at timestamp with time zone not null,
  operation text not null,
  agency_code text not null,
  quarter calendar_quarter not null,
  disbursement_id uuid,
  person_id uuid,
  application_id uuid,
  line_id uuid,
  recovery_id uuid,
  from_account text not null,
  to_account text not null,
  amount_fen bigint not null,
  line_count integer,
  constraint ledger_entry_pkey PRIMARY KEY (entry_id),
  constraint ledger_entry_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint ledger_entry_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id),
  constraint ledger_entry_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint entry_moves_something CHECK ((from_account <> to_account)),
  constraint ledger_entry_amount_fen_check CHECK ((amount_fen > 0)),
  constraint ledger_entry_from_account_check CHECK ((from_account = ANY (ARRAY['entitled'::text, 'waiting'::text, 'in-payment'::text, 'paid'::text, 'recovered-before-payment'::text, 'finance'::text, 'unspent'::text, 'cash-in-payment'::text, 'cash-paid'::text, 'returned-to-finance'::text, 'debtor'::text, 'recoverable'::text, 'repaid'::text, 'set-off'::text, 'settled-by-set-off'::text]))),
  constraint ledger_entry_line_count_check CHECK ((line_count > 0)),
  constraint ledger_entry_to_account_check CHECK ((to_account = ANY (ARRAY['entitled'::text, 'waiting'::text, 'in-payment'::text, 'paid'::text, 'recovered-before-payment'::text, 'finance'::text, 'unspent'::text, 'cash-in-payment'::text, 'cash-paid'::text, 'returned-to-finance'::text, 'debtor'::text, 'recoverable'::text, 'repaid'::text, 'set-off'::text, 'settled-by-set-off'::text])))
);
alter table ledger_entry enable row level security;
CREATE INDEX ledger_entry_by_agency ON public.ledger_entry USING btree (agency_code, quarter);
CREATE INDEX ledger_entry_by_disbursement ON public.ledger_entry USING btree (disbursement_id) WHERE (disbursement_id IS NOT NULL);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.ledger_entry FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on ledger_entry for insert
  with check ((in_city() OR of_agency(agency_code)));
create policy reads on ledger_entry for select
  using ((in_city() OR of_agency(agency_code)));
grant insert, select on ledger_entry to subsidy_service;

create table look (
  look_id bigint not null generated always as identity,
  person_id uuid not null,
  at timestamp with time zone not null,
  operation text not null,
  actor text not null,
  client_id text not null,
  role text not null,
  agency_code text,
  facts text[] not null,
  purpose text not null,
  request_id text not null,
  source_address text not null,
  constraint look_pkey PRIMARY KEY (look_id),
  constraint look_person_id_request_id_key UNIQUE (person_id, request_id),
  constraint look_facts_check CHECK ((cardinality(facts) > 0))
);
alter table look enable row level security;
CREATE INDEX look_by_at ON public.look USING btree (at);
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.look FOR EACH ROW EXECUTE FUNCTION refuse_change_but_expiry();
create policy adds on look for insert
  with check ((current_setting('subsidy.actor'::text, true) = 'urn:subsidy|service'::text));
create policy reads on look for select
  using (((current_setting('subsidy.audit'::text, true) = 'read'::text) AND (in_city() OR of_agency(agency_code) OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = look.person_id))))));
grant select on look to subsidy_service;
grant insert (actor, agency_code, at, client_id, facts, operation, person_id, purpose, request_id, role, source_address) on look to subsidy_service;

create table material (
  person_id uuid not null,
  material_id uuid not null,
  application_id uuid not null,
  kind text not null,
  media_type text not null,
  byte_length integer not null,
  digest bytea not null,
  content_encrypted bytea not null,
  supersedes uuid,
  added_at timestamp with time zone not null,
  added_by text not null,
  constraint material_pkey PRIMARY KEY (person_id, material_id),
  constraint material_is_of_a_case_and_a_kind UNIQUE (person_id, application_id, material_id, kind),
  constraint superseded_once UNIQUE (person_id, supersedes),
  constraint material_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint supersedes_a_material FOREIGN KEY (person_id, supersedes) REFERENCES material(person_id, material_id),
  constraint material_byte_length_check CHECK (((byte_length >= 1) AND (byte_length <= 5242880))),
  constraint material_kind_check CHECK ((kind = ANY (ARRAY['identity-card'::text, 'household-booklet'::text, 'flexible-employment-proof'::text, 'contribution-proof'::text, 'power-of-attorney'::text, 'signed-undertaking'::text, 'set-off-consent'::text, 'death-certificate'::text, 'kinship-proof'::text, 'notarised-document'::text, 'appeal-paper'::text]))),
  constraint material_media_type_check CHECK ((media_type = ANY (ARRAY['image/jpeg'::text, 'image/png'::text, 'application/pdf'::text])))
);
alter table material enable row level security;
CREATE INDEX material_by_application ON public.material USING btree (person_id, application_id);
CREATE INDEX material_by_digest ON public.material USING btree (digest);
CREATE TRIGGER keep_material BEFORE UPDATE ON public.material FOR EACH ROW EXECUTE FUNCTION keep_material();
create policy adds on material for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = material.person_id) AND (a.application_id = material.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy changes on material for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = material.person_id) AND (a.application_id = material.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy deletes on material for delete
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = material.person_id) AND (a.application_id = material.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on material for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = material.person_id) AND (a.application_id = material.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant delete, insert, select on material to subsidy_service;
grant update (content_encrypted) on material to subsidy_service;

create table notice (
  person_id uuid not null,
  notice_id uuid not null,
  notice_number text not null,
  kind text not null,
  application_id uuid not null,
  agency_code text not null,
  street_code text not null,
  client_id text not null,
  verification_code text not null,
  content text not null,
  name_encrypted bytea not null,
  content_digest bytea not null,
  issued_at timestamp with time zone not null,
  issued_by text not null,
  tell_by date not null,
  told_at timestamp with time zone,
  told_with uuid,
  attempts integer not null default 0,
  version integer not null default 1,
  constraint notice_pkey PRIMARY KEY (person_id, notice_id),
  constraint one_notice_per_number UNIQUE (notice_number),
  constraint one_notice_per_verification_code UNIQUE (verification_code),
  constraint one_row_per_notice UNIQUE (notice_id),
  constraint notice_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint notice_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint notice_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint notice_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint told_with_a_notice_of_the_person FOREIGN KEY (person_id, told_with) REFERENCES notice(person_id, notice_id),
  constraint notice_attempts_check CHECK (((attempts >= 0) AND (attempts <= 20))),
  constraint notice_kind_check CHECK ((kind = ANY (ARRAY['correction'::text, 'acceptance'::text, 'non-acceptance'::text, 'transfer'::text, 'decision'::text, 'decision-undone'::text, 'recovery'::text, 'recovery-reversed'::text, 'bar'::text, 'bar-lifted'::text, 'payee-change'::text, 'appeal'::text, 'payment-failed'::text]))),
  constraint notice_version_check CHECK ((version >= 1)),
  constraint told_after_an_attempt CHECK (((told_at IS NULL) OR (attempts > 0))),
  constraint told_by_itself_or_with_a_later_one CHECK (((told_with IS NULL) OR ((told_at IS NULL) AND (kind = 'acceptance'::text))))
);
alter table notice enable row level security;
CREATE INDEX notice_by_agency ON public.notice USING btree (agency_code, notice_id);
CREATE INDEX notice_by_case ON public.notice USING btree (application_id, notice_id);
CREATE INDEX notice_by_client ON public.notice USING btree (client_id, notice_id);
CREATE INDEX notice_by_street ON public.notice USING btree (street_code, notice_id);
CREATE INDEX notice_not_told ON public.notice USING btree (agency_code, tell_by) INCLUDE (street_code, client_id) WHERE ((told_at IS NULL) AND (told_with IS NULL));
CREATE INDEX notice_not_told_in_agency ON public.notice USING btree (agency_code, notice_id) WHERE ((told_at IS NULL) AND (told_with IS NULL));
CREATE INDEX notice_not_told_in_street ON public.notice USING btree (street_code, notice_id) WHERE ((told_at IS NULL) AND (told_with IS NULL));
CREATE TRIGGER keep_notice BEFORE UPDATE ON public.notice FOR EACH ROW EXECUTE FUNCTION keep_notice();
create policy adds on notice for insert
  with check ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id) OR (EXISTS ( SELECT
   FROM case_transfer t
  WHERE ((t.person_id = notice.person_id) AND (t.application_id = notice.application_id) AND (t.to_street = notice.street_code) AND of_agency(t.from_agency))))));
create policy changes on notice for update
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
create policy reads on notice for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR of_client(client_id)));
grant insert, select on notice to subsidy_service;
grant update (attempts, tell_by, told_at, told_with, version) on notice to subsidy_service;

create table notice_delivery (
  person_id uuid not null,
  notice_id uuid not null,
  attempt integer not null,
  method text not null,
  outcome text not null,
  attempted_at timestamp with time zone not null,
  recorded_at timestamp with time zone not null,
  recorded_by text not null,
  constraint notice_delivery_pkey PRIMARY KEY (person_id, notice_id, attempt),
  constraint notice_delivery_person_id_notice_id_fkey FOREIGN KEY (person_id, notice_id) REFERENCES notice(person_id, notice_id),
  constraint notice_delivery_attempt_check CHECK (((attempt >= 1) AND (attempt <= 20))),
  constraint notice_delivery_method_check CHECK ((method = ANY (ARRAY['phone'::text, 'in-person'::text, 'message'::text, 'shown-online'::text]))),
  constraint notice_delivery_outcome_check CHECK ((outcome = ANY (ARRAY['told'::text, 'no-answer'::text, 'number-wrong'::text, 'moved-away'::text]))),
  constraint shown_online_is_told CHECK (((method <> 'shown-online'::text) OR (outcome = 'told'::text)))
);
alter table notice_delivery enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.notice_delivery FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on notice_delivery for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM notice n
  WHERE ((n.person_id = notice_delivery.person_id) AND (n.notice_id = notice_delivery.notice_id))))));
create policy reads on notice_delivery for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM notice n
  WHERE ((n.person_id = notice_delivery.person_id) AND (n.notice_id = notice_delivery.notice_id))))));
grant insert, select on notice_delivery to subsidy_service;

create table officer_name (
  account text not null,
  since timestamp with time zone not null,
  name text,
  constraint officer_name_pkey PRIMARY KEY (account, since)
);
alter table officer_name enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.officer_name FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on officer_name for insert
  with check (((current_setting('subsidy.actor'::text, true) = account) OR (current_setting('subsidy.actor'::text, true) = 'urn:subsidy|service'::text)));
create policy reads on officer_name for select
  using ((is_identified() AND (COALESCE(current_setting('subsidy.client'::text, true), ''::text) = ''::text)));
grant insert, select on officer_name to subsidy_service;

create table payee_change (
  person_id uuid not null,
  payee_change_id uuid not null,
  application_id uuid not null,
  kind text not null,
  line_id uuid,
  state text not null,
  bank text,
  account_encrypted bytea,
  account_masked text,
  account_index bytea,
  name_encrypted bytea,
  former_name_hash bytea,
  material_id uuid,
  heir_person_id uuid,
  heir_masked text,
  relation text,
  death_certificate_id uuid,
  death_certificate_kind text not null generated always as ('death-certificate'::text) stored,
  reason text not null,
  proposed_at timestamp with time zone not null,
  proposed_by text not null,
  answered_at timestamp with time zone,
  answered_by text,
  constraint payee_change_pkey PRIMARY KEY (person_id, payee_change_id),
  constraint one_row_per_correction UNIQUE (payee_change_id),
  constraint heir_is_shown_by_a_death_certificate FOREIGN KEY (person_id, application_id, death_certificate_id, death_certificate_kind) REFERENCES material(person_id, application_id, material_id, kind),
  constraint name_is_shown_by_a_material FOREIGN KEY (person_id, material_id) REFERENCES material(person_id, material_id),
  constraint payee_change_heir_person_id_fkey FOREIGN KEY (heir_person_id) REFERENCES person(person_id),
  constraint payee_change_is_of_a_case FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint payee_change_person_id_line_id_fkey FOREIGN KEY (person_id, line_id) REFERENCES payment_line(person_id, line_id),
  constraint corrected_account_is_masked CHECK ((account_masked ~ '^\d?\*+\d?$'::text)),
  constraint correction_answered CHECK (((state = 'proposed'::text) = (answered_by IS NULL))),
  constraint heir_is_another_person CHECK ((heir_person_id <> person_id)),
  constraint heir_is_masked CHECK ((heir_masked ~ '^\d\*{16}[0-9X]$'::text)),
  constraint heir_is_whole CHECK ((num_nonnulls(heir_person_id, heir_masked, relation, death_certificate_id) =
CASE kind
    WHEN 'heir'::text THEN 4
    ELSE 0
END)),
  constraint payee_change_account_index_check CHECK ((octet_length(account_index) = 32)),
  constraint payee_change_former_name_hash_check CHECK ((octet_length(former_name_hash) = 32)),
  constraint payee_change_is_whole CHECK (
CASE kind
    WHEN 'account'::text THEN ((num_nonnulls(bank, account_encrypted, account_masked) = 3) AND (num_nonnulls(name_encrypted, former_name_hash, material_id) = 0))
    WHEN 'name'::text THEN ((num_nonnulls(name_encrypted, former_name_hash, material_id) = 3) AND (num_nonnulls(line_id, bank, account_encrypted, account_masked, account_index) = 0))
    WHEN 'heir'::text THEN ((num_nonnulls(bank, account_encrypted, account_masked, name_encrypted, material_id) = 5) AND (num_nonnulls(line_id, account_index, former_name_hash) = 0))
    ELSE (num_nonnulls(line_id, bank, account_encrypted, account_masked, account_index, name_encrypted, former_name_hash, material_id) = 0)
END),
  constraint payee_change_kind_check CHECK ((kind = ANY (ARRAY['account'::text, 'name'::text, 'heir'::text, 'nobody'::text]))),
  constraint payee_change_relation_check CHECK ((relation = ANY (ARRAY['spouse'::text, 'child'::text, 'parent'::text, 'sibling'::text, 'grandparent'::text, 'grandchild'::text, 'legatee'::text, 'other'::text]))),
  constraint payee_change_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'confirmed'::text, 'rejected'::text]))),
  constraint two_officers_per_payee_change CHECK (((state <> 'confirmed'::text) OR (answered_by <> proposed_by)))
);
alter table payee_change enable row level security;
CREATE UNIQUE INDEX one_open_payee_change_per_case ON public.payee_change USING btree (application_id, kind) WHERE ((state = 'proposed'::text) AND (line_id IS NULL));
CREATE UNIQUE INDEX one_payee_change_per_line ON public.payee_change USING btree (line_id) WHERE (state = ANY (ARRAY['proposed'::text, 'confirmed'::text]));
CREATE INDEX payee_change_by_account ON public.payee_change USING btree (account_index, person_id) INCLUDE (application_id) WHERE ((account_index IS NOT NULL) AND (state <> 'rejected'::text));
CREATE INDEX payee_change_by_case ON public.payee_change USING btree (person_id, application_id, payee_change_id DESC);
CREATE INDEX payee_change_by_heir ON public.payee_change USING btree (heir_person_id) WHERE (heir_person_id IS NOT NULL);
CREATE INDEX payee_change_not_answered ON public.payee_change USING btree (payee_change_id) WHERE (state = 'proposed'::text);
CREATE TRIGGER mark_shared_numbers AFTER INSERT ON public.payee_change FOR EACH ROW WHEN ((new.state <> 'rejected'::text)) EXECUTE FUNCTION mark_shared_numbers();
create policy adds on payee_change for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = payee_change.person_id) AND (a.application_id = payee_change.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy changes on payee_change for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = payee_change.person_id) AND (a.application_id = payee_change.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on payee_change for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = payee_change.person_id) AND (a.application_id = payee_change.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on payee_change to subsidy_service;
grant update (answered_at, answered_by, state) on payee_change to subsidy_service;

create table payment_file (
  batch_number text not null,
  disbursement_id uuid not null,
  line_count integer not null,
  amount_fen bigint not null,
  format text not null,
  content_digest bytea not null,
  made_at timestamp with time zone not null,
  made_by text not null,
  is_withdrawn boolean not null default false,
  withdrawn_at timestamp with time zone,
  constraint payment_file_pkey PRIMARY KEY (batch_number),
  constraint one_row_per_file_and_disbursement UNIQUE (disbursement_id, batch_number),
  constraint one_row_per_file_and_withdrawal UNIQUE (batch_number, is_withdrawn),
  constraint payment_file_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id),
  constraint payment_file_amount_fen_check CHECK ((amount_fen > 0)),
  constraint payment_file_line_count_check CHECK ((line_count > 0)),
  constraint withdrawn_file_has_time CHECK ((is_withdrawn = (withdrawn_at IS NOT NULL)))
);
alter table payment_file enable row level security;
create policy adds on payment_file for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = payment_file.disbursement_id) AND of_agency(d.agency_code))))));
create policy changes on payment_file for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = payment_file.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on payment_file for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE (d.disbursement_id = payment_file.disbursement_id)))));
grant insert, select on payment_file to subsidy_service;
grant update (is_withdrawn, made_at, withdrawn_at) on payment_file to subsidy_service;

create table payment_file_download (
  download_id uuid not null,
  batch_number text not null,
  is_of_withdrawn boolean not null default false,
  downloaded_at timestamp with time zone not null,
  downloaded_by text not null,
  reason text,
  constraint payment_file_download_pkey PRIMARY KEY (download_id),
  constraint fetched_files_are_not_withdrawn FOREIGN KEY (batch_number, is_of_withdrawn) REFERENCES payment_file(batch_number, is_withdrawn),
  constraint payment_file_download_batch_number_fkey FOREIGN KEY (batch_number) REFERENCES payment_file(batch_number),
  constraint payment_file_download_is_of_withdrawn_check CHECK ((NOT is_of_withdrawn))
);
alter table payment_file_download enable row level security;
CREATE UNIQUE INDEX one_download_without_reason ON public.payment_file_download USING btree (batch_number) WHERE (reason IS NULL);
create policy adds on payment_file_download for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM payment_file f
  WHERE (f.batch_number = payment_file_download.batch_number)))));
create policy reads on payment_file_download for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM payment_file f
  WHERE (f.batch_number = payment_file_download.batch_number)))));
grant insert, select on payment_file_download to subsidy_service;

create table payment_line (
  person_id uuid not null,
  line_id uuid not null,
  disbursement_id uuid not null,
  street_code text not null,
  application_id uuid not null,
  state text not null,
  amount_fen bigint not null,
  failure text,
  settled_at timestamp with time zone,
  hold_reason text,
  release_cause text,
  batch_number text,
  replaces_line_id uuid,
  account_change_id uuid,
  name_change_id uuid,
  constraint payment_line_pkey PRIMARY KEY (person_id, line_id),
  constraint one_row_per_line UNIQUE (line_id),
  constraint line_is_in_a_batch_of_its_disbursement FOREIGN KEY (disbursement_id, batch_number) REFERENCES payment_file(disbursement_id, batch_number),
  constraint line_is_of_a_case FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint line_is_of_a_roster FOREIGN KEY (disbursement_id, street_code) REFERENCES roster(disbursement_id, street_code),
  constraint line_replaced_in_one_person FOREIGN KEY (person_id, replaces_line_id) REFERENCES payment_line(person_id, line_id),
  constraint payment_line_account_change_id_fkey FOREIGN KEY (account_change_id) REFERENCES payee_change(payee_change_id),
  constraint payment_line_name_change_id_fkey FOREIGN KEY (name_change_id) REFERENCES payee_change(payee_change_id),
  constraint failed_line_has_failure CHECK (((failure IS NOT NULL) = (state = 'failed'::text))),
  constraint held_line_has_reason CHECK (((state <> 'held'::text) OR (hold_reason IS NOT NULL))),
  constraint line_at_the_bank_has_batch CHECK (((state = ANY (ARRAY['waiting'::text, 'held'::text, 'released'::text])) = (batch_number IS NULL))),
  constraint payment_line_failure_check CHECK ((failure = ANY (ARRAY['name-mismatch'::text, 'no-account'::text, 'account-closed'::text, 'account-abnormal'::text, 'not-activated'::text, 'amount-invalid'::text, 'duplicate'::text, 'other'::text]))),
  constraint payment_line_release_cause_check CHECK ((release_cause = ANY (ARRAY['cancelled'::text, 'not-funded'::text, 'hold-released'::text, 'recovered'::text, 'closed'::text]))),
  constraint payment_line_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'held'::text, 'released'::text, 'in-payment'::text, 'paid'::text, 'failed'::text, 'unknown'::text, 'returned'::text]))),
  constraint released_line_has_cause CHECK (((release_cause IS NOT NULL) = (state = 'released'::text))),
  constraint settled_line_has_time CHECK (((settled_at IS NOT NULL) = (state = ANY (ARRAY['paid'::text, 'failed'::text, 'returned'::text])))),
  constraint zero_is_never_paid_out CHECK ((amount_fen > 0))
) with (fillfactor=50);
alter table payment_line enable row level security;
CREATE UNIQUE INDEX one_live_replacement_per_line ON public.payment_line USING btree (replaces_line_id) WHERE (release_cause IS NULL);
CREATE INDEX payment_line_by_case ON public.payment_line USING btree (application_id);
CREATE INDEX payment_line_by_disbursement ON public.payment_line USING btree (disbursement_id, street_code, line_id);
CREATE TRIGGER keep_payee BEFORE UPDATE OF account_change_id, name_change_id ON public.payment_line FOR EACH ROW WHEN ((((old.account_change_id IS DISTINCT FROM new.account_change_id) OR (old.name_change_id IS DISTINCT FROM new.name_change_id)) AND ((old.state <> ALL (ARRAY['waiting'::text, 'held'::text])) OR (new.state <> ALL (ARRAY['waiting'::text, 'held'::text]))))) EXECUTE FUNCTION keep_payee();
CREATE TRIGGER pay_heirs_alone_after_death AFTER UPDATE ON public.payment_line REFERENCING NEW TABLE AS sent FOR EACH STATEMENT EXECUTE FUNCTION pay_heirs_alone_after_death();
create policy adds on payment_line for insert
  with check ((in_city() OR of_street(street_code) OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = payment_line.disbursement_id) AND of_agency(d.agency_code))))));
create policy changes on payment_line for update
  using ((in_city() OR of_street(street_code) OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = payment_line.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on payment_line for select
  using ((in_city() OR of_street(street_code) OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = payment_line.disbursement_id) AND of_agency(d.agency_code))))));
grant insert, select on payment_line to subsidy_service;
grant update (account_change_id, batch_number, failure, hold_reason, name_change_id, release_cause, settled_at, state) on payment_line to subsidy_service;

create table payment_line_month (
  person_id uuid not null,
  line_id uuid not null,
  month calendar_month not null,
  application_id uuid not null,
  amount_fen bigint not null,
  live boolean not null default true,
  set_off_id uuid,
  paying_line_id uuid generated always as (
CASE
    WHEN (set_off_id IS NULL) THEN line_id
    ELSE NULL::uuid
END) stored,
  constraint payment_line_month_pkey PRIMARY KEY (person_id, line_id, month),
  constraint paid_month_is_of_a_case FOREIGN KEY (person_id, month, application_id) REFERENCES subsidy_month(person_id, month, application_id),
  constraint paid_month_is_of_a_line FOREIGN KEY (person_id, paying_line_id) REFERENCES payment_line(person_id, line_id),
  constraint set_off_month_is_of_a_set_off FOREIGN KEY (person_id, set_off_id) REFERENCES set_off(person_id, set_off_id),
  constraint payment_line_month_amount_fen_check CHECK ((amount_fen > 0)),
  constraint set_off_stands_for_the_line CHECK ((set_off_id = line_id))
);
alter table payment_line_month enable row level security;
CREATE UNIQUE INDEX one_live_line_per_month ON public.payment_line_month USING btree (person_id, month) WHERE live;
create policy adds on payment_line_month for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = payment_line_month.person_id) AND (a.application_id = payment_line_month.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code))))) OR (EXISTS ( SELECT
   FROM payment_line l
  WHERE ((l.person_id = payment_line_month.person_id) AND (l.line_id = payment_line_month.line_id) AND of_street(l.street_code))))));
create policy changes on payment_line_month for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = payment_line_month.person_id) AND (a.application_id = payment_line_month.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code))))) OR (EXISTS ( SELECT
   FROM payment_line l
  WHERE ((l.person_id = payment_line_month.person_id) AND (l.line_id = payment_line_month.line_id) AND of_street(l.street_code))))));
create policy reads on payment_line_month for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = payment_line_month.person_id) AND (a.application_id = payment_line_month.application_id)))) OR (EXISTS ( SELECT
   FROM payment_line l
  WHERE ((l.person_id = payment_line_month.person_id) AND (l.line_id = payment_line_month.line_id))))));
grant insert, select on payment_line_month to subsidy_service;
grant update (live) on payment_line_month to subsidy_service;

create table payment_return (
  person_id uuid not null,
  line_id uuid not null,
  returned_on date not null,
  reference text not null,
  reason text not null,
  recorded_at timestamp with time zone not null,
  recorded_by text not null,
  constraint payment_return_pkey PRIMARY KEY (person_id, line_id),
  constraint one_return_per_line UNIQUE (line_id),
  constraint payment_return_person_id_line_id_fkey FOREIGN KEY (person_id, line_id) REFERENCES payment_line(person_id, line_id)
);
alter table payment_return enable row level security;
create policy adds on payment_return for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM payment_line l
  WHERE ((l.person_id = payment_return.person_id) AND (l.line_id = payment_return.line_id) AND (of_street(l.street_code) OR (EXISTS ( SELECT
           FROM disbursement d
          WHERE ((d.disbursement_id = l.disbursement_id) AND of_agency(d.agency_code))))))))));
create policy reads on payment_return for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM payment_line l
  WHERE ((l.person_id = payment_return.person_id) AND (l.line_id = payment_return.line_id) AND (of_street(l.street_code) OR (EXISTS ( SELECT
           FROM disbursement d
          WHERE ((d.disbursement_id = l.disbursement_id) AND of_agency(d.agency_code))))))))));
grant insert, select on payment_return to subsidy_service;

create table person (
  person_id uuid not null,
  identity_encrypted bytea not null,
  identity_masked text not null,
  sex text not null,
  born_month calendar_month not null,
  residence_permit boolean not null,
  created_at timestamp with time zone not null,
  constraint person_pkey PRIMARY KEY (person_id),
  constraint identity_is_masked CHECK ((identity_masked ~ '^\d\*{16}[0-9X]$'::text)),
  constraint person_sex_check CHECK ((sex = ANY (ARRAY['M'::text, 'F'::text])))
);
alter table person enable row level security;
CREATE TRIGGER kept BEFORE DELETE OR UPDATE OF person_id ON public.person FOR EACH ROW EXECUTE FUNCTION refuse_deletion();
create policy adds on person for insert
  with check ((in_city() OR is_current_person(person_id) OR is_identified() OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = person.person_id)))));
create policy changes on person for update
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = person.person_id)))));
create policy reads on person for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = person.person_id)))));
grant insert, select on person to subsidy_service;
grant update (identity_encrypted) on person to subsidy_service;

create table person_name (
  person_id uuid not null,
  source text not null,
  name_hash bytea not null,
  name_encrypted bytea not null,
  learnt_at timestamp with time zone not null,
  constraint person_name_pkey PRIMARY KEY (person_id, source, name_hash),
  constraint person_name_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id)
);
alter table person_name enable row level security;
CREATE INDEX person_name_by_name ON public.person_name USING btree (name_hash, person_id);
CREATE TRIGGER mark_two_names AFTER INSERT ON public.person_name REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION mark_two_names();
create policy adds on person_name for insert
  with check ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = person_name.person_id)))));
create policy changes on person_name for update
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = person_name.person_id)))));
create policy reads on person_name for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = person_name.person_id) AND (a.state <> 'withdrawn'::text))))));
grant insert, select on person_name to subsidy_service;
grant update (name_encrypted) on person_name to subsidy_service;

create table person_of_two_names (
  person_id uuid not null,
  constraint person_of_two_names_pkey PRIMARY KEY (person_id),
  constraint person_of_two_names_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id)
);
alter table person_of_two_names enable row level security;
create policy reads on person_of_two_names for select
  using ((in_city() OR is_current_person(person_id)));
grant select on person_of_two_names to subsidy_service;

create table policy_proposal (
  proposal_id uuid not null,
  from_day date not null,
  changed_values jsonb not null,
  state text not null,
  proposed_at timestamp with time zone not null,
  proposed_by text not null,
  rehearsed_at timestamp with time zone,
  rehearsal jsonb,
  answered_at timestamp with time zone,
  answered_by text,
  rejection text,
  constraint policy_proposal_pkey PRIMARY KEY (proposal_id),
  constraint policy_proposal_proposal_id_state_from_day_key UNIQUE (proposal_id, state, from_day),
  constraint policy_is_adopted_for_later CHECK (((state <> 'adopted'::text) OR (from_day > ((answered_at AT TIME ZONE 'Asia/Shanghai'::text))::date))),
  constraint policy_proposal_state_check CHECK ((state = ANY (ARRAY['proposed'::text, 'adopted'::text, 'rejected'::text]))),
  constraint proposal_answered CHECK ((((state = 'proposed'::text) = (answered_by IS NULL)) AND ((answered_by IS NULL) = (answered_at IS NULL)) AND ((state = 'rejected'::text) = (rejection IS NOT NULL)))),
  constraint proposal_rehearsed CHECK ((((rehearsed_at IS NULL) = (rehearsal IS NULL)) AND ((state <> 'adopted'::text) OR (rehearsal IS NOT NULL)))),
  constraint two_administrators_per_policy CHECK (((state <> 'adopted'::text) OR (answered_by <> proposed_by)))
);
grant insert, select on policy_proposal to subsidy_service;
grant update (answered_at, answered_by, rehearsal, rehearsed_at, rejection, state) on policy_proposal to subsidy_service;

create table policy_version (
  version text not null,
  statutory_age text not null,
  from_day date not null,
  follows_day date,
  proposal_id uuid,
  adopted text generated always as (
CASE
    WHEN (proposal_id IS NOT NULL) THEN 'adopted'::text
    ELSE NULL::text
END) stored,
  content text not null,
  content_digest bytea not null,
  published_at timestamp with time zone not null default now(),
  constraint policy_version_pkey PRIMARY KEY (version),
  constraint one_policy_follows_another UNIQUE NULLS NOT DISTINCT (statutory_age, follows_day),
  constraint policy_version_statutory_age_from_day_key UNIQUE (statutory_age, from_day),
  constraint policy_version_statutory_age_follows_day_fkey FOREIGN KEY (statutory_age, follows_day) REFERENCES policy_version(statutory_age, from_day),
  constraint policy_was_adopted FOREIGN KEY (proposal_id, adopted, from_day) REFERENCES policy_proposal(proposal_id, state, from_day),
  constraint policy_follows_in_time CHECK ((from_day > follows_day)),
  constraint policy_version_content_digest_check CHECK ((octet_length(content_digest) = 32)),
  constraint policy_version_statutory_age_check CHECK ((statutory_age = ANY (ARRAY['national'::text, 'document'::text])))
);
alter table policy_version enable row level security;
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.policy_version FOR EACH ROW EXECUTE FUNCTION refuse_change();
create policy adds on policy_version for insert
  with check ((proposal_id IS NOT NULL));
create policy reads on policy_version for select
  using (is_identified());
grant insert, select on policy_version to subsidy_service;

create table quality_review (
  person_id uuid not null,
  decision_id uuid not null,
  application_id uuid not null,
  agency_code text not null,
  outcome text not null,
  seed text not null,
  draw integer not null,
  share integer not null,
  state text not null,
  decided_by text not null,
  reviewed_by text,
  reviewed_at timestamp with time zone,
  constraint quality_review_pkey PRIMARY KEY (person_id, decision_id),
  constraint quality_review_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint quality_review_person_id_decision_id_decided_by_fkey FOREIGN KEY (person_id, decision_id, decided_by) REFERENCES decision(person_id, decision_id, officer),
  constraint drawn_below_its_share CHECK (((draw < share) = (state <> 'not-drawn'::text))),
  constraint quality_review_draw_check CHECK (((draw >= 0) AND (draw <= 9999))),
  constraint quality_review_outcome_check CHECK ((outcome = ANY (ARRAY['approved'::text, 'refused'::text]))),
  constraint quality_review_share_check CHECK (((share >= 0) AND (share <= 10000))),
  constraint quality_review_state_check CHECK ((state = ANY (ARRAY['not-drawn'::text, 'waiting'::text, 'confirmed'::text, 'sent-back'::text, 'lapsed'::text]))),
  constraint reviewed_by_another_officer CHECK ((reviewed_by <> decided_by)),
  constraint reviewed_by_somebody CHECK ((((state = ANY (ARRAY['confirmed'::text, 'sent-back'::text])) = (reviewed_by IS NOT NULL)) AND ((reviewed_by IS NULL) = (reviewed_at IS NULL))))
);
alter table quality_review enable row level security;
CREATE INDEX quality_review_by_agency ON public.quality_review USING btree (agency_code, decision_id) WHERE (state <> 'not-drawn'::text);
CREATE INDEX quality_review_waiting ON public.quality_review USING btree (person_id, application_id) WHERE (state = 'waiting'::text);
create policy adds on quality_review for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = quality_review.person_id) AND (a.application_id = quality_review.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy changes on quality_review for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = quality_review.person_id) AND (a.application_id = quality_review.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on quality_review for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = quality_review.person_id) AND (a.application_id = quality_review.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant insert, select on quality_review to subsidy_service;
grant update (reviewed_at, reviewed_by, state) on quality_review to subsidy_service;

create table question (
  question_id uuid not null,
  asked_at timestamp with time zone not null,
  operation text not null,
  client_id text not null,
  actor text not null,
  role text not null,
  agency_code text,
  identity_hash bytea not null,
  person_id uuid,
  name_encrypted bytea,
  ground text not null,
  authentication_method text,
  authenticated_at timestamp with time zone,
  session_encrypted bytea,
  consent_version text,
  consented_at timestamp with time zone,
  purpose text,
  purpose_text text,
  constraint question_pkey PRIMARY KEY (question_id),
  constraint question_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint consent_has_its_statements CHECK ((num_nonnulls(authentication_method, authenticated_at, session_encrypted, consent_version, consented_at) =
CASE ground
    WHEN 'consent'::text THEN 5
    ELSE 0
END)),
  constraint only_scope_asks_without_name CHECK (((ground = 'scope'::text) OR (name_encrypted IS NOT NULL))),
  constraint platforms_ask_with_consent CHECK (((role = 'platform'::text) = (ground = 'consent'::text))),
  constraint purpose_is_told CHECK ((num_nonnulls(purpose, purpose_text) =
CASE ground
    WHEN 'purpose'::text THEN 2
    ELSE 0
END)),
  constraint question_ground_check CHECK ((ground = ANY (ARRAY['consent'::text, 'scope'::text, 'purpose'::text]))),
  constraint question_identity_hash_check CHECK ((octet_length(identity_hash) = 32)),
  constraint question_operation_check CHECK ((operation = ANY (ARRAY['checkEligibility'::text, 'lookUpPerson'::text, 'followApplication'::text, 'askAccessReport'::text])))
);
alter table question enable row level security;
CREATE INDEX question_by_person ON public.question USING btree (person_id, asked_at) WHERE (person_id IS NOT NULL);
CREATE INDEX question_by_time ON public.question USING btree (asked_at);
create policy adds on question for insert
  with check ((actor = current_setting('subsidy.actor'::text, true)));
create policy reads on question for select
  using ((in_city() OR of_client(client_id) OR (actor = current_setting('subsidy.actor'::text, true))));
grant insert, select on question to subsidy_service;

create table record (
  person_id uuid not null,
  record_id uuid not null,
  kind text not null,
  source text not null,
  source_key text not null,
  version bigint not null,
  from_day date not null,
  to_day date,
  details jsonb not null,
  removed boolean not null,
  content_digest bytea not null,
  delivery_id uuid,
  learnt_at timestamp with time zone not null,
  constraint record_pkey PRIMARY KEY (person_id, record_id),
  constraint one_row_per_record_version UNIQUE (person_id, source, kind, source_key, version),
  constraint record_ends_after_it_starts CHECK ((to_day >= from_day)),
  constraint record_kind_check CHECK ((kind = ANY (ARRAY['household'::text, 'unemployment-registration'::text, 'hardship-recognition'::text, 'flexible-employment'::text, 'contribution'::text, 'contribution-refund'::text, 'unemployment-benefit'::text, 'skills-training'::text, 'public-post'::text, 'imprisonment'::text, 'public-payroll'::text, 'employer-insurance'::text, 'pension'::text, 'retirement-category'::text, 'dishonesty'::text, 'death'::text, 'prior-benefit'::text]))),
  constraint record_version_check CHECK ((version >= 1))
);
alter table record enable row level security;
CREATE INDEX death_record_by_person ON public.record USING btree (person_id, source, source_key, version DESC) WHERE (kind = 'death'::text);
CREATE INDEX record_by_source_key ON public.record USING btree (source, kind, source_key);
CREATE INDEX record_by_time ON public.record USING brin (learnt_at);
CREATE INDEX record_for_counting ON public.record USING btree (kind, person_id, source, source_key, version DESC) WHERE (kind = ANY (ARRAY['hardship-recognition'::text, 'retirement-category'::text, 'pension'::text, 'death'::text]));
CREATE TRIGGER append_only BEFORE DELETE OR UPDATE ON public.record FOR EACH ROW EXECUTE FUNCTION refuse_change();
CREATE TRIGGER refuse_records_of_nobody AFTER INSERT ON public.record REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION refuse_records_of_nobody();
CREATE TRIGGER restate_households AFTER INSERT ON public.record REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION restate_households();
create policy adds on record for insert
  with check ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = record.person_id)))));
create policy reads on record for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = record.person_id) AND (a.state <> 'withdrawn'::text))))));
grant insert, select on record to subsidy_service;

create table record_delivery (
  delivery_id uuid not null,
  client_id text not null,
  source text not null,
  state text not null,
  stream_key text,
  rows_digest bytea,
  file_digest bytea,
  received_at timestamp with time zone not null,
  taken_at timestamp with time zone,
  rows_received integer not null,
  rows_new integer not null,
  rows_superseding integer not null,
  rows_unchanged integer not null,
  rows_outdated integer not null,
  rows_refused integer not null,
  people_to_reassess integer not null,
  constraint record_delivery_pkey PRIMARY KEY (delivery_id),
  constraint one_delivery_per_stream_key UNIQUE (client_id, stream_key),
  constraint every_row_is_accounted_for CHECK ((rows_received = ((((rows_new + rows_superseding) + rows_unchanged) + rows_outdated) + rows_refused))),
  constraint record_delivery_file_digest_check CHECK ((octet_length(file_digest) = 32)),
  constraint record_delivery_people_to_reassess_check CHECK ((people_to_reassess >= 0)),
  constraint record_delivery_rows_digest_check CHECK ((octet_length(rows_digest) = 32)),
  constraint record_delivery_rows_new_check CHECK ((rows_new >= 0)),
  constraint record_delivery_rows_outdated_check CHECK ((rows_outdated >= 0)),
  constraint record_delivery_rows_received_check CHECK ((rows_received >= 0)),
  constraint record_delivery_rows_refused_check CHECK ((rows_refused >= 0)),
  constraint record_delivery_rows_superseding_check CHECK ((rows_superseding >= 0)),
  constraint record_delivery_rows_unchanged_check CHECK ((rows_unchanged >= 0)),
  constraint record_delivery_state_check CHECK ((state = ANY (ARRAY['open'::text, 'complete'::text])))
);
alter table record_delivery enable row level security;
CREATE TRIGGER kept BEFORE DELETE OR UPDATE OF delivery_id ON public.record_delivery FOR EACH ROW EXECUTE FUNCTION refuse_deletion();
create policy adds on record_delivery for insert
  with check ((in_city() OR of_client(client_id)));
create policy changes on record_delivery for update
  using ((in_city() OR of_client(client_id)));
create policy reads on record_delivery for select
  using ((in_city() OR of_client(client_id) OR ((file_digest IS NOT NULL) AND is_identified())));
grant insert, select on record_delivery to subsidy_service;
grant update (people_to_reassess, rows_digest, rows_new, rows_outdated, rows_received, rows_refused, rows_superseding, rows_unchanged, state, taken_at) on record_delivery to subsidy_service;

create table record_delivery_refusal (
  delivery_id uuid not null,
  row_number integer not null,
  source_key text,
  errors jsonb not null,
  constraint record_delivery_refusal_pkey PRIMARY KEY (delivery_id, row_number),
  constraint record_delivery_refusal_delivery_id_fkey FOREIGN KEY (delivery_id) REFERENCES record_delivery(delivery_id),
  constraint record_delivery_refusal_row_number_check CHECK ((row_number >= 1))
);
alter table record_delivery_refusal enable row level security;
create policy adds on record_delivery_refusal for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM record_delivery d
  WHERE (d.delivery_id = record_delivery_refusal.delivery_id)))));
create policy reads on record_delivery_refusal for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM record_delivery d
  WHERE (d.delivery_id = record_delivery_refusal.delivery_id)))));
grant insert, select on record_delivery_refusal to subsidy_service;

create table recovery (
  person_id uuid not null,
  recovery_id uuid not null,
  application_id uuid not null,
  month calendar_month not null,
  agency_code text not null,
  street_code text not null,
  state text not null,
  version integer not null,
  cause text not null,
  findings jsonb not null,
  findings_digest bytea not null,
  grounds text,
  bar_id uuid,
  reason text,
  amount_fen bigint not null,
  repaid_fen bigint not null default 0,
  set_off_fen bigint not null default 0,
  was_paid boolean,
  owes boolean generated always as (
CASE
    WHEN ((state = 'confirmed'::text) AND was_paid) THEN true
    ELSE NULL::boolean
END) stored,
  owed_fen bigint not null generated always as (
CASE
    WHEN ((state = 'confirmed'::text) AND was_paid) THEN ((amount_fen - repaid_fen) - set_off_fen)
    ELSE (0)::bigint
END) stored,
  refunded_fen bigint not null default 0,
  refund_reference text,
  refunded_on date,
  opened_at timestamp with time zone not null,
  opened_by text,
  confirmed_by text,
  is_reversed boolean generated always as (
CASE
    WHEN (state = 'reversed'::text) THEN true
    ELSE NULL::boolean
END) stored,
  heard_on date,
  heard_how text,
  closed_at timestamp with time zone,
  constraint recovery_pkey PRIMARY KEY (person_id, recovery_id),
  constraint one_recovery_per_contradiction UNIQUE (person_id, month, application_id, findings_digest),
  constraint one_row_per_recovery UNIQUE (recovery_id),
  constraint one_row_per_recovery_and_reversal UNIQUE (person_id, recovery_id, is_reversed),
  constraint recovery_is_confirmed_by_an_officer UNIQUE (person_id, recovery_id, confirmed_by),
  constraint owed_month_says_so FOREIGN KEY (person_id, month, application_id, owes) REFERENCES subsidy_month(person_id, month, application_id, still_owed),
  constraint recovery_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint recovery_is_of_a_bar FOREIGN KEY (person_id, bar_id) REFERENCES bar(person_id, bar_id),
  constraint recovery_person_id_month_application_id_fkey FOREIGN KEY (person_id, month, application_id) REFERENCES subsidy_month(person_id, month, application_id),
  constraint recovery_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint bars_come_of_false_material CHECK (((bar_id IS NULL) OR (cause = 'false-material'::text))),
  constraint confirmed_after_hearing CHECK (((state <> ALL (ARRAY['confirmed'::text, 'repaid'::text, 'reversed'::text])) OR (num_nonnulls(heard_on, confirmed_by) = 2))),
  constraint nothing_set_off_when_reversed CHECK (((state <> 'reversed'::text) OR (set_off_fen = 0))),
  constraint officers_give_grounds CHECK (((cause = 'contradicting-record'::text) = (grounds IS NULL))),
  constraint recovery_amount_fen_check CHECK ((amount_fen > 0)),
  constraint recovery_cause_check CHECK ((cause = ANY (ARRAY['contradicting-record'::text, 'false-material'::text, 'officer'::text]))),
  constraint recovery_repaid_fen_check CHECK ((repaid_fen >= 0)),
  constraint recovery_set_off_fen_check CHECK ((set_off_fen >= 0)),
  constraint recovery_state_check CHECK ((state = ANY (ARRAY['suspected'::text, 'confirmed'::text, 'repaid'::text, 'dismissed'::text, 'reversed'::text]))),
  constraint recovery_version_check CHECK ((version >= 1)),
  constraint refund_has_reference CHECK (((refunded_fen > 0) = (refund_reference IS NOT NULL))),
  constraint refunded_as_repaid CHECK ((refunded_fen =
CASE state
    WHEN 'reversed'::text THEN repaid_fen
    ELSE (0)::bigint
END)),
  constraint repaid_is_repaid_whole CHECK (((state <> 'repaid'::text) OR (NOT was_paid) OR ((repaid_fen + set_off_fen) = amount_fen))),
  constraint repaid_within_debt CHECK (((repaid_fen + set_off_fen) <= amount_fen))
);
alter table recovery enable row level security;
CREATE INDEX debt_by_person ON public.recovery USING btree (person_id) WHERE ((state = 'confirmed'::text) AND was_paid);
CREATE UNIQUE INDEX one_open_recovery_per_month ON public.recovery USING btree (person_id, month, application_id) WHERE (state = ANY (ARRAY['suspected'::text, 'confirmed'::text, 'repaid'::text]));
CREATE INDEX recovery_by_agency ON public.recovery USING btree (agency_code, state, recovery_id);
CREATE INDEX recovery_by_bar ON public.recovery USING btree (person_id, bar_id) WHERE (bar_id IS NOT NULL);
CREATE INDEX recovery_by_case ON public.recovery USING btree (application_id, recovery_id);
CREATE INDEX recovery_by_state ON public.recovery USING btree (state, recovery_id);
CREATE INDEX recovery_by_street ON public.recovery USING btree (street_code, recovery_id);
create policy adds on recovery for insert
  with check ((in_city() OR of_agency(agency_code) OR of_street(street_code)));
create policy changes on recovery for update
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code)));
create policy reads on recovery for select
  using ((in_city() OR of_agency(agency_code) OR of_street(street_code) OR is_current_person(person_id)));
grant insert, select on recovery to subsidy_service;
grant update (closed_at, confirmed_by, heard_how, heard_on, reason, refund_reference, refunded_fen, refunded_on, repaid_fen, set_off_fen, state, version, was_paid) on recovery to subsidy_service;

create table reference_version (
  is_only_row boolean not null default true,
  version bigint not null,
  constraint reference_version_pkey PRIMARY KEY (is_only_row),
  constraint reference_version_is_only_row_check CHECK (is_only_row)
);
grant select on reference_version to subsidy_service;

create table refusal_reason (
  person_id uuid not null,
  application_id uuid not null,
  month calendar_month not null,
  check_code text not null,
  constraint refusal_reason_pkey PRIMARY KEY (person_id, application_id, month, check_code),
  constraint refusal_reason_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id)
);
alter table refusal_reason enable row level security;
create policy adds on refusal_reason for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = refusal_reason.person_id) AND (a.application_id = refusal_reason.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy deletes on refusal_reason for delete
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = refusal_reason.person_id) AND (a.application_id = refusal_reason.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on refusal_reason for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = refusal_reason.person_id) AND (a.application_id = refusal_reason.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
grant delete, insert, select on refusal_reason to subsidy_service;

create table repayment (
  person_id uuid not null,
  repayment_id uuid not null,
  recovery_id uuid not null,
  amount_fen bigint not null,
  reference text not null,
  received_on date not null,
  recorded_at timestamp with time zone not null,
  recorded_by text not null,
  constraint repayment_pkey PRIMARY KEY (person_id, repayment_id),
  constraint one_repayment_per_reference UNIQUE (person_id, recovery_id, reference),
  constraint repayment_person_id_recovery_id_fkey FOREIGN KEY (person_id, recovery_id) REFERENCES recovery(person_id, recovery_id),
  constraint repayment_amount_fen_check CHECK ((amount_fen > 0))
);
alter table repayment enable row level security;
create policy adds on repayment for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM recovery r
  WHERE ((r.person_id = repayment.person_id) AND (r.recovery_id = repayment.recovery_id) AND of_agency(r.agency_code))))));
create policy reads on repayment for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM recovery r
  WHERE ((r.person_id = repayment.person_id) AND (r.recovery_id = repayment.recovery_id))))));
grant insert, select on repayment to subsidy_service;

create table restore (
  epoch bigint not null,
  moment timestamp with time zone not null,
  last_position bigint not null,
  bank_asked_at timestamp with time zone,
  constraint restore_pkey PRIMARY KEY (epoch),
  constraint restore_epoch_check CHECK ((epoch > 0)),
  constraint restore_last_position_check CHECK ((last_position >= 0)),
  constraint restored_after_its_moment CHECK ((to_timestamp(((epoch + 1))::double precision) > moment))
);
grant select on restore to subsidy_service;

create table result_file (
  disbursement_id uuid not null,
  batch_number text not null,
  content_digest bytea not null,
  lines_paid integer not null,
  lines_failed integer not null,
  lines_unknown integer not null,
  applied_at timestamp with time zone not null,
  applied_by text not null,
  constraint one_application_per_result_file PRIMARY KEY (disbursement_id, content_digest),
  constraint result_file_batch_number_fkey FOREIGN KEY (batch_number) REFERENCES payment_file(batch_number),
  constraint result_file_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id)
);
alter table result_file enable row level security;
create policy adds on result_file for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = result_file.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on result_file for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE (d.disbursement_id = result_file.disbursement_id)))));
grant insert, select on result_file to subsidy_service;

create table roster (
  disbursement_id uuid not null,
  street_code text not null,
  verified_at timestamp with time zone,
  verified_by text,
  constraint roster_pkey PRIMARY KEY (disbursement_id, street_code),
  constraint roster_disbursement_id_fkey FOREIGN KEY (disbursement_id) REFERENCES disbursement(disbursement_id),
  constraint roster_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint roster_check CHECK (((verified_at IS NULL) = (verified_by IS NULL)))
);
alter table roster enable row level security;
CREATE INDEX roster_by_street ON public.roster USING btree (street_code, disbursement_id);
CREATE INDEX roster_not_answered ON public.roster USING btree (disbursement_id, street_code) WHERE (verified_at IS NULL);
create policy adds on roster for insert
  with check ((in_city() OR of_street(street_code) OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = roster.disbursement_id) AND of_agency(d.agency_code))))));
create policy changes on roster for update
  using ((in_city() OR of_street(street_code) OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE ((d.disbursement_id = roster.disbursement_id) AND of_agency(d.agency_code))))));
create policy reads on roster for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM disbursement d
  WHERE (d.disbursement_id = roster.disbursement_id)))));
grant insert, select on roster to subsidy_service;
grant update (verified_at, verified_by) on roster to subsidy_service;

create table set_off (
  person_id uuid not null,
  set_off_id uuid not null,
  recovery_id uuid not null,
  agency_code text not null,
  application_id uuid not null,
  month calendar_month not null,
  amount_fen bigint not null,
  consent_id uuid not null,
  consent_kind text not null generated always as ('set-off-consent'::text) stored,
  made_at timestamp with time zone not null,
  made_by text not null,
  reversed_at timestamp with time zone,
  reversed_by text,
  reason text,
  constraint set_off_pkey PRIMARY KEY (person_id, set_off_id),
  constraint one_row_per_set_off UNIQUE (set_off_id),
  constraint set_off_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint set_off_needs_written_consent FOREIGN KEY (person_id, application_id, consent_id, consent_kind) REFERENCES material(person_id, application_id, material_id, kind),
  constraint set_off_occupies_its_month FOREIGN KEY (person_id, set_off_id, month) REFERENCES payment_line_month(person_id, line_id, month) DEFERRABLE INITIALLY DEFERRED,
  constraint set_off_person_id_month_application_id_fkey FOREIGN KEY (person_id, month, application_id) REFERENCES subsidy_month(person_id, month, application_id),
  constraint set_off_person_id_recovery_id_fkey FOREIGN KEY (person_id, recovery_id) REFERENCES recovery(person_id, recovery_id),
  constraint reversed_set_off_says_why CHECK ((((reversed_at IS NULL) = (reason IS NULL)) AND ((reversed_at IS NULL) = (reversed_by IS NULL)))),
  constraint set_off_amount_fen_check CHECK ((amount_fen > 0))
);
alter table set_off enable row level security;
CREATE UNIQUE INDEX one_standing_set_off_per_month ON public.set_off USING btree (person_id, month, application_id) WHERE (reversed_at IS NULL);
CREATE INDEX set_off_by_agency ON public.set_off USING btree (agency_code);
CREATE INDEX set_off_by_recovery ON public.set_off USING btree (person_id, recovery_id);
create policy adds on set_off for insert
  with check ((in_city() OR of_agency(agency_code)));
create policy changes on set_off for update
  using ((in_city() OR of_agency(agency_code)));
create policy reads on set_off for select
  using ((in_city() OR of_agency(agency_code) OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = set_off.person_id) AND (a.application_id = set_off.application_id))))));
grant insert, select on set_off to subsidy_service;
grant update (reason, reversed_at, reversed_by) on set_off to subsidy_service;

create table shared_number (
  what text not null,
  number_index bytea not null,
  constraint shared_number_pkey PRIMARY KEY (what, number_index),
  constraint shared_number_number_index_check CHECK ((octet_length(number_index) = 32)),
  constraint shared_number_what_check CHECK ((what = ANY (ARRAY['account'::text, 'phone'::text])))
);

create table street (
  street_code text not null,
  name text not null,
  kind text not null,
  county_code text not null,
  valid_from date not null,
  valid_to date,
  constraint street_pkey PRIMARY KEY (street_code),
  constraint street_county_code_fkey FOREIGN KEY (county_code) REFERENCES agency(agency_code),
  constraint street_check CHECK ((valid_to >= valid_from)),
  constraint street_street_code_check CHECK ((street_code ~ '^3602\d{5}$'::text))
);
CREATE TRIGGER reference_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.street FOR EACH STATEMENT EXECUTE FUNCTION reference_changed();
CREATE TRIGGER restate_households_of_street AFTER INSERT OR DELETE OR UPDATE ON public.street FOR EACH ROW EXECUTE FUNCTION restate_households_of_street();
grant select on street to subsidy_service;

create table street_agency (
  street_code text not null,
  agency_code text not null,
  valid_from date not null,
  valid_to date,
  constraint street_agency_pkey PRIMARY KEY (street_code, valid_from),
  constraint street_agency_agency_code_fkey FOREIGN KEY (agency_code) REFERENCES agency(agency_code),
  constraint street_agency_street_code_fkey FOREIGN KEY (street_code) REFERENCES street(street_code),
  constraint street_agency_check CHECK ((valid_to >= valid_from))
);
CREATE TRIGGER reference_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.street_agency FOR EACH STATEMENT EXECUTE FUNCTION reference_changed();
grant select on street_agency to subsidy_service;

create table subsidy_month (
  person_id uuid not null,
  month calendar_month not null,
  application_id uuid not null,
  state text not null,
  amount_fen bigint,
  after_recovery_id uuid,
  still_owed boolean not null default false,
  constraint subsidy_month_pkey PRIMARY KEY (person_id, month, application_id),
  constraint month_is_found_by_what_it_owes UNIQUE (person_id, month, application_id, still_owed),
  constraint subsidy_month_after_recovery_id_fkey FOREIGN KEY (after_recovery_id) REFERENCES recovery(recovery_id),
  constraint subsidy_month_person_id_application_id_fkey FOREIGN KEY (person_id, application_id) REFERENCES application(person_id, application_id),
  constraint live_month_has_amount CHECK (((state <> ALL (ARRAY['live'::text, 'recovered'::text])) OR (amount_fen IS NOT NULL))),
  constraint owed_month_is_recovered CHECK (((NOT still_owed) OR (state = 'recovered'::text))),
  constraint subsidy_month_amount_fen_check CHECK ((amount_fen > 0)),
  constraint subsidy_month_state_check CHECK ((state = ANY (ARRAY['claimed'::text, 'live'::text, 'refused'::text, 'released'::text, 'recovered'::text])))
);
alter table subsidy_month enable row level security;
CREATE INDEX applied_month ON public.subsidy_month USING btree (month, person_id) WHERE (state <> 'released'::text);
CREATE INDEX live_month_by_person ON public.subsidy_month USING btree (person_id) WHERE (state = 'live'::text);
CREATE UNIQUE INDEX one_live_claim_per_person_month ON public.subsidy_month USING btree (person_id, month) WHERE ((state = ANY (ARRAY['claimed'::text, 'live'::text])) OR still_owed);
CREATE UNIQUE INDEX one_second_claim_per_person_month ON public.subsidy_month USING btree (person_id, month) WHERE ((after_recovery_id IS NOT NULL) AND (state = ANY (ARRAY['live'::text, 'recovered'::text])));
CREATE TRIGGER count_inserted_month AFTER INSERT ON public.subsidy_month FOR EACH ROW WHEN (((new.state = 'live'::text) OR new.still_owed)) EXECUTE FUNCTION count_inserted_month();
CREATE TRIGGER count_live_months AFTER UPDATE ON public.subsidy_month REFERENCING OLD TABLE AS before_it NEW TABLE AS after_it FOR EACH STATEMENT EXECUTE FUNCTION count_live_months();
create policy adds on subsidy_month for insert
  with check ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = subsidy_month.person_id) AND (a.application_id = subsidy_month.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy changes on subsidy_month for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = subsidy_month.person_id) AND (a.application_id = subsidy_month.application_id) AND (of_agency(a.agency_code) OR of_street(a.street_code) OR of_client(a.client_id)))))));
create policy reads on subsidy_month for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = subsidy_month.person_id) AND ((a.state <> 'withdrawn'::text) OR (a.application_id = subsidy_month.application_id)))))));
grant insert, select on subsidy_month to subsidy_service;
grant update (after_recovery_id, amount_fen, state, still_owed) on subsidy_month to subsidy_service;

create table term (
  person_id uuid not null,
  first_approved_on date not null,
  retirement_month calendar_month not null,
  near boolean not null,
  cap integer,
  policy_version text not null,
  imported_months integer not null,
  live_months integer not null default 0,
  constraint term_pkey PRIMARY KEY (person_id),
  constraint term_person_id_fkey FOREIGN KEY (person_id) REFERENCES person(person_id),
  constraint months_within_cap CHECK (((cap IS NULL) OR ((imported_months + live_months) <= cap))),
  constraint term_check CHECK (((cap IS NULL) = near)),
  constraint term_imported_months_check CHECK ((imported_months >= 0)),
  constraint term_live_months_check CHECK ((live_months >= 0))
);
alter table term enable row level security;
create policy adds on term for insert
  with check ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = term.person_id)))));
create policy changes on term for update
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = term.person_id)))));
create policy deletes on term for delete
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE (a.person_id = term.person_id)))));
create policy reads on term for select
  using ((in_city() OR is_current_person(person_id) OR (EXISTS ( SELECT
   FROM application a
  WHERE ((a.person_id = term.person_id) AND (a.state <> 'withdrawn'::text))))));
grant delete, insert, select on term to subsidy_service;
grant update (imported_months, live_months) on term to subsidy_service;
comment on column term.live_months is 'months that count against the cap: live, or recovered and still owed';

create table webhook (
  webhook_id uuid not null,
  client_id text not null,
  role text not null,
  number integer not null,
  url text not null,
  description text not null,
  event_types text[] not null,
  created_at timestamp with time zone not null,
  created_by text not null,
  read_through bigint not null,
  failing_since timestamp with time zone,
  disabled_at timestamp with time zone,
  disabled_because text,
  constraint webhook_pkey PRIMARY KEY (webhook_id),
  constraint one_webhook_per_client_and_number UNIQUE (client_id, number),
  constraint one_webhook_per_client_and_url UNIQUE (client_id, url),
  constraint disabled_for_a_reason CHECK (((disabled_at IS NULL) = (disabled_because IS NULL))),
  constraint ten_webhooks_per_client CHECK (((number >= 1) AND (number <= 10))),
  constraint webhook_disabled_because_check CHECK ((disabled_because = ANY (ARRAY['gone'::text, 'failing'::text]))),
  constraint webhook_read_through_check CHECK ((read_through >= 0)),
  constraint webhook_role_check CHECK ((role = ANY (ARRAY['platform'::text, 'provincial-system'::text]))),
  constraint webhook_url_check CHECK (((url ~ '^https?://'::text) AND (length(url) <= 500)))
);
alter table webhook enable row level security;
create policy adds on webhook for insert
  with check (of_client(client_id));
create policy changes on webhook for update
  using ((in_city() OR of_client(client_id)));
create policy deletes on webhook for delete
  using (of_client(client_id));
create policy reads on webhook for select
  using ((in_city() OR of_client(client_id)));
grant delete, insert, select on webhook to subsidy_service;
grant update (disabled_at, disabled_because, failing_since, read_through) on webhook to subsidy_service;

create table webhook_delivery (
  delivery_id uuid not null,
  webhook_id uuid not null,
  person_id uuid not null,
  event_id uuid not null,
  application_id uuid not null,
  event_type text not null,
  position bigint not null,
  state text not null,
  attempts integer not null,
  next_attempt_at timestamp with time zone,
  attempt_until timestamp with time zone,
  last_attempt_at timestamp with time zone,
  last_status integer,
  last_cause text,
  created_at timestamp with time zone not null,
  settled_at timestamp with time zone,
  constraint webhook_delivery_pkey PRIMARY KEY (delivery_id),
  constraint one_delivery_per_webhook_and_event UNIQUE (webhook_id, event_id),
  constraint webhook_delivery_person_id_event_id_fkey FOREIGN KEY (person_id, event_id) REFERENCES event(person_id, event_id),
  constraint webhook_delivery_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhook(webhook_id) ON DELETE CASCADE,
  constraint attempted_while_waiting CHECK (((attempt_until IS NULL) OR (state = 'waiting'::text))),
  constraint settled_once_not_waiting CHECK (((state = 'waiting'::text) = (settled_at IS NULL))),
  constraint waiting_for_its_next_attempt CHECK (((state = 'waiting'::text) = (next_attempt_at IS NOT NULL))),
  constraint webhook_delivery_attempts_check CHECK (((attempts >= 0) AND (attempts <= 10))),
  constraint webhook_delivery_last_cause_check CHECK ((last_cause = ANY (ARRAY['status'::text, 'redirect'::text, 'gone'::text, 'timeout'::text, 'connection'::text, 'name'::text, 'tls'::text, 'address'::text, 'interrupted'::text]))),
  constraint webhook_delivery_last_status_check CHECK (((last_status >= 100) AND (last_status <= 999))),
  constraint webhook_delivery_state_check CHECK ((state = ANY (ARRAY['waiting'::text, 'delivered'::text, 'dead'::text])))
);
alter table webhook_delivery enable row level security;
CREATE INDEX webhook_delivery_by_webhook ON public.webhook_delivery USING btree (webhook_id, delivery_id);
CREATE INDEX webhook_delivery_dead ON public.webhook_delivery USING btree (webhook_id, "position") WHERE (state = 'dead'::text);
CREATE INDEX webhook_delivery_due ON public.webhook_delivery USING btree (webhook_id, next_attempt_at) WHERE (state = 'waiting'::text);
CREATE INDEX webhook_delivery_settled ON public.webhook_delivery USING btree (settled_at) WHERE (settled_at IS NOT NULL);
CREATE INDEX webhook_delivery_waiting ON public.webhook_delivery USING btree (webhook_id, application_id, "position") WHERE (state = 'waiting'::text);
create policy adds on webhook_delivery for insert
  with check (in_city());
create policy changes on webhook_delivery for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM webhook w
  WHERE (w.webhook_id = webhook_delivery.webhook_id)))));
create policy reads on webhook_delivery for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM webhook w
  WHERE (w.webhook_id = webhook_delivery.webhook_id)))));
grant insert, select on webhook_delivery to subsidy_service;
grant update (attempt_until, attempts, last_attempt_at, last_cause, last_status, next_attempt_at, settled_at, state) on webhook_delivery to subsidy_service;

create table webhook_secret (
  webhook_id uuid not null,
  secret_number integer not null,
  secret_encrypted bytea not null,
  created_at timestamp with time zone not null,
  expires_at timestamp with time zone,
  constraint webhook_secret_pkey PRIMARY KEY (webhook_id, secret_number),
  constraint webhook_secret_webhook_id_fkey FOREIGN KEY (webhook_id) REFERENCES webhook(webhook_id) ON DELETE CASCADE,
  constraint webhook_secret_secret_number_check CHECK ((secret_number >= 1))
);
alter table webhook_secret enable row level security;
CREATE UNIQUE INDEX one_lasting_secret_per_webhook ON public.webhook_secret USING btree (webhook_id) WHERE (expires_at IS NULL);
create policy adds on webhook_secret for insert
  with check ((EXISTS ( SELECT
   FROM webhook w
  WHERE (w.webhook_id = webhook_secret.webhook_id))));
create policy changes on webhook_secret for update
  using ((in_city() OR (EXISTS ( SELECT
   FROM webhook w
  WHERE (w.webhook_id = webhook_secret.webhook_id)))));
create policy reads on webhook_secret for select
  using ((in_city() OR (EXISTS ( SELECT
   FROM webhook w
  WHERE (w.webhook_id = webhook_secret.webhook_id)))));
grant insert, select on webhook_secret to subsidy_service;
grant update (expires_at) on webhook_secret to subsidy_service;

create table working_calendar_exception (
  day date not null,
  year integer not null,
  works boolean not null,
  name text not null,
  constraint working_calendar_exception_pkey PRIMARY KEY (day),
  constraint working_calendar_exception_year_fkey FOREIGN KEY (year) REFERENCES working_calendar_year(year),
  constraint working_calendar_exception_check CHECK (((year)::numeric = EXTRACT(year FROM day)))
);
CREATE TRIGGER reference_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.working_calendar_exception FOR EACH STATEMENT EXECUTE FUNCTION reference_changed();
grant insert, select on working_calendar_exception to subsidy_service;

create table working_calendar_year (
  year integer not null,
  announcement text not null,
  constraint working_calendar_year_pkey PRIMARY KEY (year)
);
CREATE TRIGGER reference_changed AFTER INSERT OR DELETE OR UPDATE OR TRUNCATE ON public.working_calendar_year FOR EACH STATEMENT EXECUTE FUNCTION reference_changed();
grant insert, select on working_calendar_year to subsidy_service;

CREATE OR REPLACE FUNCTION public.act_without_entry()
 RETURNS text
 LANGUAGE sql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select k.request_id from idempotency_key k
  where k.request_id is not null and not exists (select from audit_entry e where e.request_id = k.request_id)
  order by k.answered_at limit 1
$function$;
grant execute on function act_without_entry() to subsidy_service;


CREATE OR REPLACE FUNCTION public.add_first_data_key(new_id integer, new_purpose text, new_wrapped bytea, made_at timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare its_class text := case when new_purpose like 'encrypt-%' then 'encrypt-%' else new_purpose end;
begin
  lock table data_key in share row exclusive mode; -- of two concurrent first starts, one creates the keys
  if exists (select from data_key where purpose like its_class) then return false; end if;
  insert into data_key (key_id, purpose, wrapped, created_at) values (new_id, new_purpose, new_wrapped, made_at);
  return true;
end $function$;
grant execute on function add_first_data_key(integer,text,bytea,timestamp with time zone) to subsidy_service;


CREATE OR REPLACE FUNCTION public.administrator_at(officer text, moment timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select officer_at(officer, moment)
  where exists (select from policy_proposal p where officer in (p.proposed_by, p.answered_by))
$function$;
grant execute on function administrator_at(text,timestamp with time zone) to subsidy_service;


CREATE OR REPLACE FUNCTION public.balance_of_disbursement(disbursement uuid, account text)
 RETURNS TABLE(quarter text, balance bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select e.quarter::text, sum(case when e.to_account = account then e.amount_fen else -e.amount_fen end)::bigint
  from ledger_entry e
  where e.disbursement_id = disbursement and (e.from_account = account or e.to_account = account)
  group by e.quarter
$function$;
grant execute on function balance_of_disbursement(uuid,text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.cases_of_others_sharing(cases uuid[])
 RETURNS TABLE(own_case uuid, what text, person_id uuid, application_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
  with own as (
    select a.application_id, a.person_id, k.what, k.index
    from application a cross join lateral (values ('account', a.account_index), ('phone', a.phone_index)) as k (what, index)
    where a.application_id = any (cases) and a.state not in ('draft', 'withdrawn') and k.index is not null
    union
    select a.application_id, a.person_id, 'account', c.account_index
    from application a join payee_change c on c.person_id = a.person_id and c.application_id = a.application_id
    where a.application_id = any (cases) and c.account_index is not null and c.state <> 'rejected'
  )
  select own.application_id, own.what, o.person_id, o.application_id
  from own cross join lateral (
    (select a.person_id, a.application_id from application a
      where own.what = 'account' and a.account_index = own.index and a.state not in ('draft', 'withdrawn')
        and a.person_id <> own.person_id limit 500)
    union all
    (select c.person_id, c.application_id from payee_change c
      where own.what = 'account' and c.account_index = own.index and c.state <> 'rejected'
        and c.person_id <> own.person_id limit 500)
    union all
    (select a.person_id, a.application_id from application a
      where own.what = 'phone' and a.phone_index = own.index and a.state not in ('draft', 'withdrawn')
        and a.person_id <> own.person_id limit 500)
  ) o
$function$;
grant execute on function cases_of_others_sharing(uuid[]) to subsidy_service;


CREATE OR REPLACE FUNCTION public.cases_sharing(what text)
 RETURNS TABLE(application_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
  with uses as materialized (
    select s.number_index, a.person_id, a.application_id
    from shared_number s join application a on a.account_index = s.number_index and a.state not in ('draft', 'withdrawn')
    where s.what = 'account' and cases_sharing.what = 'account'
    union all
    select s.number_index, c.person_id, c.application_id
    from shared_number s join payee_change c on c.account_index = s.number_index and c.state <> 'rejected'
    where s.what = 'account' and cases_sharing.what = 'account'
    union all
    select s.number_index, a.person_id, a.application_id
    from shared_number s join application a on a.phone_index = s.number_index and a.state not in ('draft', 'withdrawn')
    where s.what = 'phone' and cases_sharing.what = 'phone'
  )
  select application_id from uses
  where number_index in (select number_index from uses group by number_index having count(distinct person_id) > 1)
$function$;
grant execute on function cases_sharing(text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.conditions_of_anybody(people uuid[])
 RETURNS TABLE(person_id uuid, barred_since timestamp with time zone, owed_fen bigint, agencies text[])
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
  select p.id, b.confirmed_at, d.owed_fen, d.agencies
  from unnest(people) as p (id)
  left join bar b on b.person_id = p.id and b.state = 'in-force'
  left join lateral (
    select sum(r.owed_fen)::bigint as owed_fen, array_agg(distinct a.name order by a.name) as agencies
    from recovery r join agency a using (agency_code)
    where r.person_id = p.id and r.state = 'confirmed' and r.was_paid
  ) as d on true
  where b.confirmed_at is not null or d.owed_fen is not null
$function$;
grant execute on function conditions_of_anybody(uuid[]) to subsidy_service;


CREATE OR REPLACE FUNCTION public.count_asked(asking text, on_day date, identity bytea)
 RETURNS TABLE(people integer, is_new boolean)
 LANGUAGE plpgsql
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  was_new boolean;
  so_many int;
begin
  insert into asked_person values (asking, on_day, identity) on conflict do nothing;
  was_new := found;
  if was_new then
    insert into asked_day as d values (asking, on_day, 1)
      on conflict (asker, day) do update set people = d.people + 1 returning d.people into so_many;
  else
    select d.people into so_many from asked_day d where d.asker = asking and d.day = on_day;
  end if;
  return query select so_many, was_new;
end $function$;
grant execute on function count_asked(text,date,bytea) to public;


CREATE OR REPLACE FUNCTION public.count_for_planner(counted text)
 RETURNS void
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if counted not in ('application', 'subsidy_month', 'recovery', 'quality_review', 'payee_change', 'payment_line',
    'payment_line_month') then
    raise exception 'no table of a gathering: %', counted;
  end if;
  execute format('analyze (skip_locked) %I', counted);
end $function$;
grant execute on function count_for_planner(text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.count_inserted_month()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  update term set live_months = live_months + 1 where person_id = new.person_id;
  if not found then
    raise exception 'a month cannot be live without a term'
      using errcode = 'check_violation', constraint = 'live_month_has_term';
  end if;
  return null;
end $function$;
grant execute on function count_inserted_month() to public;


CREATE OR REPLACE FUNCTION public.count_live_months()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare changed record;
begin
  for changed in
    select person_id, sum(months)::int as months from (
      select person_id, 1 as months from after_it where state = 'live' or still_owed
      union all select person_id, -1 from before_it where state = 'live' or still_owed) as each
    group by person_id having sum(months) <> 0 order by person_id
  loop
    update term set live_months = live_months + changed.months where person_id = changed.person_id;
    if not found then
      raise exception 'a month cannot be live without a term'
        using errcode = 'check_violation', constraint = 'live_month_has_term';
    end if;
  end loop;
  return null;
end $function$;
grant execute on function count_live_months() to public;


CREATE OR REPLACE FUNCTION public.count_notices(person uuid, application uuid)
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select (count(*) + 20 * (select count(*) from restore r join application a
      on a.person_id = person and a.application_id = application and a.created_at <= r.moment))::int
  from notice n where n.person_id = person and n.application_id = application
$function$;
grant execute on function count_notices(uuid,uuid) to subsidy_service;


CREATE OR REPLACE FUNCTION public.count_others_with_material(person uuid, digests bytea[])
 RETURNS integer
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select count(distinct m.application_id)::int from material m join application a using (person_id, application_id)
  where m.digest = any (digests) and m.person_id <> person and a.state <> 'draft'
$function$;
grant execute on function count_others_with_material(uuid,bytea[]) to subsidy_service;


CREATE OR REPLACE FUNCTION public.cut_audit(last bigint, hash bytea, statement jsonb, cut_at timestamp with time zone)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  entries bigint[];
begin
  perform set_config('subsidy.audit_cut', 'on', true);
  select array_agg(entry_id) into entries from audit_seal where sequence <= last;
  insert into audit_cut values (last, hash, cardinality(entries), statement, cut_at);
  delete from audit_seal where sequence <= last;
  delete from audit_entry where entry_id = any(entries);
  perform set_config('subsidy.audit_cut', '', true);
  return cardinality(entries);
end $function$;
grant execute on function cut_audit(bigint,bytea,jsonb,timestamp with time zone) to subsidy_service;


CREATE OR REPLACE FUNCTION public.delete_expired(kind text, before timestamp with time zone, most integer)
 RETURNS integer
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare
  until timestamptz := least(before, now() - kept_at_least(kind));
  gone int;
begin
  case kind
    when 'keyed-answers' then
      delete from idempotency_key k using (
        select client_id, key from idempotency_key where answered_at < until
        order by answered_at limit most for update skip locked) old
      where (k.client_id, k.key) = (old.client_id, old.key);
    when 'nonces' then
      delete from api_client_nonce n using (
        select api_client_id, nonce from api_client_nonce where valid_until < before
        order by valid_until limit most for update skip locked) old
      where (n.api_client_id, n.nonce) = (old.api_client_id, old.nonce);
    when 'delivery-refusals' then
      delete from record_delivery_refusal r using (
        select delivery_id, row_number from record_delivery_refusal join record_delivery using (delivery_id)
        where received_at < until limit most) old
      where (r.delivery_id, r.row_number) = (old.delivery_id, old.row_number);
    when 'looks' then
      -- Kept until a day after the audit entry with their digest is no longer compared with them.
      delete from look l using (
        select look_id from look where at < until - interval '1 day' order by at limit most) old
      where l.look_id = old.look_id;
    when 'questions' then
      delete from question q using (
        select question_id from question where asked_at < until order by asked_at limit most) old
      where q.question_id = old.question_id;
    when 'counts-of-questions' then
      -- An asker's day is deleted with the people it counted.
      delete from asked_day d using (
        select asker, day from asked_day where day < (until at time zone 'Asia/Shanghai')::date limit most) old
      where (d.asker, d.day) = (old.asker, old.day);
    when 'webhook-secrets' then
      delete from webhook_secret s using (
        select webhook_id, secret_number from webhook_secret where expires_at < before limit most) old
      where (s.webhook_id, s.secret_number) = (old.webhook_id, old.secret_number);
    when 'webhook-deliveries' then
      delete from webhook_delivery d using (
        select delivery_id from webhook_delivery where settled_at < until order by settled_at limit most) old
      where d.delivery_id = old.delivery_id;
    else raise exception 'nothing of the kind % may be deleted', kind;
  end case;
  get diagnostics gone = row_count;
  return gone;
end $function$;
grant execute on function delete_expired(text,timestamp with time zone,integer) to subsidy_service;


CREATE OR REPLACE FUNCTION public.digest_of_looks(after bigint, through bigint)
 RETURNS text
 LANGUAGE sql
 STABLE
RETURN (SELECT encode(sha256(convert_to(COALESCE(string_agg((json_build_array(look.look_id, look.person_id, to_char((look.at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text), look.operation, look.actor, look.client_id, look.role, look.agency_code, look.facts, look.purpose, look.request_id, look.source_address))::text, '
'::text ORDER BY look.look_id), ''::text), 'UTF8'::name)), 'hex'::text) AS encode FROM look WHERE ((look.look_id > digest_of_looks.after) AND (look.look_id <= digest_of_looks.through)));
grant execute on function digest_of_looks(bigint,bigint) to public;


CREATE OR REPLACE FUNCTION public.earlier_notice(person uuid, wanted text, application uuid, of_month text)
 RETURNS TABLE(notice_number text, issued_at timestamp with time zone)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select n.notice_number, n.issued_at from notice n
    where n.person_id = person and n.kind = wanted and (application is null or n.application_id = application)
      and (of_month is null or n.content::jsonb #> '{subject,months}' = jsonb_build_array(of_month))
    order by n.notice_id desc limit 1
$function$;
grant execute on function earlier_notice(uuid,text,uuid,text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.hardship_of_cases()
 RETURNS TABLE(application_id uuid, category text)
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 100000
 SET search_path TO 'public', 'pg_temp'
AS $function$
  with recognition as materialized (
    select person_id, from_day, to_day, details ->> 'category' as category from (
      select distinct on (person_id, source, source_key) * from record where kind = 'hardship-recognition'
      order by person_id, source, source_key, version desc) as newest
    where not removed
  ), submitted as (
    select person_id, application_id,
      make_date(left(quarter, 4)::int, right(quarter, 1)::int * 3, 1) + interval '1 month' as quarter_end
    from application where submitted_at is not null
  )
  select distinct on (s.application_id) s.application_id, r.category
  from submitted s join recognition r on r.person_id = s.person_id and r.from_day < s.quarter_end
    and (r.to_day is null or r.to_day >= s.quarter_end - interval '3 months')
  order by s.application_id, r.from_day desc, r.category
$function$;
grant execute on function hardship_of_cases() to subsidy_service;


CREATE OR REPLACE FUNCTION public.heir_of(person uuid, application uuid)
 RETURNS uuid
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select case when c.kind = 'heir' and not exists (select from death d where d.person_id = c.heir_person_id)
    then c.payee_change_id end
  from payee_change c join application named using (person_id, application_id)
  where c.person_id = person and c.state = 'confirmed' and (c.kind = 'nobody' and c.application_id = application
    or c.kind = 'heir' and named.agency_code = (select a.agency_code from application a where a.application_id = application))
  order by c.answered_at desc, c.payee_change_id desc limit 1
$function$;
grant execute on function heir_of(uuid,uuid) to subsidy_service;


CREATE OR REPLACE FUNCTION public.hold_person_by_household(person uuid, on_day date, asking text)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare lives_here boolean;
begin
  with newest as (
    select distinct on (source, source_key) details ->> 'street' as street_code, from_day, to_day, removed
    from record where person_id = person and kind = 'household'
    order by source, source_key, version desc
  )
  select exists (
    select from newest join street_agency using (street_code)
    where not removed and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
      and valid_from <= on_day and coalesce(valid_to, 'infinity') >= on_day
      and (agency_code = asking and of_agency(asking) or street_code = asking and of_street(asking))
  ) into lives_here;
  if lives_here then perform set_config('subsidy.person', person::text, true); end if;
  return lives_here;
end $function$;
grant execute on function hold_person_by_household(uuid,date,text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.homes_of_terms()
 RETURNS TABLE(person_id uuid, agency_code text, street_code text)
 LANGUAGE sql
 STABLE SECURITY DEFINER ROWS 100000
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select distinct on (person_id) person_id, agency_code, street_code from application
  where state = 'approved' order by person_id, application_id desc
$function$;
grant execute on function homes_of_terms() to subsidy_service;


CREATE OR REPLACE FUNCTION public.in_city()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (current_setting('subsidy.city'::text, true) = 'yes'::text);
grant execute on function in_city() to public;


CREATE OR REPLACE FUNCTION public.instant(at timestamp with time zone)
 RETURNS text
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN to_char((at AT TIME ZONE 'UTC'::text), 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'::text);
grant execute on function instant(timestamp with time zone) to public;


CREATE OR REPLACE FUNCTION public.is_current_person(person uuid)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (person = (NULLIF(current_setting('subsidy.person'::text, true), ''::text))::uuid);
grant execute on function is_current_person(uuid) to public;


CREATE OR REPLACE FUNCTION public.is_identified()
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (current_setting('subsidy.actor'::text, true) <> ''::text);
grant execute on function is_identified() to public;


CREATE OR REPLACE FUNCTION public.keep_household_standing()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  new.household_standing := null;
  if new.state in ('draft', 'submitted', 'correction-requested', 'accepted') then
    perform from person where person_id = new.person_id for update;
    new.household_standing := standing_of_household(new);
  end if;
  return new;
end $function$;


CREATE OR REPLACE FUNCTION public.keep_material()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
end $function$;
grant execute on function keep_material() to public;


CREATE OR REPLACE FUNCTION public.keep_notice()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if (new.content, new.content_digest, new.kind, new.notice_number, new.application_id, new.issued_at, new.issued_by)
    is distinct from (old.content, old.content_digest, old.kind, old.notice_number, old.application_id, old.issued_at, old.issued_by)
  then
    raise exception 'a notice is never rewritten'
      using errcode = 'check_violation', constraint = 'notice_is_never_rewritten';
  end if;
  return new;
end $function$;
grant execute on function keep_notice() to public;


CREATE OR REPLACE FUNCTION public.keep_payee()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'the bank may have this line'
    using errcode = 'check_violation', constraint = 'payee_of_a_sent_line_stays';
end $function$;
grant execute on function keep_payee() to public;


CREATE OR REPLACE FUNCTION public.keep_place()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception 'a case is transferred before its decision'
    using errcode = 'check_violation', constraint = 'transferred_before_decision';
end $function$;
grant execute on function keep_place() to public;


CREATE OR REPLACE FUNCTION public.kept_at_least(kind text)
 RETURNS interval
 LANGUAGE sql
 IMMUTABLE
AS $function$
  select case when kind in ('audit', 'looks') then interval '3 years' when kind = 'questions' then interval '30 days'
    when kind = 'counts-of-questions' then interval '15 days' else interval '1 day' end
$function$;
grant execute on function kept_at_least(text) to public;


CREATE OR REPLACE FUNCTION public.last_event_position()
 RETURNS bigint
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select coalesce(max(position), 0) from event
$function$;
grant execute on function last_event_position() to subsidy_service;


CREATE OR REPLACE FUNCTION public.learnt_since_rehearsal(rehearsed timestamp with time zone, period_from timestamp with time zone, period_before timestamp with time zone)
 RETURNS boolean
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select exists (select from record r where r.learnt_at > rehearsed and exists (select from decision d
    where d.person_id = r.person_id and d.decided_at >= period_from and d.decided_at < period_before))
$function$;
grant execute on function learnt_since_rehearsal(timestamp with time zone,timestamp with time zone,timestamp with time zone) to subsidy_service;


CREATE OR REPLACE FUNCTION public.leave_seal_queue()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  delete from audit_unsealed q using written where q.entry_id = written.entry_id;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.mark_if_shared(giver uuid, kind text, number bytea)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtextextended(kind || encode(number, 'hex'), 0));
  insert into shared_number select kind, number
  where kind = 'account' and (
      exists (select from application a where a.account_index = number and a.state not in ('draft', 'withdrawn')
        and a.person_id <> giver)
      or exists (select from payee_change c where c.account_index = number and c.state <> 'rejected'
        and c.person_id <> giver))
    or kind = 'phone' and exists (select from application a where a.phone_index = number
      and a.state not in ('draft', 'withdrawn') and a.person_id <> giver)
  on conflict do nothing;
end $function$;


CREATE OR REPLACE FUNCTION public.mark_shared_numbers()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if new.account_index is not null then
    perform mark_if_shared(new.person_id, 'account', new.account_index);
  end if;
  if tg_table_name = 'application' then
    if new.phone_index is not null then
      perform mark_if_shared(new.person_id, 'phone', new.phone_index);
    end if;
  end if;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.mark_two_names()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  perform from person where person_id = any (array(select distinct person_id from added)) order by person_id for no key update;
  insert into person_of_two_names
    select distinct a.person_id from added a join (
      select person_id, name_hash from person_name
      where person_id = any (array(select distinct person_id from added)) offset 0
    ) as other using (person_id) where other.name_hash <> a.name_hash
    on conflict do nothing;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.money_of_months(person uuid, application uuid)
 RETURNS TABLE(month text, application_id uuid, line_id uuid, disbursement_id uuid, line_state text, failure text, settled_at timestamp with time zone, returned_on date, return_reason text, set_off_at timestamp with time zone, was_paid boolean, owed_fen bigint, recovery_closed_at timestamp with time zone, is_closed boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
  select m.month, m.application_id, l.line_id, l.disbursement_id, l.state, l.failure,
    l.settled_at, b.returned_on, b.reason, s.made_at, r.was_paid, r.owed_fen, r.closed_at,
    exists (select from payee_change c where c.person_id = m.person_id and c.application_id = m.application_id
      and c.kind = 'nobody' and c.state = 'confirmed') and heir_of(m.person_id, m.application_id) is null
  from subsidy_month m
  left join payment_line_month p on p.person_id = m.person_id and p.month = m.month
    and p.application_id = m.application_id and p.live
  left join payment_line l on l.person_id = p.person_id and l.line_id = p.paying_line_id
  left join payment_return b on b.person_id = l.person_id and b.line_id = l.line_id
  left join set_off s on s.person_id = m.person_id and s.month = m.month and s.application_id = m.application_id
    and s.reversed_at is null
  left join recovery r on r.person_id = m.person_id and r.month = m.month and r.application_id = m.application_id
    and r.state in ('confirmed', 'repaid')
  where m.person_id = person and (application is null or m.application_id = application)
    and m.state in ('live', 'recovered')
$function$;
grant execute on function money_of_months(uuid,uuid) to subsidy_service;


CREATE OR REPLACE FUNCTION public.move_application(person uuid, transfer uuid)
 RETURNS boolean
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update application a set street_code = t.to_street, agency_code = t.to_agency, assigned_to = null,
    version = a.version + 1
  from case_transfer t
  where t.person_id = person and t.transfer_id = transfer and (in_city() or of_agency(t.from_agency))
    and a.person_id = t.person_id and a.application_id = t.application_id
    and a.street_code = t.from_street and a.agency_code = t.from_agency;
  if not found then return false; end if;
  perform set_config('subsidy.person', person::text, true);
  return true;
end $function$;
grant execute on function move_application(uuid,uuid) to subsidy_service;


CREATE OR REPLACE FUNCTION public.notice_of_code(code text)
 RETURNS TABLE(kind text, notice_number text, issued_at timestamp with time zone, content_digest bytea, agency_code text, is_overruled boolean)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select n.kind, n.notice_number, n.issued_at, n.content_digest, n.agency_code,
      case n.kind
        -- Of a decision that was undone since, whether or not there is another one by now.
        when 'decision' then exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'decision-undone' and later.notice_id > n.notice_id)
        -- Of a recovery that was reversed since: of the same month, for a case may have one of each.
        when 'recovery' then exists (select from notice later
          where later.person_id = n.person_id and later.application_id = n.application_id
            and later.kind = 'recovery-reversed' and later.notice_id > n.notice_id
            and later.content::jsonb #> '{subject,months}' = n.content::jsonb #> '{subject,months}')
        -- Of a bar that was lifted since; a person has one at a time.
        when 'bar' then exists (select from notice later
          where later.person_id = n.person_id and later.kind = 'bar-lifted' and later.notice_id > n.notice_id)
        else false
      end
    from notice n
    where n.verification_code = code
$function$;
grant execute on function notice_of_code(text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.of_agency(code text)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (code = current_setting('subsidy.agency'::text, true));
grant execute on function of_agency(text) to public;


CREATE OR REPLACE FUNCTION public.of_client(client text)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (client = current_setting('subsidy.client'::text, true));
grant execute on function of_client(text) to public;


CREATE OR REPLACE FUNCTION public.of_street(code text)
 RETURNS boolean
 LANGUAGE sql
 STABLE PARALLEL SAFE
RETURN (code = current_setting('subsidy.street'::text, true));
grant execute on function of_street(text) to public;


CREATE OR REPLACE FUNCTION public.officer_at(officer text, moment timestamp with time zone)
 RETURNS jsonb
 LANGUAGE sql
 STABLE
RETURN CASE WHEN (officer IS NOT NULL) THEN jsonb_build_object('account', officer, 'name', (SELECT n.name FROM officer_name n WHERE ((n.account = officer_at.officer) AND (n.since <= officer_at.moment)) ORDER BY n.since DESC LIMIT 1)) ELSE NULL::jsonb END;
grant execute on function officer_at(text,timestamp with time zone) to public;


CREATE OR REPLACE FUNCTION public.open_recoveries_of_any_bars(bars uuid[])
 RETURNS TABLE(bar_id uuid, suspected_months bigint, owed_fen bigint)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select b.bar_id, count(r.recovery_id) filter (where r.state = 'suspected'), coalesce(sum(r.owed_fen), 0)::bigint
  from bar b left join recovery r on r.person_id = b.person_id and r.bar_id = b.bar_id
  where b.bar_id = any (bars) group by b.bar_id
$function$;
grant execute on function open_recoveries_of_any_bars(uuid[]) to subsidy_service;


CREATE OR REPLACE FUNCTION public.open_recoveries_of_bars(bars uuid[])
 RETURNS TABLE(bar_id uuid, suspected_months bigint, owed_fen bigint)
 LANGUAGE sql
 STABLE
AS $function$
  select * from open_recoveries_of_any_bars(array(select b.bar_id from bar b where b.bar_id = any (bars)))
$function$;
grant execute on function open_recoveries_of_bars(uuid[]) to public;


CREATE OR REPLACE FUNCTION public.pay_heirs_alone_after_death()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if exists (select from sent l
    cross join lateral (select min(d.died_on) as died_on from death d where d.person_id = l.person_id) as death
    where l.state = 'in-payment' and case
      when death.died_on is null then exists (select from payee_change c
        where c.person_id = l.person_id and c.payee_change_id = l.name_change_id and c.kind = 'heir')
      -- An heir's account that failed is corrected by a later change.
      else (l.name_change_id = heir_of(l.person_id, l.application_id) and l.account_change_id >= l.name_change_id) is not true
        or exists (select from payment_line_month m where m.person_id = l.person_id and m.line_id = l.line_id
          and m.month >= to_char(death.died_on, 'YYYY-MM'))
      end)
  then
    raise exception 'after a death its heir alone is paid'
      using errcode = 'check_violation', constraint = 'after_a_death_its_heir_alone_is_paid';
  end if;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.pays_street(disbursement uuid, street text)
 RETURNS boolean
 LANGUAGE plpgsql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  return exists (select from roster r where r.disbursement_id = disbursement and r.street_code = street);
end $function$;
grant execute on function pays_street(uuid,text) to subsidy_service;


CREATE OR REPLACE FUNCTION public.people_barred()
 RETURNS TABLE(person_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select b.person_id from bar b where b.state = 'in-force'
$function$;
grant execute on function people_barred() to subsidy_service;


CREATE OR REPLACE FUNCTION public.people_in_debt()
 RETURNS TABLE(person_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select distinct r.person_id from recovery r where r.state = 'confirmed' and r.was_paid
$function$;
grant execute on function people_in_debt() to subsidy_service;


CREATE OR REPLACE FUNCTION public.people_of_two_names()
 RETURNS TABLE(person_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select p.person_id from person_of_two_names p
$function$;
grant execute on function people_of_two_names() to subsidy_service;


CREATE OR REPLACE FUNCTION public.people_who_applied(months text[])
 RETURNS TABLE(person_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select m.person_id from subsidy_month m where m.month = any (months) and m.state <> 'released'
$function$;
grant execute on function people_who_applied(text[]) to subsidy_service;


CREATE OR REPLACE FUNCTION public.people_who_died()
 RETURNS TABLE(person_id uuid)
 LANGUAGE sql
 STABLE SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
  select distinct d.person_id from death d
$function$;
grant execute on function people_who_died() to subsidy_service;


CREATE OR REPLACE FUNCTION public.quarter_of(month text)
 RETURNS text
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (("left"(month, 4) || 'Q'::text) || ((("right"(month, 2))::integer + 2) / 3));
grant execute on function quarter_of(text) to public;


CREATE OR REPLACE FUNCTION public.quarters_late(first_month text, submitted timestamp with time zone)
 RETURNS integer
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
RETURN (((((EXTRACT(year FROM (submitted AT TIME ZONE 'Asia/Shanghai'::text)))::integer * 4) + (EXTRACT(quarter FROM (submitted AT TIME ZONE 'Asia/Shanghai'::text)))::integer) - (("left"(first_month, 4))::integer * 4)) - ((("right"(first_month, 2))::integer + 2) / 3));
grant execute on function quarters_late(text,timestamp with time zone) to public;


CREATE OR REPLACE FUNCTION public.queue_for_seal()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  insert into audit_unsealed (entry_id) select entry_id from written;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.reference_changed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update reference_version set version = version + 1;
  notify reference;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.refuse_approval_of_barred()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if exists (select from bar b where b.person_id = new.person_id and b.state = 'in-force') then
    raise exception 'nobody is approved who is barred'
      using errcode = 'check_violation', constraint = 'nobody_is_approved_who_is_barred';
  end if;
  return new;
end $function$;


CREATE OR REPLACE FUNCTION public.refuse_change()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $function$;
grant execute on function refuse_change() to public;


CREATE OR REPLACE FUNCTION public.refuse_change_but_cut()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and current_setting('subsidy.audit_cut', true) = 'on'
    and exists (select from audit_entry where entry_id = old.entry_id and at < now() - kept_at_least('audit'))
  then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $function$;
grant execute on function refuse_change_but_cut() to public;


CREATE OR REPLACE FUNCTION public.refuse_change_but_expiry()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'DELETE' and old.at < now() - kept_at_least('looks') then return old; end if;
  raise exception '% is append-only', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_append_only';
end $function$;
grant execute on function refuse_change_but_expiry() to public;


CREATE OR REPLACE FUNCTION public.refuse_change_of_event()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if tg_op = 'UPDATE' and old.position is null
    and to_jsonb(new) - 'position' = to_jsonb(old) - 'position' then return new; end if;
  raise exception 'event is append-only' using errcode = 'check_violation', constraint = 'event_is_append_only';
end $function$;
grant execute on function refuse_change_of_event() to public;


CREATE OR REPLACE FUNCTION public.refuse_deletion()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% is never deleted and keeps its key', tg_table_name
    using errcode = 'check_violation', constraint = tg_table_name || '_is_kept';
end $function$;
grant execute on function refuse_deletion() to public;


CREATE OR REPLACE FUNCTION public.refuse_lifting_while_owed()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if exists (select from recovery r
    where r.person_id = new.person_id and r.bar_id = new.bar_id and r.state in ('suspected', 'confirmed'))
  then
    raise exception 'a bar is lifted once all is repaid'
      using errcode = 'check_violation', constraint = 'bar_is_lifted_once_all_is_repaid';
  end if;
  return new;
end $function$;


CREATE OR REPLACE FUNCTION public.refuse_records_of_nobody()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
declare held bigint;
begin
  -- By an array: a join reads everybody on file.
  perform from person where person_id = any (array(select distinct person_id from added)) order by person_id for key share;
  get diagnostics held = row_count;
  if held < (select count(distinct person_id) from added) then
    raise exception 'a record is of nobody' using errcode = 'foreign_key_violation', constraint = 'record_is_of_a_person';
  end if;
  if exists (
    select from (select distinct delivery_id from added) as brought
    where delivery_id is not null
      and not exists (select from record_delivery known where known.delivery_id = brought.delivery_id)
  ) then
    raise exception 'a record came with no delivery'
      using errcode = 'foreign_key_violation', constraint = 'record_came_with_a_delivery';
  end if;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.registered_street(person uuid, on_day date)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
  with newest as (
    select distinct on (source, source_key) details ->> 'street' as street_code, from_day, to_day, removed, learnt_at, record_id
    from record where person_id = person and kind = 'household' and source <> 'officer'
    order by source, source_key, version desc
  )
  select street_code from newest join street using (street_code)
  where not removed and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
    and valid_from <= on_day and coalesce(valid_to, 'infinity') >= on_day
  order by from_day desc, learnt_at desc, record_id desc limit 1
$function$;
grant execute on function registered_street(uuid,date) to public;


CREATE OR REPLACE FUNCTION public.require_reference(known bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock_shared('reference_version'::regclass::int, 0);
  if exists (select from reference_version where version <> known and xmin <> pg_current_xact_id()::xid) then
    raise serialization_failure using message = 'the reference data have changed';
  end if;
end $function$;
grant execute on function require_reference(bigint) to subsidy_service;


CREATE OR REPLACE FUNCTION public.restate_households()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  if exists (select from added where kind = 'household') then
    update application a set household_standing = standing_of_household(a)
    where a.person_id in (select person_id from added where kind = 'household') and a.household_standing is not null
      and a.household_standing <> standing_of_household(a);
  end if;
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.restate_households_of_street()
 RETURNS trigger
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'public', 'pg_temp'
AS $function$
begin
  update application a set household_standing = standing_of_household(a)
  where a.household_standing is not null and exists (select from record r where r.person_id = a.person_id
      and r.kind = 'household' and r.details ->> 'street' in (old.street_code, new.street_code))
    and a.household_standing <> standing_of_household(a);
  return null;
end $function$;


CREATE OR REPLACE FUNCTION public.sharing_of(cases uuid[])
 RETURNS TABLE(application_id uuid, what text, case_numbers text[], people_beyond integer)
 LANGUAGE sql
 STABLE
AS $function$
  with people as (
    select s.own_case, s.what, s.person_id,
      -- Security invoker: only cases that the caller may see.
      (array_agg(a.case_number order by a.application_id desc) filter (where a.application_id is not null))[1] as seen
    from cases_of_others_sharing(array(select a.application_id from application a where a.application_id = any (cases))) s
    left join application a on a.person_id = s.person_id and a.application_id = s.application_id
    group by s.own_case, s.what, s.person_id
  )
  select p.own_case, p.what, coalesce(array_agg(p.seen order by p.seen) filter (where p.seen is not null), '{}'),
    (count(*) filter (where p.seen is null))::int
  from people p group by p.own_case, p.what
$function$;
grant execute on function sharing_of(uuid[]) to public;


CREATE OR REPLACE FUNCTION public.standing_of_household(a application)
 RETURNS text
 LANGUAGE sql
 STABLE
 SET search_path TO 'public', 'pg_temp'
 SET plan_cache_mode TO 'force_generic_plan'
AS $function$
  select case when registered = a.street_code then 'confirmed'
    when registered is not null then 'elsewhere'
    when exists (
      with newest as (
        select distinct on (source, source_key) details, from_day, to_day, removed
        from record where person_id = a.person_id and kind = 'household'
        order by source, source_key, version desc
      )
      select from newest where not removed and details ->> 'street' = a.street_code
        and from_day <= on_day and coalesce(to_day, 'infinity') >= on_day
    ) then 'confirmed'
    else 'unconfirmed' end
  from (select (coalesce(a.submitted_at, a.created_at) at time zone 'Asia/Shanghai')::date as on_day) as of_case,
    registered_street(a.person_id, on_day) as registered
$function$;


CREATE OR REPLACE FUNCTION public.tell_once()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare this correction; before correction;
begin
  select * into strict this from correction where person_id = new.person_id and correction_id = new.correction_id;
  if this.round = 1 then return new; end if;
  select * into strict before from correction
    where person_id = this.person_id and application_id = this.application_id and round = this.round - 1;
  if new.basis is null or new.basis = any(before.seen) or not (
    exists (select from material where person_id = new.person_id and material_id = new.basis
      and application_id = this.application_id)
    or exists (select from record where person_id = new.person_id and record_id = new.basis)
    or exists (select from coverage where coverage_id = new.basis and (person_id is null or person_id = new.person_id)))
  then
    raise exception 'item % of round % could have been seen before', new.item, this.round
      using errcode = 'check_violation', constraint = 'missing_things_are_told_once';
  end if;
  return new;
end $function$;
grant execute on function tell_once() to public;


CREATE OR REPLACE FUNCTION public.wait_for_the_correction()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.state in ('submitted', 'accepted', 'not-accepted', 'approved', 'refused') and exists (
    select from correction where person_id = new.person_id and application_id = new.application_id and closed_at is null)
  then
    raise exception 'a correction is open'
      using errcode = 'check_violation', constraint = 'open_correction_holds_the_case';
  end if;
  return new;
end $function$;
grant execute on function wait_for_the_correction() to public;


grant usage on schema graphile_worker to subsidy_service;
