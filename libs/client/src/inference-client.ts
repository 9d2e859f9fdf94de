import {
  type DeliveryMode,
  type Frame,
  InferenceServiceClient,
  RecognizeRequest,
  type RecognizeResponse,
  StreamConfig,
} from '@resmask/contracts/inference.v1';
import { type Channel, callUnary, openChannel } from './channel.js';
import type { ConnectOptions } from './connect-options.js';
import { type FrameAnswer, type ResumeOptions, streamFrames } from './stream-frames.js';

/** What a stream asks for; everything has a default. */
export type StreamOptions = Partial<StreamConfig> & { readonly mode?: DeliveryMode };

/** A frame to send: `frameId` above that of the one before, and its image; the rest has defaults. */
export type FrameInput = Pick<Frame, 'frameId' | 'image'> & Partial<Frame>;

/** Recognises images and streams of frames. Every method throws ResmaskError. */
export class InferenceClient {
  readonly #channel: Channel<InferenceServiceClient>;

  constructor(address: string, options: ConnectOptions = {}) {
    this.#channel = openChannel(InferenceServiceClient, address, options);
  }

  recognize(request: Partial<RecognizeRequest> & Pick<RecognizeRequest, 'image'>): Promise<RecognizeResponse> {
    return callUnary(this.#channel, this.#channel.client.recognize, RecognizeRequest.fromPartial(request));
  }

  /**
   * Sends frames as the source gives them and yields the answers: `accepted` first, then one per frame in order. When the
   * service goes away, the stream goes on at the next one with the frames that have no answer yet.
   */
  streamFrames(
    options: StreamOptions,
    frames: AsyncIterable<FrameInput>,
    resume: ResumeOptions = {},
  ): AsyncGenerator<FrameAnswer> {
    return streamFrames(this.#channel.client, StreamConfig.fromPartial(options), frames, resume);
  }

  close(): void {
    this.#channel.client.close();
  }
}
