import { credentials } from '@grpc/grpc-js';
import { ResmaskError } from '@resmask/client';
import {
  ExplainRequest,
  type ExplainResponse,
  InferenceServiceClient,
  type ListServedModelsRequest,
  type ListServedModelsResponse,
  type LoadModelRequest,
  type LoadModelResponse,
  RecognizeRequest,
  type RecognizeResponse,
  type ServedModel,
} from '@resmask/contracts/inference.v1';
import type { Unary } from './registry-calls.js';

/** The inference service's methods on a connection of their own. Every method throws ResmaskError. */
export class InferenceCalls {
  readonly stub: InferenceServiceClient;

  constructor(address: string) {
    this.stub = new InferenceServiceClient(address, credentials.createInsecure(), {
      // A service that was away must not be taken for one that still is.
      'grpc.initial_reconnect_backoff_ms': 100,
      'grpc.max_reconnect_backoff_ms': 200,
      'grpc.use_local_subchannel_pool': 1,
    });
  }

  async list(): Promise<ServedModel[]> {
    const { listServedModels } = this.stub;
    return (await this.#call<ListServedModelsRequest, ListServedModelsResponse>(listServedModels, { parent: '' }))
      .servedModels;
  }

  async load(model: string): Promise<ServedModel | undefined> {
    const request = { parent: '', model };
    return (await this.#call<LoadModelRequest, LoadModelResponse>(this.stub.loadModel, request)).servedModel;
  }

  async unload(model: string): Promise<void> {
    await this.#call(this.stub.unloadModel, { parent: '', model });
  }

  recognize(request: Partial<RecognizeRequest>): Promise<RecognizeResponse> {
    return this.#call(this.stub.recognize, RecognizeRequest.fromPartial(request));
  }

  explain(request: Partial<ExplainRequest>): Promise<ExplainResponse> {
    return this.#call(this.stub.explain, ExplainRequest.fromPartial(request));
  }

  close(): void {
    this.stub.close();
  }

  #call<Request, Response>(method: Unary<Request, Response>, request: Request): Promise<Response> {
    return new Promise((resolve, reject) => {
      method.call(this.stub, request, (error, response) =>
        error ? reject(ResmaskError.from(error)) : resolve(response),
      );
    });
  }
}
