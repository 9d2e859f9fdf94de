import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { loadFileDescriptorSetFromBuffer, loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { ReflectionService } from '@grpc/reflection';
import { protoPath as healthProto } from 'grpc-health-check';

/** Every message and service of the contracts, from the descriptor set generated beside them. */
export function loadDescriptors(): PackageDefinition {
  const path = fileURLToPath(import.meta.resolve('@resmask/contracts/descriptors.binpb'));
  return loadFileDescriptorSetFromBuffer(readFileSync(path));
}

/** Answers `grpcurl list` and `describe` for the given services and health. */
export function reflectionOf(services: readonly string[]): ReflectionService {
  // Generated definitions carry no descriptors: reflection would silently list nothing of them.
  const descriptors = { ...loadDescriptors(), ...loadSync(healthProto) };
  return new ReflectionService(descriptors, { services: [...services, 'grpc.health.v1.Health'] });
}
