#!/bin/sh
# Runs once, when the database server's volume is empty: one user and one owner for each of the two that share it, and the
# service's own login. `countersign` owns the books and only migrates them; API and worker log in as `countersign_service`,
# which has the role `countersign_app` and nothing else, and may enter no other database. `temporal` has its own two.
# Nobody enters another's database, so that parties' own servers (profile `sites`) can have theirs here, too.
set -eu
# A file that is missing ends this here, and makes no role without a password.
countersign=$(cat /run/secrets/countersign-db-password)
service=$(cat /run/secrets/countersign-service-password)
temporal=$(cat /run/secrets/temporal-db-password)
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
  --set countersign="$countersign" --set service="$service" --set temporal="$temporal" <<'SQL'
create role countersign_app nologin;
create role countersign login password :'countersign';
create role countersign_service login password :'service' in role countersign_app;
create database countersign owner countersign;
revoke all on database countersign, postgres, template1 from public;
grant connect on database countersign to countersign_service;
create role temporal login createdb password :'temporal';
create database temporal owner temporal;
create database temporal_visibility owner temporal;
revoke all on database temporal, temporal_visibility from public;
\connect countersign
revoke execute on function lo_creat(integer), lo_create(oid), lo_from_bytea(oid, bytea) from public;
SQL
