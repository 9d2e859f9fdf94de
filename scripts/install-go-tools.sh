#!/bin/sh
# Builds the tools that look at the project from outside, grpcurl, Helm and Google's api-linter, and the S3-compatible server MinIO,
# into build/tools.
# Tests that use them are skipped where neither they nor Go are.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/tools
build() {
  if command -v "$1" > /dev/null || [ -x "build/tools/$1" ]; then
    return
  fi
  if ! command -v go > /dev/null; then
    echo "SKIPPED: $1 is not there and Go is not there to build it"
    return
  fi
  GOBIN="$(pwd)/build/tools" go install "$2"
}
build grpcurl github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3
build helm helm.sh/helm/v4/cmd/helm@v4.3.1
# MinIO's releases are no Go versions, hence the version made of a commit.
build minio github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
if command -v go > /dev/null && [ ! -x build/tools/api-linter ]; then
  (cd scripts/api-linter && go build -o ../../build/tools/api-linter github.com/googleapis/api-linter/cmd/api-linter)
fi
