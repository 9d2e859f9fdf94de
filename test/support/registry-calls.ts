import { type ClientUnaryCall, credentials, type ServiceError } from '@grpc/grpc-js';
import { ResmaskError } from '@resmask/client';
import { RegistryServiceClient } from '@resmask/contracts/registry.v1';

export type Unary<Request, Response> = (
  request: Request,
  callback: (error: ServiceError | null, response: Response) => void,
) => ClientUnaryCall;

/** The registry's methods with every field of their requests, where the client package has shorter ways. */
export class RegistryCalls {
  readonly stub: RegistryServiceClient;

  constructor(address: string) {
    this.stub = new RegistryServiceClient(address, credentials.createInsecure());
  }

  /** @throws ResmaskError */
  call<Request, Response>(
    method: (stub: RegistryServiceClient) => Unary<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      method(this.stub).call(this.stub, request, (error, response) =>
        error ? reject(ResmaskError.from(error)) : resolve(response),
      );
    });
  }

  close(): void {
    this.stub.close();
  }
}
