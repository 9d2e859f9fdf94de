import type { ModelSpec } from '@resmask/model-spec';
import { PIXELS_INPUT } from '@resmask/onnx';
import { Session, type SessionOptions, type SessionTensor } from '@resmask/runtime';
import type { ModelSource } from '../staging/model-source.js';
import { imageBytesOf, pixelsTensor } from './pixels-tensor.js';

/** A session with its input stage in front: takes bytes, gives the outputs its specification names. */
export class LoadedModel {
  private constructor(
    readonly name: string,
    readonly spec: ModelSpec,
    readonly session: Session,
    /** Images of a run whose graph allows one number only. */
    readonly fixedBatch: number | undefined,
  ) {}

  /** @throws DomainError MODEL_UNLOADABLE. */
  static async open(
    name: string,
    { model, optimized, facts }: ModelSource,
    spec: ModelSpec,
    options: SessionOptions,
  ): Promise<LoadedModel> {
    const session = await Session.open(model, { ...options, optimized });
    return new LoadedModel(name, spec, session, facts.fixedBatch);
  }

  /** Bytes of one prepared image. */
  get imageBytes(): number {
    return imageBytesOf(this.spec.input);
  }

  /** Runs prepared images, one after the other in `images`; of outputs of a fixed size, the first `count` rows are theirs. */
  run(images: Uint8Array, count: number): Promise<SessionTensor[]> {
    const { input, output } = this.spec;
    const outputs = output.task === 'expression' ? [output.tensor] : output.tensors;
    return this.session.run({ [PIXELS_INPUT]: pixelsTensor(input, images, count, this.fixedBatch) }, outputs);
  }
}
