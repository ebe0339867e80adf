# The image of the step: Node and the bundle, nothing else. Built by plugins/docker on a tag (.drone.yml); amd64 and arm64.
FROM node:24-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json ./
RUN npm ci
COPY tsconfig.json ./
COPY scripts scripts
COPY src src
RUN npm run build

FROM node:24-bookworm-slim
LABEL org.opencontainers.image.title="drone-promote" \
      org.opencontainers.image.description="Promotes a release: a canary on Kubernetes without a controller, or Keel's webhook" \
      org.opencontainers.image.licenses="Apache-2.0"
# its own name, which is what a guard runs: --build-arg IMAGE=registry/drone-promote:1.2.3
ARG IMAGE
ENV DRONE_PROMOTE_IMAGE=$IMAGE
COPY --from=build /build/dist /app
# the step is PID 1 without an init: Node takes SIGTERM itself, and starts no children
USER node
ENTRYPOINT ["node", "/app/main.js"]
