import type { ServerDuplexStream } from '@grpc/grpc-js';
import {
  DeliveryMode,
  type Frame,
  type StreamConfig,
  type StreamFramesRequest,
  type StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import type { Engine, FrameLane } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import { type CallErrors, type Drain, writeMessage } from '@resmask/service-kit';
import type { ServedModels, ServingModels } from '../model/serving-models.js';
import { checkAlignment } from '../recognition/check-alignment.js';
import { AnswerQueue, type Place } from './answer-queue.js';
import type { FrameEvents } from './frame-events.js';
import { FramePath, type LateAnswer } from './frame-path.js';
import { FrameRateLimit } from './frame-rate-limit.js';
import { type Answer, acceptedAnswer } from './stream-answers.js';
import { serverStopping, streamIdle, streamTooOld } from './stream-ends.js';
import type { StreamLimits } from './stream-limits.js';
import { type StreamTerms, toStreamTerms } from './stream-terms.js';

export type FrameCall = ServerDuplexStream<StreamFramesRequest, StreamFramesResponse>;

/** What every stream of a service shares. */
export interface StreamParts {
  readonly models: ServingModels;
  readonly engine: Engine;
  readonly errors: CallErrors;
  readonly drain: Drain;
  readonly events: FrameEvents;
  readonly limits: StreamLimits;
}

/** What a stream has once its configuration is accepted. */
interface OpenStream {
  readonly path: FramePath;
  readonly terms: StreamTerms;
  readonly lane: FrameLane;
  readonly served: ServedModels;
}

/** Answers a live stream may have unwritten before reading waits: a client that does not read must not fill our memory. */
const MAX_UNWRITTEN = 64;
/** … or as many as hold so much: explained frames have large answers. */
const MAX_UNWRITTEN_BYTES = 1_048_576;
/** From this size on an answer is written only when the one before has left. */
const LARGE_ANSWER_BYTES = 65_536;

/** The life of one stream: configuration, frames, answers in order, end. */
export class FrameStream {
  readonly #abort = new AbortController();
  readonly #over = Promise.withResolvers<void>();
  readonly #answers: AnswerQueue<LateAnswer>;
  readonly #rate: FrameRateLimit;
  #endsAt = Number.POSITIVE_INFINITY;
  #accepting = false;
  #open: OpenStream | undefined;
  #lastRead = 0;
  #lastAnswered = 0;
  #lastReadAt = performance.now();
  #lastWrittenAt = performance.now();
  #reading = true;
  #ratePause: NodeJS.Timeout | undefined;

  constructor(
    readonly call: FrameCall,
    readonly parts: StreamParts,
  ) {
    const { maxFramesPerSecond } = parts.limits;
    this.#answers = new AnswerQueue(
      (answer, bytes) => this.#write(answer(), bytes),
      () => this.#readOn(),
    );
    this.#rate = new FrameRateLimit(maxFramesPerSecond, performance.now());
  }

  /** Resolves when the client has ended its side and every frame is answered. @throws what ends the call with a status. */
  async serve(): Promise<void> {
    const { call, parts } = this;
    const drain = (): void => this.#moveOn(serverStopping);
    call.on('data', (request: StreamFramesRequest) => this.#receive(request));
    call.on('end', () => this.#end());
    call.on('cancelled', () => this.#cancel());
    parts.drain.signal.addEventListener('abort', drain, { once: true });
    if (parts.drain.signal.aborted) drain();
    try {
      await this.#over.promise;
    } finally {
      parts.drain.signal.removeEventListener('abort', drain);
      clearTimeout(this.#ratePause);
      this.#abort.abort();
      this.#open?.path.close();
      this.#open?.served.release();
    }
  }

  /** Called about twice a second: says that the stream lives, and ends it when its time is over. */
  tick(now: number): void {
    const { idleTimeoutMs } = this.parts.limits;
    if (!this.#reading) return;
    if (now > this.#endsAt) this.#moveOn(streamTooOld);
    else if (idleTimeoutMs > 0 && this.#isIdle && now - this.#lastReadAt > idleTimeoutMs)
      this.#end(() => Promise.reject(streamIdle(idleTimeoutMs)));
    else if (this.#open && !this.#answers.writing && now - this.#lastWrittenAt > this.#open.terms.heartbeatMs)
      this.#sayAlive(now);
  }

  /** Whether it is the client's turn: models that are being loaded are not its fault. */
  get #isIdle(): boolean {
    return !this.#accepting && this.#answers.pending === 0;
  }

  /** Ahead of answers that are still being made: they are what takes so long. */
  #sayAlive(now: number): void {
    this.#lastWrittenAt = now;
    this.call.write({ message: { $case: 'heartbeat', value: { lastFrameId: this.#lastAnswered } } });
  }

  #receive({ message }: StreamFramesRequest): void {
    if (!this.#reading) return;
    this.#lastReadAt = performance.now();
    try {
      if (this.#open) this.#receiveFrame(this.#open, message);
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
    this.#accepting = true;
    this.#accept(message.value)
      .then(
        () => this.#startClocks(),
        (error: unknown) => this.#over.reject(error),
      )
      .finally(() => {
        this.#accepting = false;
        this.#readOn();
      });
  }

  #startClocks(): void {
    const { maxStreamAgeMs } = this.parts.limits;
    const now = performance.now();
    this.#lastReadAt = now;
    // Streams that were opened together shall not all move on together.
    if (maxStreamAgeMs > 0) this.#endsAt = now + maxStreamAgeMs * (0.9 + Math.random() * 0.2);
  }

  async #accept(config: StreamConfig): Promise<void> {
    const { models, engine, errors, events, limits } = this.parts;
    const terms = toStreamTerms(config, engine.options.workers);
    const served = await models.acquire(config);
    try {
      checkAlignment(terms.alignment, served.detector);
      // Loaded now, so that no frame waits for it, and said now if it cannot be.
      if (terms.explanation) (await engine.acquireExplainer(served.classifier)).release();
    } catch (error) {
      served.release();
      throw error;
    }
    if (!this.#reading) {
      // The client or the service went away meanwhile.
      served.release();
      return;
    }
    const newestOnly = terms.mode === DeliveryMode.DELIVERY_MODE_LATEST;
    const lane = engine.openLane({ newestOnly, maxInFlight: terms.maxInFlight });
    const signal = this.#abort.signal;
    const onHint = (answer: Answer): void => this.#say(answer);
    const path = new FramePath({ engine, lane, models: served, terms, errors, events, signal, onHint });
    this.#open = { path, terms, lane, served };
    this.#say(acceptedAnswer(served, terms, limits, engine.provider));
  }

  #receiveFrame(open: OpenStream, message: StreamFramesRequest['message']): void {
    if (message?.$case === 'config') {
      throw new DomainError(
        'STREAM_OUT_OF_ORDER',
        'a stream is configured once, by its first message; open another stream for another configuration',
      );
    }
    const place = this.#answers.take();
    if (message) {
      this.#takeFrame(open, message.value, place);
    } else {
      const error = new DomainError('MESSAGE_EMPTY', 'the message has neither `config` nor `frame`');
      open.path.fail({ frameId: 0, captureTime: undefined }, error, place);
    }
    if (!this.#hasRoom) this.call.pause();
  }

  #takeFrame({ path, terms }: OpenStream, frame: Frame, place: Place<LateAnswer>): void {
    const { frameId } = frame;
    if (frameId <= this.#lastRead) {
      const message = `frame_id is ${frameId}, the one before was ${this.#lastRead}; ids must grow, and start above 0`;
      path.fail(frame, new DomainError('FRAME_ID_NOT_INCREASING', message), place);
      return;
    }
    this.#lastRead = frameId;
    const now = performance.now();
    if (terms.mode === DeliveryMode.DELIVERY_MODE_LATEST && !this.#rate.take(now)) {
      path.drop(frame, 'rate-limited', place);
      return;
    }
    if (terms.mode === DeliveryMode.DELIVERY_MODE_LOSSLESS) this.#pauseReading(this.#rate.spend(now));
    path.run(frame, place, now);
  }

  get #hasRoom(): boolean {
    return this.#answers.pending < this.#maxUnwritten && this.#answers.bytes < MAX_UNWRITTEN_BYTES;
  }

  /** In LOSSLESS mode reading waits for answers to be written, so the sender feels a slow server; LATEST reads on and drops. */
  get #maxUnwritten(): number {
    const terms = this.#open?.terms;
    return terms?.mode === DeliveryMode.DELIVERY_MODE_LOSSLESS ? terms.maxInFlight : MAX_UNWRITTEN;
  }

  #pauseReading(milliseconds: number): void {
    if (milliseconds === 0) return;
    this.call.pause();
    this.#ratePause ??= setTimeout(() => {
      this.#ratePause = undefined;
      this.#readOn();
    }, milliseconds);
  }

  /** Says something that answers no frame, after the answers so far. */
  #say(answer: Answer): void {
    this.#answers.take().fill(() => answer);
  }

  async #write(answer: Answer, bytes: number): Promise<void> {
    // The call lets sixteen answers wait, whatever their size.
    if (bytes < LARGE_ANSWER_BYTES) await writeMessage(this.call, { message: answer });
    else await this.#writeThrough({ message: answer });
    this.#lastWrittenAt = performance.now();
    if ('frameId' in answer.value) this.#lastAnswered = Math.max(this.#lastAnswered, answer.value.frameId);
  }

  /** Resolves when the message has left the call's own queue, or the call is over. */
  async #writeThrough(message: StreamFramesResponse): Promise<void> {
    const { call } = this;
    if (call.cancelled) return;
    await new Promise<void>((resolve) => {
      const done = (): void => {
        call.off('cancelled', done);
        call.off('close', done);
        resolve();
      };
      call.once('cancelled', done);
      call.once('close', done);
      call.write(message, done);
    });
  }

  #readOn(): void {
    if (!this.#reading || !this.#open || this.#ratePause) return;
    if (this.#hasRoom) this.call.resume();
  }

  /** Reads no more, and ends when every frame read so far is answered. */
  #end(last: () => Promise<void> = async () => {}): void {
    if (!this.#reading) return;
    this.#reading = false;
    this.#answers.written().then(last).then(this.#over.resolve, this.#over.reject);
  }

  /** Ends the stream when what was read is answered, and tells the client where to go on. */
  #moveOn(why: () => DomainError): void {
    this.#end(async () => {
      const last = this.#lastAnswered;
      const value = { lastFrameId: last, resumeFrameId: last === 0 ? 0 : last + 1 };
      await writeMessage(this.call, { message: { $case: 'draining', value } });
      throw why();
    });
  }

  #cancel(): void {
    this.#abort.abort();
    this.#open?.path.close();
    this.#reading = false;
    this.#over.resolve();
  }
}
