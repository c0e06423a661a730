#!/bin/sh
# Brings both of Temporal's databases to the schema of this release. Repeatable: a database that is there stays, and an
# update to the version it has does nothing. Only the last step of each may fail the job.
set -eu
: "${SQL_HOST:?name the host of Temporal's own databases in .env: TEMPORAL_DB_HOST}"
for pair in temporal:temporal temporal_visibility:visibility; do
  database=${pair%%:*}
  tool="temporal-sql-tool --plugin postgres12 --ep $SQL_HOST --port 5432 --user $SQL_USER --db $database"
  $tool create || echo "$database is there already"
  $tool setup-schema -v 0.0 || echo "$database has a schema already"
  $tool update-schema -d "/etc/temporal/schema/postgresql/v12/${pair##*:}/versioned"
done
