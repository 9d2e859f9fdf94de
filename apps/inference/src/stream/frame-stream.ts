import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  DeliveryMode,
  type Frame,
  type StreamConfig,
  type StreamFramesRequest,
  type StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import type { Recognition } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import { type CallErrors, type Drain, writeMessage } from '@resmask/service-kit';
import type { ServedModels, ServingModels } from '../model/serving-models.js';
import { toFaceMessages } from '../recognition/recognition.messages.js';
import type { Recognizer } from '../recognition/recognizer.js';
import { AnswerQueue, type Place } from './answer-queue.js';
import { FrameSlots } from './frame-slots.js';
import { type StreamTerms, toStreamTerms } from './stream-config.js';

export type FrameCall = ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>;
type Answer = NonNullable<StreamFramesResponse['message']>;

/** What every stream of a service shares. */
export interface StreamParts {
  readonly models: ServingModels;
  readonly recognizer: Recognizer;
  readonly errors: CallErrors;
  readonly drain: Drain;
  readonly workers: number;
  /** What `accepted` tells of the service. */
  readonly limits: {
    readonly maxFramePixels: number;
    readonly maxMessageBytes: number;
    readonly executionProvider: string;
  };
}

/** A frame that was read, the place its answer goes to, and when it came. */
interface TakenFrame {
  readonly frame: Frame;
  readonly place: Place<Answer>;
  readonly readAt: number;
}

/** Answers a live stream may have unwritten before reading waits: a client that does not read must not fill our memory. */
const MAX_UNWRITTEN = 256;

/** The life of one stream: configuration, frames, answers in order, end. */
export class FrameStream {
  readonly #abort = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #answers: AnswerQueue<Answer>;
  #slots: FrameSlots<TakenFrame> | undefined;
  #models: ServedModels | undefined;
  #terms: StreamTerms | undefined;
  #lastRead = 0;
  #lastAnswered = 0;
  #reading = true;

  constructor(
    readonly call: FrameCall,
    readonly parts: StreamParts,
  ) {
    this.#answers = new AnswerQueue(
      (answer) => this.#write(answer),
      () => this.#readOn(),
    );
  }

  /** Resolves when the client has ended its side and every frame is answered. @throws what ends the call with a status. */
  async serve(): Promise<void> {
    const { call, parts } = this;
    const drain = (): void => this.#end(() => this.#sayDraining());
    call.on('data', (request: StreamFramesRequest) => this.#receive(request));
    call.on('end', () => this.#end());
    call.on('cancelled', () => this.#cancel());
    parts.drain.signal.addEventListener('abort', drain, { once: true });
    if (parts.drain.signal.aborted) drain();
    try {
      await this.#over.promise;
    } finally {
      parts.drain.signal.removeEventListener('abort', drain);
      this.#abort.abort();
      this.#models?.release();
    }
  }

  #receive({ message }: StreamFramesRequest): void {
    if (!this.#reading) return;
    try {
      if (this.#slots) this.#receiveFrame(this.#slots, message);
      else this.#receiveFirst(message);
    } catch (error) {
      this.#end(() => Promise.reject(error));
    }
  }

  #receiveFirst(message: StreamFramesRequest['message']): void {
    if (message?.$case !== 'config') {
      throw new DomainError('STREAM_OUT_OF_ORDER', 'the first message of a stream must be `config`');
    }
    // Frames wait in the transport until the models are loaded.
    this.call.pause();
    this.#accept(message.value).then(
      () => this.#readOn(),
      (error: unknown) => this.#over.reject(error),
    );
  }

  async #accept(config: StreamConfig): Promise<void> {
    const { models, workers, limits } = this.parts;
    const terms = toStreamTerms(config, workers);
    const served = await models.acquire(config);
    if (!this.#reading) {
      // The client or the service went away meanwhile.
      served.release();
      return;
    }
    this.#models = served;
    this.#terms = terms;
    this.#answers.take().fill({
      $case: 'accepted',
      value: {
        model: served.classifier.name,
        detector: served.detector?.name ?? '',
        labels: [...served.labels],
        ...terms,
        ...limits,
      },
    });
    this.#slots = new FrameSlots<TakenFrame>({
      maxInFlight: terms.maxInFlight,
      newestOnly: terms.mode === DeliveryMode.DELIVERY_MODE_LATEST,
      run: (taken) => this.#recognize(taken, served, terms.maxFaces),
      drop: ({ frame: { frameId, captureTime }, place }) =>
        place.fill({ $case: 'dropped', value: { frameId, captureTime } }),
    });
  }

  #receiveFrame(slots: FrameSlots<TakenFrame>, message: StreamFramesRequest['message']): void {
    if (message?.$case === 'config') {
      throw new DomainError(
        'STREAM_OUT_OF_ORDER',
        'a stream is configured once, by its first message; open another stream for another configuration',
      );
    }
    const place = this.#answers.take();
    if (!message) {
      const error = new DomainError('MESSAGE_EMPTY', 'the message has neither `config` nor `frame`');
      place.fill(this.#errorAnswer(0, undefined, error));
    } else {
      this.#takeFrame(slots, message.value, place);
    }
    if (this.#answers.pending >= this.#maxUnwritten) this.call.pause();
  }

  #takeFrame(slots: FrameSlots<TakenFrame>, frame: Frame, place: Place<Answer>): void {
    const { frameId, captureTime } = frame;
    if (frameId <= this.#lastRead) {
      const message = `frame_id is ${frameId}, the one before was ${this.#lastRead}; ids must grow, and start above 0`;
      place.fill(this.#errorAnswer(frameId, captureTime, new DomainError('FRAME_ID_NOT_INCREASING', message)));
      return;
    }
    this.#lastRead = frameId;
    slots.offer({ frame, place, readAt: performance.now() });
  }

  /** In LOSSLESS mode reading waits for answers to be written, so the sender feels a slow server; LATEST reads on and drops. */
  get #maxUnwritten(): number {
    const terms = this.#terms;
    return terms?.mode === DeliveryMode.DELIVERY_MODE_LOSSLESS ? terms.maxInFlight : MAX_UNWRITTEN;
  }

  async #recognize({ frame, place, readAt }: TakenFrame, models: ServedModels, maxFaces: number): Promise<void> {
    const { frameId, captureTime, image, regions } = frame;
    try {
      const found = await this.parts.recognizer.recognize(image, regions, maxFaces, models, this.#abort.signal);
      place.fill(resultAnswer(frame, found, models, readAt));
    } catch (error) {
      place.fill(this.#errorAnswer(frameId, captureTime, error));
    }
  }

  #errorAnswer(frameId: number, captureTime: Frame['captureTime'], error: unknown): Answer {
    // A cancelled stream has nobody to tell, and its frames are no errors of the service.
    const status = this.#abort.signal.aborted ? undefined : this.parts.errors.toStatus(error);
    return { $case: 'error', value: { frameId, captureTime, status } };
  }

  async #write(answer: Answer): Promise<void> {
    await writeMessage(this.call, { message: answer });
    if (answer.$case !== 'accepted' && answer.$case !== 'draining')
      this.#lastAnswered = Math.max(this.#lastAnswered, answer.value.frameId);
  }

  #readOn(): void {
    if (this.#reading && this.#slots && this.#answers.pending < this.#maxUnwritten) this.call.resume();
  }

  /** Reads no more, and ends when every frame read so far is answered. */
  #end(last: () => Promise<void> = async () => {}): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#answers.written().then(last).then(this.#over.resolve, this.#over.reject);
  }

  async #sayDraining(): Promise<never> {
    await writeMessage(this.call, { message: { $case: 'draining', value: { lastFrameId: this.#lastAnswered } } });
    throw new DomainError('DRAINING', 'this server is stopping; open a new stream and go on with the next frame', {
      retryAfterMs: 500,
    });
  }

  #cancel(): void {
    this.#abort.abort();
    this.#slots?.clear();
    this.#reading = false;
    this.#over.resolve();
  }
}

function resultAnswer(
  { frameId, captureTime }: Frame,
  found: Recognition,
  { labels }: ServedModels,
  readAt: number,
): Answer {
  const nanos = Math.round((performance.now() - readAt) * 1_000_000);
  return {
    $case: 'result',
    value: {
      frameId,
      captureTime,
      width: found.width,
      height: found.height,
      faces: toFaceMessages(found, labels),
      serverDuration: { seconds: Math.floor(nanos / 1e9), nanos: nanos % 1e9 },
    },
  };
}
