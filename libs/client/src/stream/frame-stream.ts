import { DeliveryMode, type StreamConfig, type StreamDraining } from '@resmask/contracts/inference.v1';
import { Condition } from '../condition.js';
import { ResmaskError } from '../resmask-error.js';
import { type FrameAnswer, isFrameReply } from './frame-answer.js';
import type { FrameInput } from './frame-input.js';
import { FrameLedger } from './frame-ledger.js';
import { FramePacer } from './frame-pacer.js';
import { type FrameSenderParts, sendFrames } from './frame-sender.js';
import { FrameSource } from './frame-source.js';
import { HintFollower } from './hint-follower.js';
import { mayReconnect } from './may-reconnect.js';
import { ReconnectBackoff } from './reconnect-backoff.js';
import { type FrameDuplex, StreamCall } from './stream-call.js';
import type { StreamControls } from './stream-controls.js';

/** A frame that is recognised, and one on its way so that the service never waits for the next. */
const FRAMES_PER_PLACE = 2;
/** Heartbeats in a row without any message; a single one may be late. */
const MISSED_HEARTBEATS = 2;
/** A stream that was open this long had nothing wrong with it, even if no frame came. */
const HEALTHY_MS = 10_000;

/** A stream over as many calls as it takes: one answer for every frame, in order. */
export class FrameStream {
  readonly #changed = new Condition();
  readonly #ledger: FrameLedger;
  readonly #source: FrameSource;
  readonly #hints: HintFollower;
  readonly #backoff: ReconnectBackoff;
  readonly #parts: FrameSenderParts;
  readonly #wake = (): void => this.#changed.notifyAll();
  /** The call that is read. */
  #call: StreamCall | undefined;
  /** The call that takes over when the one that is read has answered what it took. */
  #next: StreamCall | undefined;
  #retry: NodeJS.Timeout | undefined;
  /** Nothing is opened before there is a frame to send: the service has ended the stream because none came. */
  #idle = false;
  #silences = 0;

  constructor(
    readonly openCall: () => FrameDuplex,
    readonly config: StreamConfig,
    frames: AsyncIterable<FrameInput>,
    readonly controls: StreamControls,
  ) {
    const newestOnly = config.mode !== DeliveryMode.DELIVERY_MODE_LOSSLESS;
    const pacer = new FramePacer();
    this.#ledger = new FrameLedger(newestOnly);
    this.#source = new FrameSource(frames, this.#ledger, pacer, this.#changed);
    this.#hints = new HintFollower(newestOnly ? pacer : undefined, controls);
    this.#backoff = new ReconnectBackoff(controls);
    const [ledger, source, changed] = [this.#ledger, this.#source, this.#changed];
    this.#parts = { ledger, source, changed, wish: () => this.#hints.wish };
    controls.signal?.addEventListener('abort', this.#wake);
  }

  /** @throws ResmaskError when the stream cannot go on, or what the source threw, after the answers to what was sent. */
  async *answers(): AsyncGenerator<FrameAnswer> {
    while (!this.controls.signal?.aborted) {
      const answer = this.#ledger.shiftReply() ?? this.#receive();
      if (answer) {
        // There may be room for another frame.
        this.#changed.notifyAll();
        yield answer;
      } else if (this.#finished()) {
        if (this.#source.failure) throw this.#source.failure.error;
        return;
      } else if (this.#call?.over) this.#replace(this.#call);
      else if (this.#mayOpen()) this.#call = this.#open();
      else await this.#changed.wait();
    }
  }

  close(): void {
    this.controls.signal?.removeEventListener('abort', this.#wake);
    clearTimeout(this.#retry);
    this.#call?.cancel();
    this.#next?.cancel();
    this.#source.close();
    this.#changed.notifyAll();
  }

  /** The next answer that has come from the service. */
  #receive(): FrameAnswer | undefined {
    for (let message = this.#call?.read(); message; message = this.#call?.read())
      if (this.#call && this.#understand(this.#call, message)) return message;
    return undefined;
  }

  /** @returns whether it is for the caller */
  #understand(call: StreamCall, answer: FrameAnswer): boolean {
    if (isFrameReply(answer)) return this.#settle(call, answer.value.frameId);
    if (answer.$case === 'accepted') this.#begin(call, answer.value);
    else if (answer.$case === 'draining') this.#handOver(call, answer.value);
    else if (answer.$case === 'hint') this.#hints.follow(answer.value);
    return true;
  }

  #settle(call: StreamCall, frameId: number): boolean {
    const turn = this.#ledger.settle(frameId);
    if (turn === 'early')
      throw new ResmaskError(`the service answered frame ${frameId} before an earlier one`, 'INTERNAL', '');
    call.answered += 1;
    this.#silences = 0;
    this.#backoff.succeed();
    return turn === 'next';
  }

  #begin(call: StreamCall, accepted: NonNullable<StreamCall['accepted']>): void {
    call.accepted = accepted;
    this.#backoff.reached();
    this.#hints.forget();
    this.#source.read(Math.max(1, accepted.maxInFlight) * FRAMES_PER_PLACE);
    const interval = accepted.heartbeatInterval;
    const milliseconds = interval ? interval.seconds * 1000 + interval.nanos / 1e6 : 0;
    // A service that is silent while it computes one long frame gets more time for it at each try.
    if (milliseconds > 0) call.expectHeartbeats(milliseconds, MISSED_HEARTBEATS * 2 ** this.#silences);
    this.#changed.notifyAll();
  }

  /** Opens the next call while the old one still answers what it took. */
  #handOver(call: StreamCall, { resumeFrameId }: StreamDraining): void {
    // A server that moves every stream on at once is not asked again without a pause.
    if (call.answered === 0 || !this.#backoff.enabled || this.#complete) return;
    call.retire();
    this.#ledger.rewind(resumeFrameId);
    const next = this.#open();
    if (this.#ledger.awaits(call)) this.#next = next;
    else {
      call.cancel();
      this.#call = next;
    }
  }

  /** Every frame is answered. */
  get #complete(): boolean {
    return this.#source.ended && this.#ledger.size === 0;
  }

  /** Whether nothing is left to be done; a failure of the call after the last answer is none of the stream. */
  #finished(): boolean {
    if (!this.#complete) return false;
    if (!this.#call) return this.#retry === undefined;
    const { over, error, accepted } = this.#call;
    return over && (!error || (accepted !== undefined && mayReconnect(error)));
  }

  #mayOpen(): boolean {
    return !this.#call && !this.#retry && (!this.#idle || this.#ledger.hasUnsent);
  }

  #open(): StreamCall {
    this.#idle = false;
    const call = new StreamCall(this.openCall(), this.#changed);
    sendFrames(call, this.config, this.#parts).catch((error: unknown) => this.#source.fail(error));
    return call;
  }

  /** Goes on after the end of the call that was read. @throws ResmaskError if there is no way on */
  #replace(call: StreamCall): void {
    this.#call = this.#next;
    this.#next = undefined;
    if (this.#call && !this.#ledger.awaits(call)) return;
    // What the new call was sent already comes after frames that are still to be sent.
    this.#call?.cancel();
    this.#call = undefined;
    const error =
      call.error ?? new ResmaskError('the service ended the stream before every frame was answered', 'UNAVAILABLE', '');
    if (!mayReconnect(error)) throw error;
    this.#ledger.rewind();
    this.#prepareRetry(call, error);
  }

  #prepareRetry(call: StreamCall, error: ResmaskError): void {
    if (call.silent) this.#silences += 1;
    else if (call.accepted && performance.now() - call.openedAt > HEALTHY_MS) this.#backoff.succeed();
    // The source is read from the first acceptance on: before it, no frame would ever come.
    this.#idle = call.accepted !== undefined && error.reason === 'STREAM_IDLE';
    const wait = this.#backoff.fail(error);
    if (wait === undefined) throw error;
    this.controls.onResume?.(error, this.#backoff.failures);
    this.#retry = setTimeout(() => {
      this.#retry = undefined;
      this.#changed.notifyAll();
    }, wait);
  }
}
