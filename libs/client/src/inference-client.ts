import {
  ExplainRequest,
  type ExplainResponse,
  type InferenceServiceClient,
  RecognizeRequest,
  type RecognizeResponse,
  type ServedModel,
  StreamConfig,
} from '@resmask/contracts/inference.v1';
import { type Channel, callUnary, openChannel } from './channel.js';
import type { ConnectOptions } from './connect-options.js';
import { ResmaskError } from './resmask-error.js';
import type { FrameAnswer } from './stream/frame-answer.js';
import type { FrameInput } from './stream/frame-input.js';
import { FrameServiceClient } from './stream/frame-service-client.js';
import type { StreamControls } from './stream/stream-controls.js';
import { streamFrames } from './stream/stream-frames.js';

/** What a stream asks for; everything has a default. */
export type StreamOptions = Partial<StreamConfig>;

/** Fetching, preparing and warming a network of half a gigabyte. */
const LOAD_TIMEOUT_MS = 600_000;

/** Recognises images and streams of frames, and says what the service keeps loaded. Every method throws ResmaskError. */
export class InferenceClient {
  readonly #channel: Channel<InferenceServiceClient>;

  constructor(address: string, options: ConnectOptions = {}) {
    this.#channel = openChannel(FrameServiceClient, address, options);
  }

  recognize(request: Partial<RecognizeRequest> & Pick<RecognizeRequest, 'image'>): Promise<RecognizeResponse> {
    return callUnary(this.#channel, this.#channel.client.recognize, RecognizeRequest.fromPartial(request));
  }

  /** The faces of an image, each with the pixels that spoke for its label. */
  explain(request: Partial<ExplainRequest> & Pick<ExplainRequest, 'image'>): Promise<ExplainResponse> {
    return callUnary(this.#channel, this.#channel.client.explain, ExplainRequest.fromPartial(request));
  }

  /**
   * Sends frames as the source gives them and yields the answers: `accepted` first, then one per frame in order, with words about the stream
   * in between. When a call is lost another goes on: of a lossless stream with every frame that has no answer, of a live one with the
   * newest.
   */
  streamFrames(
    options: StreamOptions,
    frames: AsyncIterable<FrameInput>,
    controls: StreamControls = {},
  ): AsyncGenerator<FrameAnswer> {
    return streamFrames(this.#channel.client, StreamConfig.fromPartial(options), frames, controls);
  }

  /** What is loaded, or being loaded. @param parent `namespaces/{namespace}`; empty means `namespaces/default` */
  async listServedModels(parent = ''): Promise<readonly ServedModel[]> {
    const { servedModels } = await callUnary(this.#channel, this.#channel.client.listServedModels, { parent });
    return servedModels;
  }

  /** Loads what `name`, `name@alias` or `name/version` means and keeps it; resolves when it is warm. */
  async loadModel(model: string, parent = ''): Promise<ServedModel> {
    const channel = { ...this.#channel, timeoutMs: LOAD_TIMEOUT_MS };
    const { servedModel } = await callUnary(channel, this.#channel.client.loadModel, { parent, model });
    if (!servedModel) throw new ResmaskError('the service did not say what it has loaded', 'INTERNAL', '');
    return servedModel;
  }

  /** Takes `loadModel` back, by the same reference; what calls still use stays until they end. */
  async unloadModel(model: string, parent = ''): Promise<void> {
    await callUnary(this.#channel, this.#channel.client.unloadModel, { parent, model });
  }

  close(): void {
    this.#channel.client.close();
  }
}
