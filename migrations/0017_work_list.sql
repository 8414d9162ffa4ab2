-- What officers work through first: the cases of their agency that have waited longest.
create index application_by_waiting on application (agency_code, submitted_at, application_id)
  where state in ('submitted', 'correction-requested', 'accepted');
