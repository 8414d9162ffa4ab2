# The service alone, for a PostgreSQL of its own elsewhere (DATABASE_URL or DATABASE_URL_FILE).
#   migrate:  docker run … node src/start.js migrate
#   serve:    docker run …
#   sandbox:  docker run -e NODE_ENV=development -e SUBSIDY_SANDBOX=on …

FROM node:26-slim AS packages
WORKDIR /app
COPY package.json package-lock.json .npmrc ./
# The embedded PostgreSQL and the packaged Node are development dependencies and stay out, as do optional peers
# (TypeScript). Of the font, papers use two weights of eight; each has 15 MB. Source maps and type declarations are 65 MB
# that nothing reads here. Of the charts (67 MB), one file is served.
RUN npm ci --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund \
  && find node_modules/@expo-google-fonts/noto-serif-sc -name '*.ttf' \
    ! -name '*_400Regular.ttf' ! -name '*_700Bold.ttf' -delete \
  && find node_modules/echarts node_modules/zrender -type f ! -path '*/echarts/dist/echarts.min.js' \
    ! -path '*/echarts/package.json' ! -name 'LICENSE*' ! -name NOTICE -delete \
  && find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete

FROM node:26-slim
ARG VERSION=0.1.0 REVISION=unknown
LABEL org.opencontainers.image.title="flexible-employment-subsidy" \
  org.opencontainers.image.description="景德镇市灵活就业困难人员社保补贴服务" \
  org.opencontainers.image.version="$VERSION" \
  org.opencontainers.image.revision="$REVISION"
WORKDIR /app
# The sandbox keeps its keys in /data; production does not write at all.
COPY --from=packages /app/node_modules ./node_modules
RUN mkdir /data node_modules/.cache && chown node:node /data node_modules/.cache
COPY package.json ./
COPY migrations ./migrations
COPY reference ./reference
COPY src ./src

# The young heap: see docs/decisions/0040-start-and-memory.md. The old one: a limit of the container's own, not
# of the machine it runs on.
ENV NODE_OPTIONS="--max-semi-space-size=4 --max-old-space-size=768"
ENV NODE_ENV=production HOST=0.0.0.0 PORT=3000 SUBSIDY_DATA_DIR=/data
USER node
# Ends for want of a configuration, and leaves behind what Node has compiled: each start of a container is ready sooner.
RUN node src/start.js; test $? -eq 2
# It is code, and like the rest of it not the service's to change.
USER root
RUN chown -R root:root node_modules/.cache && chmod -R a+rX node_modules/.cache
USER node
EXPOSE 3000
HEALTHCHECK --interval=10s --timeout=5s --start-period=10s \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT}/health/ready`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
# Node itself is process 1: the program answers SIGTERM, and has no children whose ends somebody must collect.
CMD ["node", "src/start.js"]
