-- Lists of what waits, each from an index in the order in which it is read: a street, a platform and the whole city see
-- their cases as an agency does, and what has not been told stands first in the inbox of whoever has to tell it.

create index application_by_waiting_in_street on application (street_code, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_of_client on application (client_id, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
create index application_by_waiting_in_city on application (submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');

create index notice_not_told_in_street on notice (street_code, notice_id) where told_at is null;
create index notice_not_told_in_agency on notice (agency_code, notice_id) where told_at is null;
