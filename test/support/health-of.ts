import { type Client, credentials, makeGenericClientConstructor, type ServiceError, status } from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';

const Health = makeGenericClientConstructor(healthService, 'Health');

/** What a service answers to a check of a name, or the code it refuses it with. */
export function healthOf(address: string, service: string): Promise<string> {
  return withClient(address, (client) => {
    const { promise, resolve } = Promise.withResolvers<string>();
    client['check']({ service }, (error: ServiceError | null, response: { status: string }) =>
      resolve(error ? status[error.code] : response.status),
    );
    return promise;
  });
}

/** Every name a service lists. */
export function namesWithHealth(address: string): Promise<string[]> {
  return withClient(address, (client) => {
    const { promise, resolve, reject } = Promise.withResolvers<string[]>();
    client['list']({}, (error: ServiceError | null, response: { statuses: object }) =>
      error ? reject(error) : resolve(Object.keys(response.statuses)),
    );
    return promise;
  });
}

type HealthClient = Client & Record<string, (request: object, answer: (...args: never[]) => void) => unknown>;

async function withClient<Answer>(address: string, ask: (client: HealthClient) => Promise<Answer>): Promise<Answer> {
  const client = new Health(address, credentials.createInsecure());
  try {
    return await ask(client as unknown as HealthClient);
  } finally {
    client.close();
  }
}
