# docker build -t latchkey . && docker run --env-file latchkey.env -v ./master.keys:/run/secrets/master.keys:ro -p 4000:4000 latchkey
FROM node:22-slim AS build
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
RUN npm ci
COPY . .
RUN npm run build && npm prune --omit=dev

FROM node:22-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /app
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules ./node_modules
COPY --from=build /app/dist ./dist
# This user has the id 1000, which must be able to read the key ring (chown 1000 master.keys). Nothing in /app
# belongs to it, so that a SQLite database needs a volume that does.
USER node
EXPOSE 4000
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s CMD ["node", "-e", "fetch(`http://127.0.0.1:${(process.env.PORT ?? '').trim() || 4000}/healthz`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# As process 1 Node handles SIGTERM itself. A stop takes up to 430 s with the defaults: docker stop --time 430.
CMD ["node", "--max-semi-space-size=64", "--min-semi-space-size=16", "dist/src/main.js"]
