#!/bin/sh
# Regenerates everything that comes from proto/: TypeScript messages and services, the ONNX codec, and the descriptor
# set that reflection answers from. The result is committed; `npm run check` fails if it is out of date.
set -eu
cd "$(dirname "$0")/.."
buf generate
buf generate --template buf.gen.open-inference.yaml
buf generate --template buf.gen.onnx.yaml
gen=libs/contracts/src/gen
# Annotations have no run-time meaning, and the umbrella indexes would pull everything in with one import.
rm -r "$gen/google/api" "$gen/google/protobuf/descriptor.ts"
find "$gen" libs/onnx/src/gen -name 'index*.ts' \
  ! -name 'index.resmask.*.v1*.ts' ! -name index.google.rpc.ts ! -name index.inference.ts -delete
buf build proto --as-file-descriptor-set --exclude-source-info --path proto/resmask --path proto/inference --path proto/grpc -o libs/contracts/descriptors.binpb
