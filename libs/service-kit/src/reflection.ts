import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { BinaryReader, WireType } from '@bufbuild/protobuf/wire';
import type { PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';

/** google.protobuf.FileDescriptorSet.file */
const FILE_FIELD = 1;

/**
 * Answers `grpcurl list`, `describe` and calls for the given services and health, from the descriptor set that is generated beside
 * the contracts. The descriptors are passed on as they are: proto-loader would write them anew, with type names that stock
 * clients cannot resolve.
 */
export function reflectionOf(services: readonly string[]): ReflectionService {
  const path = fileURLToPath(import.meta.resolve('@resmask/contracts/descriptors.binpb'));
  const fileDescriptorProtos = readFileDescriptors(readFileSync(path));
  const definition = { contracts: { format: 'Protocol Buffer 3 DescriptorProto', type: {}, fileDescriptorProtos } };
  return new ReflectionService(definition as unknown as PackageDefinition, {
    services: [...services, 'grpc.health.v1.Health'],
  });
}

/** The files of a FileDescriptorSet, each still encoded. */
function readFileDescriptors(set: Buffer): Buffer[] {
  const reader = new BinaryReader(set);
  const files: Buffer[] = [];
  while (reader.pos < reader.len) {
    const [field, wireType] = reader.tag();
    if (field === FILE_FIELD && wireType === WireType.LengthDelimited) files.push(Buffer.from(reader.bytes()));
    else reader.skip(wireType, field);
  }
  return files;
}
