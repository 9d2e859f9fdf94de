import { FolderArtifactStore } from '@resmask/artifacts';
import type { ModelSpec } from '@resmask/model-spec';
import { encodeModel, type ModelProto, PIXELS_INPUT, withInputStage } from '@resmask/onnx';
import { Session, type SessionOptions, type SessionTensor } from '@resmask/runtime';
import type { LoadableFile } from '../loadable-version.js';
import { fixedBatch } from './fixed-batch.js';
import { inputStageOf } from './input-stage-of.js';
import { sourcePlanes } from './prepare-input.js';
import { wholeModel } from './whole-model.js';

/** A session with its input stage in front: takes bytes, gives the outputs its specification names. */
export class LoadedModel {
  private constructor(
    readonly name: string,
    readonly spec: ModelSpec,
    readonly session: Session,
    /** Images of a run whose graph allows one number only. */
    readonly fixedBatch: number | undefined,
  ) {}

  /** @throws DomainError NOT_ONNX, GRAPH_SPEC_MISMATCH or MODEL_UNLOADABLE. */
  static async open(name: string, graph: ModelProto, spec: ModelSpec, options: SessionOptions): Promise<LoadedModel> {
    const staged = withInputStage(graph, inputStageOf(spec.input));
    const session = await Session.open(encodeModel(staged), options);
    return new LoadedModel(name, spec, session, fixedBatch(graph, spec.input));
  }

  /** Bytes of one prepared image. */
  get imageBytes(): number {
    const { input } = this.spec;
    return input.height * input.width * sourcePlanes(input);
  }

  /** Runs prepared images, one after the other in `images`; of outputs of a fixed size, the first `count` rows are theirs. */
  run(images: Uint8Array, count: number): Promise<SessionTensor[]> {
    const { input, output } = this.spec;
    const size = this.fixedBatch ?? count;
    const dims = [size, input.height, input.width, sourcePlanes(input)];
    const data = size === count ? images : filledUp(images, size * this.imageBytes);
    const outputs = output.task === 'expression' ? [output.tensor] : output.tensors;
    return this.session.run({ [PIXELS_INPUT]: { type: 'uint8', dims, data } }, outputs);
  }
}

function filledUp(images: Uint8Array, bytes: number): Uint8Array {
  const whole = new Uint8Array(bytes);
  whole.set(images);
  return whole;
}

/** The graph of a version's files in the cache, each verified by its digest. @throws DomainError ARTIFACT_CORRUPT, NOT_ONNX. */
export async function readGraph(cacheFolder: string, files: readonly LoadableFile[]): Promise<ModelProto> {
  const cache = await FolderArtifactStore.open(cacheFolder);
  const contents = new Map<string, Buffer>();
  for (const { path, sha256 } of files) contents.set(path, await cache.readAll(sha256));
  return wholeModel(contents);
}
