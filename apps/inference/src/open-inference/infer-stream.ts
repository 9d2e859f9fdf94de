import type { ServerDuplexStream } from '@grpc/grpc-js';
import type {
  InferParameter,
  ModelInferRequest,
  ModelInferResponse,
  ModelStreamInferResponse,
} from '@resmask/contracts/open-inference';
import { ModelInferResponse as InferResponse } from '@resmask/contracts/open-inference';
import { DomainError } from '@resmask/errors';
import { authorize, type CallErrors, type Drain, principalOf, writeMessage } from '@resmask/service-kit';
import { AnswerQueue, type Place } from '../stream/answer-queue.js';
import type { TensorInference } from './tensor-inference.js';
import { namedResource } from './version-reference.js';

export type InferCall = ServerDuplexStream<ModelInferRequest, ModelStreamInferResponse>;

/** What every stream of the service shares. */
export interface InferStreamParts {
  readonly inference: TensorInference;
  readonly errors: CallErrors;
  readonly drain: Drain;
}

type Answer = { readonly response: ModelInferResponse } | { readonly id: string; readonly failure: unknown };

/** Requests a stream may have unanswered or unwritten before reading waits. */
const MAX_UNWRITTEN = 64;
/** Metadata by which a client asks that the first failure ends its stream with a status. */
const END_AT_ERROR = 'triton_grpc_error';
const FINAL: InferParameter = { parameterChoice: { $case: 'boolParam', value: true } };

/** The life of one stream: requests run side by side, and each is answered once, in the order they came. */
export class InferStream {
  readonly #abort = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #answers: AnswerQueue<Answer>;
  readonly #endsAtError: boolean;
  #reading = true;
  #ended = false;

  constructor(
    readonly call: InferCall,
    readonly parts: InferStreamParts,
  ) {
    this.#endsAtError = call.metadata.get(END_AT_ERROR).some((value) => String(value).toLowerCase() === 'true');
    this.#answers = new AnswerQueue(
      (answer) => this.#write(answer),
      () => this.#readOn(),
    );
  }

  /** Resolves when the client has ended its side and every request is answered. @throws what ends the call with a status. */
  async serve(): Promise<void> {
    const { call, parts } = this;
    const drain = (): void => this.#end(() => Promise.reject(draining()));
    call.on('data', (request: ModelInferRequest) => this.#receive(request));
    call.on('end', () => this.#end());
    call.on('cancelled', () => this.#stop());
    parts.drain.signal.addEventListener('abort', drain, { once: true });
    if (parts.drain.signal.aborted) drain();
    try {
      await this.#over.promise;
    } finally {
      parts.drain.signal.removeEventListener('abort', drain);
      this.#stop();
    }
  }

  #receive(request: ModelInferRequest): void {
    if (!this.#reading) return;
    this.#answer(request, this.#answers.take());
    if (this.#answers.pending >= MAX_UNWRITTEN) this.call.pause();
  }

  async #answer(request: ModelInferRequest, place: Place<Answer>): Promise<void> {
    try {
      // The policy has seen the first request only, and each may name a model elsewhere.
      authorize(principalOf(this.call), namedResource(request.modelName), 'caller');
      place.fill({ response: await this.parts.inference.infer(request, this.#abort.signal) });
    } catch (failure) {
      place.fill({ id: request.id, failure });
    }
  }

  async #write(answer: Answer): Promise<void> {
    if (this.#ended || this.#abort.signal.aborted) return;
    if ('response' in answer) {
      const { response } = answer;
      const parameters = { ...response.parameters, triton_final_response: FINAL };
      await writeMessage(this.call, { errorMessage: '', inferResponse: { ...response, parameters } });
    } else if (this.#endsAtError) {
      this.#ended = true;
      this.#over.reject(answer.failure);
    } else {
      const { message } = this.parts.errors.toStatus(answer.failure);
      const inferResponse = InferResponse.fromPartial({ id: answer.id });
      await writeMessage(this.call, { errorMessage: message, inferResponse });
    }
  }

  #readOn(): void {
    if (this.#reading && this.#answers.pending < MAX_UNWRITTEN) this.call.resume();
  }

  /** Reads no more, and ends when every request read so far is answered. */
  #end(last: () => Promise<void> = async () => {}): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#answers.written().then(last).then(this.#over.resolve, this.#over.reject);
  }

  /** Takes what still waits out of the queue: nobody reads its answer. */
  #stop(): void {
    this.#reading = false;
    this.#abort.abort();
    this.#over.resolve();
  }
}

function draining(): DomainError {
  const message = 'this server is stopping; open a new stream and send what was not answered';
  return new DomainError('DRAINING', message, { retryAfterMs: 500 });
}
