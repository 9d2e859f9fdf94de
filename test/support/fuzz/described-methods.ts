import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createFileRegistry, type DescMethod, fromBinary } from '@bufbuild/protobuf';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';

const DESCRIPTORS = fileURLToPath(import.meta.resolve('@resmask/contracts/descriptors.binpb'));

/** Every method of a service with its messages' fields, from the descriptor set generated beside the contracts. */
export function describedMethods(service: string): readonly DescMethod[] {
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, readFileSync(DESCRIPTORS)));
  const found = registry.getService(service);
  if (!found) throw new TypeError(`there is no service ${service}`);
  return found.methods;
}
