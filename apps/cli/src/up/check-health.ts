import { type ClientUnaryCall, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { type ConnectOptions, channelCredentials } from '@resmask/client';
import { service as healthService } from 'grpc-health-check';

export type HealthStatus = 'SERVING' | 'NOT_SERVING' | 'UNKNOWN' | 'UNREACHABLE';

interface HealthClient {
  check(
    request: { service: string },
    options: { deadline: number },
    callback: (error: ServiceError | null, response: { status: HealthStatus }) => void,
  ): ClientUnaryCall;
  close(): void;
}

const TIMEOUT_MS = 3000;

/** Asks a service for its health (grpc.health.v1), which needs no token; one that does not answer is UNREACHABLE. */
export async function checkHealth(address: string, { tls }: Pick<ConnectOptions, 'tls'> = {}): Promise<HealthStatus> {
  const Client = makeGenericClientConstructor(healthService, 'Health') as unknown as new (
    ...args: unknown[]
  ) => HealthClient;
  const client = new Client(address, channelCredentials(address, { tls }));
  try {
    return await new Promise((resolve) => {
      client.check({ service: '' }, { deadline: Date.now() + TIMEOUT_MS }, (error, response) =>
        resolve(error ? 'UNREACHABLE' : response.status),
      );
    });
  } finally {
    client.close();
  }
}
