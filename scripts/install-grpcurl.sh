#!/bin/sh
# Builds grpcurl for the test that looks at the services from outside; that test is skipped where neither it nor Go is.
set -eu
cd "$(dirname "$0")/.."
if command -v grpcurl > /dev/null || [ -x build/tools/grpcurl ]; then
  exit 0
fi
if ! command -v go > /dev/null; then
  echo 'SKIPPED: grpcurl is not there and Go is not there to build it'
  exit 0
fi
mkdir -p build/tools
GOBIN="$(pwd)/build/tools" go install github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3
