import { DomainError } from '@resmask/errors';
import type { ModelSpec } from '@resmask/model-spec';
import { encodeModel, type ModelProto, PIXELS_INPUT, withInputStage } from '@resmask/onnx';
import { Session, type SessionOptions, type SessionTensor } from '@resmask/runtime';
import { inputStageOf } from './input-stage-of.js';
import { sourcePlanes } from './prepare-input.js';

/** A session with its input stage in front: takes bytes, gives the outputs its specification names. */
export class LoadedModel {
  private constructor(
    readonly name: string,
    readonly spec: ModelSpec,
    readonly session: Session,
  ) {}

  /** @throws DomainError NOT_ONNX, GRAPH_SPEC_MISMATCH or MODEL_UNLOADABLE. */
  static async open(name: string, graph: ModelProto, spec: ModelSpec, options: SessionOptions): Promise<LoadedModel> {
    const staged = withInputStage(graph, inputStageOf(spec.input));
    const model = new LoadedModel(name, spec, await Session.open(encodeModel(staged), options));
    // The first run allocates and tunes; nobody's frame shall wait for that.
    await model.run(new Uint8Array(model.imageBytes), 1);
    return model;
  }

  /** Bytes of one prepared image. */
  get imageBytes(): number {
    const { input } = this.spec;
    return input.height * input.width * sourcePlanes(input);
  }

  /** Runs prepared images, one after the other in `images`. */
  run(images: Uint8Array, count: number): Promise<SessionTensor[]> {
    const { input, output } = this.spec;
    const dims = [count, input.height, input.width, sourcePlanes(input)];
    const outputs = output.task === 'expression' ? [output.tensor] : output.tensors;
    return this.session.run({ [PIXELS_INPUT]: { type: 'uint8', dims, data: images } }, outputs);
  }

  release(): Promise<void> {
    return this.session.release();
  }
}

/** Models of this worker by digest. */
export class LoadedModels {
  readonly #models = new Map<string, LoadedModel>();

  set(digest: string, model: LoadedModel): void {
    this.#models.set(digest, model);
  }

  has(digest: string): boolean {
    return this.#models.has(digest);
  }

  /** @throws DomainError WORKER_LOST if a replaced worker has not loaded it yet. */
  get(digest: string): LoadedModel {
    const model = this.#models.get(digest);
    if (model) return model;
    throw new DomainError('WORKER_LOST', 'the model is being loaded again in this worker; try again', {
      retryAfterMs: 500,
    });
  }

  async unload(digest: string): Promise<void> {
    const model = this.#models.get(digest);
    this.#models.delete(digest);
    await model?.release();
  }
}
