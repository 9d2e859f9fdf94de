import { setTimeout as delay } from 'node:timers/promises';
import { type ClientDuplexStream } from '@grpc/grpc-js';
import {
  Frame,
  type InferenceServiceClient,
  type StreamConfig,
  type StreamFramesRequest,
  type StreamFramesResponse,
} from '@resmask/contracts/inference.v1';
import { ResmaskError } from './resmask-error.js';
import { writeMessage } from './writing.js';

/** One answer of the service. */
export type FrameAnswer = NonNullable<StreamFramesResponse['message']>;

/** The answer to one frame: every frame gets exactly one. */
export type FrameReply = Extract<FrameAnswer, { $case: 'result' | 'dropped' | 'error' }>;

/** Whether it answers a frame, and is no word about the stream itself. */
export function isFrameReply(answer: FrameAnswer): answer is FrameReply {
  return answer.$case === 'result' || answer.$case === 'dropped' || answer.$case === 'error';
}

export interface ResumeOptions {
  /** How many times in a row a lost stream is opened again without a single answer; 0 never does. */
  readonly attempts?: number;
  /** Called before each attempt. */
  readonly onResume?: (error: ResmaskError, attempt: number) => void;
}

type FrameCall = ClientDuplexStream<StreamFramesRequest, StreamFramesResponse>;
type PartialFrame = Pick<Frame, 'frameId' | 'image'> & Partial<Frame>;

const DEFAULT_ATTEMPTS = 5;
const FIRST_WAIT_MS = 200;
const LONGEST_WAIT_MS = 5000;

/** Streams frames and yields answers; on UNAVAILABLE opens a new stream and sends again what has no answer. */
export async function* streamFrames(
  client: InferenceServiceClient,
  config: StreamConfig,
  frames: AsyncIterable<PartialFrame>,
  { attempts = DEFAULT_ATTEMPTS, onResume = () => {} }: ResumeOptions,
): AsyncGenerator<FrameAnswer> {
  const source = new FrameSource(frames);
  try {
    for (let failures = 0; ; ) {
      const call = client.streamFrames();
      const sending = source.sendTo(call, config);
      try {
        for await (const { message } of call) {
          if (!message) continue;
          if (source.settle(message)) failures = 0;
          yield message;
        }
        await sending;
        return;
      } catch (error) {
        const known = ResmaskError.from(error);
        failures += 1;
        if (!(known instanceof ResmaskError) || known.code !== 'UNAVAILABLE' || failures > attempts) throw known;
        onResume(known, failures);
        await delay(waitBefore(failures));
      } finally {
        call.cancel();
      }
    }
  } finally {
    source.close();
  }
}

/** The frames still to send, and those sent that have no answer: what a new stream starts with. */
class FrameSource {
  readonly #iterator: AsyncIterator<PartialFrame>;
  readonly #unanswered: Frame[] = [];
  #next: Promise<IteratorResult<PartialFrame>> | undefined;
  #current: FrameCall | undefined;
  #failure: unknown;

  constructor(frames: AsyncIterable<PartialFrame>) {
    this.#iterator = frames[Symbol.asyncIterator]();
  }

  /** Sends to this call until another takes over. */
  async sendTo(call: FrameCall, config: StreamConfig): Promise<void> {
    this.#current = call;
    // A call that is over never drains: whoever wrote on would wait for ever.
    call.once('status', () => {
      if (this.#current === call) this.#current = undefined;
    });
    await writeMessage(call, { message: { $case: 'config', value: config } });
    for (const frame of [...this.#unanswered]) await this.#send(call, frame);
    while (this.#current === call) {
      this.#next ??= this.#read();
      const { done, value } = await this.#next;
      // Another call may have taken over while the source was slow; the frame is its to send.
      if (this.#current !== call) return;
      if (done) {
        call.end();
        return;
      }
      this.#next = undefined;
      const frame = Frame.fromPartial(value);
      this.#unanswered.push(frame);
      await this.#send(call, frame);
    }
  }

  /** Forgets the frame a message answers. @returns whether it answers one. */
  settle(answer: FrameAnswer): boolean {
    if (!isFrameReply(answer)) return false;
    const { value } = answer;
    while (this.#unanswered.length > 0 && this.#unanswered[0].frameId <= value.frameId) this.#unanswered.shift();
    return true;
  }

  /** @throws what the source threw, if it did. */
  close(): void {
    this.#current = undefined;
    // Not awaited: a source that waits for its camera would hold the caller up.
    this.#iterator.return?.().catch(() => {});
    if (this.#failure) throw this.#failure;
  }

  async #read(): Promise<IteratorResult<PartialFrame>> {
    try {
      return await this.#iterator.next();
    } catch (error) {
      // A source that fails ends the stream: frames already sent still get their answers, then the error is thrown.
      this.#failure = error;
      return { done: true, value: undefined };
    }
  }

  async #send(call: FrameCall, frame: Frame): Promise<void> {
    if (this.#current === call) await writeMessage(call, { message: { $case: 'frame', value: frame } });
  }
}

function waitBefore(attempt: number): number {
  const longest = Math.min(FIRST_WAIT_MS * 2 ** (attempt - 1), LONGEST_WAIT_MS);
  return longest * (0.5 + Math.random() / 2);
}
