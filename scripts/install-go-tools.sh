#!/bin/sh
# Builds the tools that look at the project from outside, grpcurl, Helm and Google's api-linter, the S3-compatible server MinIO, and
# the generators of Go stubs, into build/tools. Tests that use them are skipped where neither they nor Go are, or where Go cannot fetch them.
set -eu
cd "$(dirname "$0")/.."
mkdir -p build/tools
tools=$(pwd)/build/tools
build() {
  name=$1
  shift
  if command -v "$name" > /dev/null || [ -x "$tools/$name" ]; then
    return
  fi
  if ! command -v go > /dev/null; then
    echo "SKIPPED: $name is not there and Go is not there to build it"
    return
  fi
  "$@" || echo "SKIPPED: Go cannot build $name here"
}
build grpcurl env GOBIN="$tools" go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3
build helm env GOBIN="$tools" go install helm.sh/helm/v4/cmd/helm@v4.3.1
build protoc-gen-go env GOBIN="$tools" go install google.golang.org/protobuf/cmd/protoc-gen-go@v1.36.6
build protoc-gen-go-grpc env GOBIN="$tools" go install google.golang.org/grpc/cmd/protoc-gen-go-grpc@v1.5.1
# MinIO's releases are no Go versions, hence the version made of a commit.
build minio env GOBIN="$tools" go install github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
# A module of our own pins it: the proxy does not list its versions, which installing it by its path needs.
build api-linter go -C scripts/api-linter build -o "$tools/api-linter" github.com/googleapis/api-linter/cmd/api-linter
