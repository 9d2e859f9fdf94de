import { credentials, type ServiceError } from '@grpc/grpc-js';
import { RegistryServiceClient } from '@resmask/contracts/registry.v1';

/** Stubs that share no connection. */
export function connect(address: string, connections: number): RegistryServiceClient[] {
  const options = { 'grpc.use_local_subchannel_pool': 1 };
  return Array.from(
    { length: connections },
    () => new RegistryServiceClient(address, credentials.createInsecure(), options),
  );
}

/** The answer of a unary call. */
export function answered<Answer>(
  call: (settle: (error: ServiceError | null, answer: Answer) => void) => unknown,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    call((error, answer) => (error ? reject(error) : resolve(answer)));
  });
}
