import type { ClientDuplexStream } from '@grpc/grpc-js';
import type { StreamAccepted, StreamFramesRequest, StreamFramesResponse } from '@resmask/contracts/inference.v1';
import type { Condition } from '../condition.js';
import { ResmaskError } from '../resmask-error.js';

export type FrameDuplex = ClientDuplexStream<StreamFramesRequest, StreamFramesResponse>;

/** One call of a stream that may need several. */
export class StreamCall {
  /** Set when the service has accepted the configuration. */
  accepted: StreamAccepted | undefined;
  /** Frames it has answered. */
  answered = 0;
  /** Whether it was ended because nothing came from the service any more. */
  silent = false;
  /** When it was opened, by `performance.now()`. */
  readonly openedAt = performance.now();
  #error: ResmaskError | undefined;
  #hasStatus = false;
  #retired = false;
  #written: () => void = () => {};
  #heartbeats: NodeJS.Timeout | undefined;
  #heard = true;

  constructor(
    readonly duplex: FrameDuplex,
    readonly changed: Condition,
  ) {
    duplex.on('readable', () => {
      this.#heard = true;
      changed.notifyAll();
    });
    duplex.on('error', (error) => this.#fail(error));
    duplex.on('status', () => {
      this.#hasStatus = true;
      this.#written();
      clearInterval(this.#heartbeats);
      changed.notifyAll();
    });
  }

  /** Everything it had to say has been read. */
  get over(): boolean {
    return this.#hasStatus && this.duplex.readableLength === 0;
  }

  /** Why it ended; undefined if the service ended it in order. */
  get error(): ResmaskError | undefined {
    return this.#error;
  }

  /** Nothing more may be sent on it. */
  get closed(): boolean {
    return this.#hasStatus || this.#retired;
  }

  /** The next message, if one has come. */
  read(): StreamFramesResponse['message'] {
    const response: StreamFramesResponse | null = this.duplex.read();
    if (response) this.#heard = true;
    return response?.message;
  }

  /** Resolves when the connection has taken the message, so that at most one waits in this process, or when the call has ended. */
  write(message: StreamFramesRequest['message']): Promise<void> {
    if (this.closed) return Promise.resolve();
    return new Promise((resolve) => {
      this.#written = resolve;
      this.duplex.write({ message }, () => resolve());
    });
  }

  /** Says that no more frames come. */
  end(): void {
    if (!this.closed) this.duplex.end();
  }

  /** Sends nothing more; answers still come. */
  retire(): void {
    this.#retired = true;
    this.#written();
  }

  cancel(): void {
    this.retire();
    clearInterval(this.#heartbeats);
    this.duplex.cancel();
  }

  /** Ends the call when nothing comes for so many heartbeat intervals in a row. */
  expectHeartbeats(intervalMs: number, patience: number): void {
    let missed = 0;
    clearInterval(this.#heartbeats);
    this.#heartbeats = setInterval(() => {
      // What waits to be read here was heard.
      missed = this.#heard || this.duplex.readableLength > 0 ? 0 : missed + 1;
      this.#heard = false;
      if (missed >= patience) this.#giveUp(missed * intervalMs);
    }, intervalMs);
  }

  #giveUp(milliseconds: number): void {
    this.silent = true;
    const seconds = milliseconds / 1000;
    this.#error = new ResmaskError(
      `nothing came from the service for ${seconds} s, not even a heartbeat`,
      'UNAVAILABLE',
      '',
    );
    this.cancel();
  }

  #fail(error: unknown): void {
    const known = ResmaskError.from(error);
    this.#error ??= known instanceof ResmaskError ? known : new ResmaskError(String(error), 'UNKNOWN', '');
  }
}
