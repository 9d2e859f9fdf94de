import { setTimeout as delay } from 'node:timers/promises';
import { type ClientDuplexStream, credentials, type StatusObject } from '@grpc/grpc-js';
import type { Duration } from '@resmask/contracts/google.protobuf/duration';
import {
  DeliveryMode,
  Frame,
  type InferenceServiceClient,
  PixelFormat,
  StreamConfig,
  type StreamFramesRequest,
  type StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import { FrameServiceClient } from '../../../libs/client/dist/stream/frame-service-client.js';
import { FRAME_BYTES, SIDE } from './bench-models.ts';

/** What became of one frame. */
export interface Sample {
  readonly frameId: number;
  /** When it was due, by `performance.now()`: a sender that is late makes it no younger. */
  readonly dueAt: number;
  readonly answeredAt: number;
  readonly kind: 'result' | 'dropped' | 'error';
  /** Milliseconds by phase; of results. */
  readonly timings: Readonly<Record<'receive' | 'decode' | 'detect' | 'queue' | 'infer' | 'send', number>> | undefined;
  readonly batchSize: number;
}

/** The image of frames and how they are streamed. */
export interface LoadOptions {
  readonly model?: string;
  readonly mode?: DeliveryMode;
  readonly maxInFlight?: number;
  /** An encoded image that is detected in; a raw crop of the whole frame without. */
  readonly jpeg?: Buffer;
}

type Call = ClientDuplexStream<StreamFramesRequest, StreamFramesResponse>;

/** One stream over a connection of its own, its frames, and what became of them in the order of answers. */
export class FrameLoad {
  readonly samples: Sample[] = [];
  readonly #due = new Map<number, number>();
  readonly #client: InferenceServiceClient;
  readonly call: Call;
  readonly #image: Frame['image'];
  readonly accepted: Promise<void>;
  /** How the call ended. */
  readonly status: Promise<StatusObject>;
  #nextId = 1;
  #lastBeforeDraining = 0;
  #onAnswer: (sample: Sample) => void = () => {};

  constructor(address: string, options: LoadOptions = {}) {
    const { jpeg, model = '', mode = DeliveryMode.DELIVERY_MODE_LOSSLESS, maxInFlight = 0 } = options;
    this.#client = new FrameServiceClient(address, credentials.createInsecure(), {
      'grpc.use_local_subchannel_pool': 1,
    });
    this.call = this.#client.streamFrames();
    this.call.on('error', () => {});
    this.status = new Promise((resolve) => this.call.once('status', resolve));
    const value = {
      format: PixelFormat.PIXEL_FORMAT_RGB24,
      width: SIDE,
      height: SIDE,
      data: Buffer.alloc(FRAME_BYTES, 127),
    };
    this.#image = { content: jpeg ? { $case: 'encoded', value: jpeg } : { $case: 'raw', value } };
    const regions = jpeg ? [] : [{ area: { $case: 'wholeFrame' as const, value: {} } }];
    const config = StreamConfig.fromPartial({ model, mode, maxInFlight, regions });
    this.call.write({ message: { $case: 'config', value: config } });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.accepted = promise;
    this.call.on('data', ({ message }: StreamFramesResponse) => {
      if (message?.$case === 'accepted') resolve();
      else if (message?.$case === 'draining') this.#lastBeforeDraining = message.value.lastFrameId;
      else if (message) this.#take(message);
    });
  }

  /** Frames sent that have no answer. */
  get unanswered(): number {
    return this.#due.size;
  }

  /** Frames up to the one the server said was its last that have no answer. */
  get lostBeforeDraining(): number {
    return [...this.#due.keys()].filter((frameId) => frameId <= this.#lastBeforeDraining).length;
  }

  /** @returns whether the transport would take more */
  send(dueAt = performance.now()): boolean {
    const frameId = this.#nextId++;
    this.#due.set(frameId, dueAt);
    return this.call.write({ message: { $case: 'frame', value: Frame.fromPartial({ frameId, image: this.#image }) } });
  }

  /** Keeps so many frames under way until the time is over. */
  async closedLoop(inFlight: number, forMs: number): Promise<void> {
    await this.accepted;
    const end = performance.now() + forMs;
    this.#onAnswer = () => performance.now() < end && this.send();
    for (let i = 0; i < inFlight; i += 1) this.send();
    await delay(forMs);
    await this.settled();
  }

  /** Sends at a fixed rate from `start` on whatever became of the frames before. */
  async openLoop(perSecond: number, start: number, forMs: number): Promise<void> {
    await this.accepted;
    const count = Math.floor((perSecond * forMs) / 1000);
    for (let i = 0; i < count; ) {
      for (; i < count && start + (i * 1000) / perSecond <= performance.now(); i += 1)
        this.send(start + (i * 1000) / perSecond);
      await delay(1);
    }
    await this.settled();
  }

  /** Resolves with the next answer. */
  settledNext(): Promise<void> {
    return new Promise((resolve) => {
      this.#onAnswer = () => resolve();
    });
  }

  /** Resolves when every frame is answered, or after ten seconds. */
  async settled(): Promise<void> {
    this.#onAnswer = () => {};
    for (let waited = 0; this.#due.size > 0 && waited < 10_000; waited += 5) await delay(5);
  }

  async end(): Promise<void> {
    this.call.end();
    await this.status;
    this.#client.close();
  }

  cancel(): void {
    this.call.cancel();
    this.#client.close();
  }

  #take(message: NonNullable<StreamFramesResponse['message']>): void {
    if (message.$case !== 'result' && message.$case !== 'dropped' && message.$case !== 'error') return;
    const { frameId } = message.value;
    const dueAt = this.#due.get(frameId) ?? Number.NaN;
    this.#due.delete(frameId);
    const timings = message.$case === 'result' ? message.value.timings : undefined;
    const sample: Sample = {
      frameId,
      dueAt,
      answeredAt: performance.now(),
      kind: message.$case,
      batchSize: timings?.batchSize ?? 0,
      timings: timings && {
        receive: ms(timings.receive),
        decode: ms(timings.decode),
        detect: ms(timings.detect),
        queue: ms(timings.queue),
        infer: ms(timings.infer),
        send: ms(timings.send),
      },
    };
    this.samples.push(sample);
    this.#onAnswer(sample);
  }
}

/** Milliseconds from when each result was due to its answer. */
export function latencies(samples: readonly Sample[]): number[] {
  return samples.flatMap(({ kind, dueAt, answeredAt }) => (kind === 'result' ? [answeredAt - dueAt] : []));
}

function ms(duration: Duration | undefined): number {
  return duration ? duration.seconds * 1000 + duration.nanos / 1e6 : 0;
}
