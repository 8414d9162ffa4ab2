#!/bin/sh
# Run once by the image of PostgreSQL, when it makes its data folder: the login the service connects with, in its group and
# nothing else. The tables will belong to whoever migrates.
set -e
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" \
  --set password="$(cat /run/secrets/service_password)" <<'SQL'
create role subsidy_service nologin;
create role subsidy_app login password :'password' in role subsidy_service;
SQL
