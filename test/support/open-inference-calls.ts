import {
  type CallOptions,
  type ClientDuplexStream,
  type ClientUnaryCall,
  credentials,
  Metadata,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import {
  GRPCInferenceServiceClient,
  ModelInferRequest,
  type ModelInferRequest_InferInputTensor,
  type ModelInferRequest_InferRequestedOutputTensor,
  type ModelInferResponse,
  type ModelStreamInferResponse,
} from '@resmask/contracts/open-inference';

type Answer<Response> = (error: ServiceError | null, response: Response) => void;

/** Every form of a generated method, or its types would not be found out. */
interface Unary<Request, Response> {
  (request: Request, answer: Answer<Response>): ClientUnaryCall;
  (request: Request, metadata: Metadata, answer: Answer<Response>): ClientUnaryCall;
  (request: Request, metadata: Metadata, options: Partial<CallOptions>, answer: Answer<Response>): ClientUnaryCall;
}

/** A request without what it need not say. */
export type PartialRequest = Partial<Omit<ModelInferRequest, 'inputs' | 'outputs'>> & {
  readonly inputs?: Partial<ModelInferRequest_InferInputTensor>[];
  readonly outputs?: Partial<ModelInferRequest_InferRequestedOutputTensor>[];
};

function whole(request: PartialRequest): ModelInferRequest {
  return ModelInferRequest.fromPartial(request as ModelInferRequest);
}

/** How a stream of requests ended: its answers, and the code of its status. */
export interface StreamEnding {
  readonly answers: readonly ModelStreamInferResponse[];
  readonly code: string;
}

/** The Open Inference Protocol's methods as a client without any library calls them. */
export class OpenInferenceCalls {
  readonly stub: GRPCInferenceServiceClient;

  constructor(
    address: string,
    readonly metadata = new Metadata(),
  ) {
    this.stub = new GRPCInferenceServiceClient(address, credentials.createInsecure());
  }

  /** @throws ServiceError */
  call<Request, Response>(
    method: (stub: GRPCInferenceServiceClient) => Unary<Request, Response>,
    request: Request,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      const answer: Answer<Response> = (error, response) => (error ? reject(error) : resolve(response));
      Reflect.apply(method(this.stub), this.stub, [request, this.metadata, answer]);
    });
  }

  infer(request: PartialRequest): Promise<ModelInferResponse> {
    return this.call((stub) => stub.modelInfer, whole(request));
  }

  openStream(metadata: Metadata): ClientDuplexStream<ModelInferRequest, ModelStreamInferResponse> {
    return this.stub.modelStreamInfer(metadata);
  }

  /** Sends requests at once and ends its side. */
  async stream(metadata: Metadata, requests: readonly PartialRequest[]): Promise<StreamEnding> {
    const call = this.openStream(metadata);
    const answers: ModelStreamInferResponse[] = [];
    const code = await new Promise<number>((resolve) => {
      call.on('data', (answer: ModelStreamInferResponse) => answers.push(answer));
      call.on('error', () => {});
      call.on('status', (ending) => resolve(ending.code));
      for (const request of requests) call.write(whole(request));
      call.end();
    });
    return { answers, code: status[code] };
  }

  close(): void {
    this.stub.close();
  }
}

/** The code of a call that fails, `OK` of one that does not. */
export async function codeOf(call: Promise<unknown>): Promise<string> {
  return call.then(
    () => 'OK',
    (error: ServiceError) => status[error.code],
  );
}
