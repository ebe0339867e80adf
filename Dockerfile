# The image of the step: Node and the bundle, nothing else. For amd64 and arm64; .drone.yml builds it for a tag.
ARG NODE=node:24-bookworm-slim

# packages and bundle are the same for each platform, so that they are made once, without emulation
FROM --platform=$BUILDPLATFORM ${NODE} AS bundle
# the packages are in the bundle, where a scanner does not see them: it looks at this stage, too
ARG BUILDKIT_SBOM_SCAN_STAGE=true
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN npm run build

# the compiled code belongs to the platform's own Node
FROM ${NODE} AS compiled
COPY --from=bundle /build/dist /app
COPY --from=bundle /build/scripts/warm-up.ts /warm-up.ts
RUN rm -r /app/.compile-cache && node /warm-up.ts /app

FROM ${NODE}
ARG VERSION
ARG REVISION
LABEL org.opencontainers.image.title="drone-promote" \
      org.opencontainers.image.description="Promotes a release to production on Kubernetes: a canary without a controller, Argo Rollouts, or Keel's webhook" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION" \
      org.opencontainers.image.revision="$REVISION" \
      org.opencontainers.image.base.name="docker.io/library/node:24-bookworm-slim"
# its own name, which is what a guard runs: --build-arg IMAGE=registry/drone-promote:1.2.3
ARG IMAGE
ENV DRONE_PROMOTE_IMAGE=$IMAGE
COPY --from=compiled /app /app
# No USER: workspaces of Drone and GitHub belong to root (docs/decisions/0045). A guard runs as user 1000.
# The step is PID 1 without an init: Node takes SIGTERM itself, and starts no children.
ENTRYPOINT ["node", "/app/main.js"]
