import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  credentials,
  type GrpcObject,
  loadPackageDefinition,
  type ServiceClientConstructor,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { loadFileDescriptorSetFromBuffer, type PackageDefinition } from '@grpc/proto-loader';

/** What is described beside these is health. */
const OUR_PACKAGES = /^(resmask|inference)\./;

/** A method of a service as its descriptor describes it. */
export interface DescribedMethod {
  readonly service: string;
  readonly method: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
}

/** Every message and service of the contracts, from the descriptor set generated beside them. */
export function loadDescriptors(): PackageDefinition {
  const path = fileURLToPath(import.meta.resolve('@resmask/contracts/descriptors.binpb'));
  return loadFileDescriptorSetFromBuffer(readFileSync(path));
}

export function methodsOf(descriptors: PackageDefinition): DescribedMethod[] {
  return Object.entries(descriptors).flatMap(([service, definition]) =>
    'format' in definition || !OUR_PACKAGES.test(service)
      ? []
      : Object.entries(definition).map(([method, { requestStream, responseStream }]) => ({
          service,
          method,
          requestStream,
          responseStream,
        })),
  );
}

/** Calls a method with one empty message. @returns the code it ended with */
export async function callEmpty(
  descriptors: PackageDefinition,
  address: string,
  { service, method, requestStream, responseStream }: DescribedMethod,
): Promise<string> {
  const Client = find(loadPackageDefinition(descriptors), service);
  const client = new Client(address, credentials.createInsecure());
  try {
    const code = await new Promise<number>((resolve) => {
      const settle = (error: ServiceError | null): void => resolve(error?.code ?? status.OK);
      const call = requestStream
        ? responseStream
          ? client[method]()
          : client[method](settle)
        : responseStream
          ? client[method]({})
          : client[method]({}, settle);
      call.on('error', settle);
      if (responseStream) call.on('data', () => {}).on('end', () => settle(null));
      if (requestStream) {
        call.write({});
        call.end();
      }
    });
    return status[code];
  } finally {
    client.close();
  }
}

function find(root: GrpcObject, service: string): ServiceClientConstructor {
  const found = service.split('.').reduce<unknown>((object, name) => (object as GrpcObject)[name], root);
  return found as ServiceClientConstructor;
}
