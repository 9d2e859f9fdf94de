import type { ClientDuplexStream } from '@grpc/grpc-js';
import { type FrameAnswer, type FrameInput, type FrameReply, isFrameReply, ResmaskError } from '@resmask/client';
import {
  type InferenceServiceClient,
  StreamConfig,
  StreamFramesRequest,
  type StreamFramesResponse,
} from '@resmask/contracts/inference.v1';

/** One stream that a test drives frame by frame; unlike the client package it never resumes and keeps all it is told. */
export class TestStream {
  readonly call: ClientDuplexStream<StreamFramesRequest, StreamFramesResponse>;
  readonly answers: FrameAnswer[] = [];
  /** Those that answer a frame. */
  readonly replies: FrameReply[] = [];
  /** Resource names of the versions that recognised frames, each change once. */
  readonly models: string[] = [];
  readonly sent: number[] = [];
  /** Milliseconds from sending each frame that was recognised to its answer. */
  readonly latencies: number[] = [];
  readonly #sentAt = new Map<number, number>();
  readonly #waiting = new Set<() => void>();
  #end: ResmaskError | 'OK' | undefined;

  constructor(client: InferenceServiceClient, config: Partial<StreamConfig> = {}) {
    this.call = client.streamFrames();
    this.call.on('data', ({ message }: StreamFramesResponse) => message && this.#receive(message));
    this.call.on('error', (error) => {
      this.#end = ResmaskError.from(error) as ResmaskError;
      this.#wake();
    });
    this.call.on('end', () => {
      this.#end ??= 'OK';
      this.#wake();
    });
    this.call.write({ message: { $case: 'config', value: StreamConfig.fromPartial(config) } });
  }

  /** What the call ended with; undefined while it is open. */
  get end(): ResmaskError | 'OK' | undefined {
    return this.#end;
  }

  send(frame: FrameInput): void {
    this.sent.push(frame.frameId);
    this.#sentAt.set(frame.frameId, performance.now());
    this.call.write(StreamFramesRequest.fromPartial({ message: { $case: 'frame', value: frame } }));
  }

  /** Waits until something holds of what was answered. @throws what the call ended with, if it ended before. */
  async until(holds: (stream: TestStream) => boolean): Promise<void> {
    while (!holds(this)) {
      if (this.#end === 'OK') throw new Error(`the stream ended after ${this.answers.length} answers`);
      if (this.#end) throw this.#end;
      await this.#news();
    }
  }

  /** Waits for the answer to `accepted`, and gives it. */
  async accepted() {
    await this.until(({ answers }) => answers.length > 0);
    const [first] = this.answers;
    if (first.$case !== 'accepted') throw new TypeError(`the first answer is ${first.$case}`);
    return first.value;
  }

  /** Sends nothing more and waits for the end. */
  async finish(): Promise<ResmaskError | 'OK'> {
    this.call.end();
    return this.ended();
  }

  async ended(): Promise<ResmaskError | 'OK'> {
    while (this.#end === undefined) await this.#news();
    return this.#end;
  }

  #receive(message: FrameAnswer): void {
    this.answers.push(message);
    if (isFrameReply(message)) this.replies.push(message);
    if (message.$case === 'result') {
      if (message.value.model !== this.models.at(-1)) this.models.push(message.value.model);
      const sentAt = this.#sentAt.get(message.value.frameId);
      if (sentAt !== undefined) this.latencies.push(performance.now() - sentAt);
    }
    if (isFrameReply(message)) this.#sentAt.delete(message.value.frameId);
    this.#wake();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.add(resolve));
  }

  #wake(): void {
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}
