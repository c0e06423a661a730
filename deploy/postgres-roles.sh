#!/bin/sh
# Runs once, when the database server's volume is empty: one user and one owner for each of the two that share it.
# `countersign` may create the restricted role under which the service works; `temporal` creates its own two databases.
set -eu
psql --set ON_ERROR_STOP=1 --username "$POSTGRES_USER" \
  --set countersign="$COUNTERSIGN_DB_PASSWORD" --set temporal="$TEMPORAL_DB_PASSWORD" <<'SQL'
create role countersign login createrole password :'countersign';
create database countersign owner countersign;
create role temporal login createdb password :'temporal';
SQL
