import { readFileSync } from 'node:fs';
import { Controller } from '@nestjs/common';
import { GrpcMethod } from '@nestjs/microservices';
import type {
  ServerLiveResponse,
  ServerMetadataResponse,
  ServerReadyResponse,
} from '@resmask/contracts/open-inference';
import { DomainError } from '@resmask/errors';
import { Drain, Readiness } from '@resmask/service-kit';

const SERVICE = 'GRPCInferenceService';
const { version: VERSION } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
/** Extensions of the protocol, by the names that clients look for. */
const EXTENSIONS = [
  'binary_tensor_data',
  'classification',
  'model_configuration',
  'model_repository',
  'parameters',
  'schedule_policy',
  'statistics',
];

/** The server itself, and what of the protocol it does not have. */
@Controller()
export class ServerController {
  constructor(
    readonly readiness: Readiness,
    readonly drain: Drain,
  ) {}

  @GrpcMethod(SERVICE, 'serverLive')
  serverLive(): ServerLiveResponse {
    return { live: true };
  }

  @GrpcMethod(SERVICE, 'serverReady')
  serverReady(): ServerReadyResponse {
    return { ready: this.readiness.ready && !this.drain.signal.aborted };
  }

  @GrpcMethod(SERVICE, 'serverMetadata')
  serverMetadata(): ServerMetadataResponse {
    return { name: 'resmask', version: VERSION, extensions: [...EXTENSIONS] };
  }

  @GrpcMethod(SERVICE, 'systemSharedMemoryStatus')
  systemSharedMemoryStatus(): never {
    throw noSharedMemory();
  }

  @GrpcMethod(SERVICE, 'systemSharedMemoryRegister')
  systemSharedMemoryRegister(): never {
    throw noSharedMemory();
  }

  @GrpcMethod(SERVICE, 'systemSharedMemoryUnregister')
  systemSharedMemoryUnregister(): never {
    throw noSharedMemory();
  }

  @GrpcMethod(SERVICE, 'cudaSharedMemoryStatus')
  cudaSharedMemoryStatus(): never {
    throw noSharedMemory();
  }

  @GrpcMethod(SERVICE, 'cudaSharedMemoryRegister')
  cudaSharedMemoryRegister(): never {
    throw noSharedMemory();
  }

  @GrpcMethod(SERVICE, 'cudaSharedMemoryUnregister')
  cudaSharedMemoryUnregister(): never {
    throw noSharedMemory();
  }

  @GrpcMethod(SERVICE, 'traceSetting')
  traceSetting(): never {
    throw new DomainError(
      'NOT_SUPPORTED',
      "tracing is set up by OpenTelemetry's variables in the service's environment",
    );
  }

  @GrpcMethod(SERVICE, 'logSettings')
  logSettings(): never {
    throw new DomainError('NOT_SUPPORTED', "logging is set up by RESMASK_LOG_LEVEL in the service's environment");
  }
}

function noSharedMemory(): DomainError {
  return new DomainError('NOT_SUPPORTED', 'this server has no shared memory; send and read tensors in the messages');
}
