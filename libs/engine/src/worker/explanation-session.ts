import type { ExpressionOutput, InputSpec } from '@resmask/model-spec';
import {
  type ClassActivation,
  type ExplanationOutputs,
  encodeModel,
  findAttentionMasks,
  findClassActivation,
  graphEnding,
  graphSignature,
  type ModelProto,
  PIXELS_INPUT,
  withExplanationOutputs,
  withInputStage,
} from '@resmask/onnx';
import { Session, type SessionOptions, type SessionTensor } from '@resmask/runtime';
import { softmax } from '@resmask/tensor';
import type { FeatureMaps, HeatMap } from '@resmask/vision';
import { inputStageOf } from './input-stage-of.js';
import { sourcePlanes } from './prepare-input.js';

/** Images per run: enough to fill a core's vector units, small enough to bound memory. */
const MAX_BATCH = 16;

/** What one run gives for one image. */
export interface ExplanationPass {
  readonly probabilities: readonly number[];
  /** Undefined where they were not asked for. */
  readonly features?: FeatureMaps;
  readonly masks: readonly { readonly name: string; readonly map: HeatMap }[];
}

interface SessionParts {
  readonly input: InputSpec;
  readonly output: ExpressionOutput;
  readonly outputs: ExplanationOutputs;
  readonly session: Session;
  /** Operators the network ends in, for messages. */
  readonly ending: readonly string[];
  /** Images of a run whose graph allows one number only. */
  readonly fixedBatch?: number;
}

/** A classifier's session that takes bytes and also gives feature maps and attention masks, as far as its network has them. */
export class ExplanationSession {
  private constructor(
    readonly parts: SessionParts,
    /** For each label one weight per feature map; undefined where the network allows no class activation map. */
    readonly weights?: readonly Float32Array[],
  ) {}

  /** @throws DomainError NOT_ONNX, GRAPH_SPEC_MISMATCH, WEIGHTS_INVALID or MODEL_UNLOADABLE. */
  static async open(
    graph: ModelProto,
    input: InputSpec,
    output: ExpressionOutput,
    options: SessionOptions,
  ): Promise<ExplanationSession> {
    const activation = findClassActivation(graph, output.tensor);
    const staged = withInputStage(graph, inputStageOf(input));
    const outputs = withExplanationOutputs(staged, { features: activation, masks: findAttentionMasks(graph) });
    const session = await Session.open(encodeModel(outputs.model), options);
    const ending = graphEnding(graph, output.tensor);
    const parts = { input, output, outputs, session, ending, fixedBatch: fixedBatchOf(graph, input) };
    const first = new ExplanationSession(parts);
    // The first run allocates and tunes, and tells the sizes of the feature maps, which a file need not say.
    const { features } = await first.run(new Uint8Array(first.#imageBytes), { features: true, masks: true });
    const weights = activation && features && rowsOf(activation, features, output.labels.length);
    return new ExplanationSession(parts, weights);
  }

  /** Images a run takes at most. */
  get batch(): number {
    return this.parts.fixedBatch ?? MAX_BATCH;
  }

  /** @param image one prepared image */
  async run(image: Uint8Array, wanted: { features: boolean; masks: boolean }): Promise<ExplanationPass> {
    const features = wanted.features ? this.parts.outputs.features : undefined;
    const masks = wanted.masks ? this.parts.outputs.masks : [];
    const names = [...(features === undefined ? [] : [features]), ...masks.map(({ output }) => output)];
    const [scores, ...rest] = await this.#run(image, 1, [this.parts.output.tensor, ...names]);
    const [first] = features === undefined ? [] : rest.splice(0, 1);
    return {
      probabilities: this.#rows(scores, 1)[0],
      features: first && featureMaps(first),
      masks: masks.map(({ name }, i) => ({ name, map: heatMap(rest[i]) })),
    };
  }

  /** Of prepared images, one after the other in `images`, at most `batch` of them; one row per image in the order of the labels. */
  async probabilities(images: Uint8Array, count: number): Promise<number[][]> {
    const [scores] = await this.#run(images, count, [this.parts.output.tensor]);
    return this.#rows(scores, count);
  }

  release(): Promise<void> {
    return this.parts.session.release();
  }

  get #imageBytes(): number {
    return this.parts.input.height * this.parts.input.width * sourcePlanes(this.parts.input);
  }

  #run(images: Uint8Array, count: number, outputs: readonly string[]): Promise<SessionTensor[]> {
    const { height, width } = this.parts.input;
    const size = this.parts.fixedBatch ?? count;
    const data = new Uint8Array(size * this.#imageBytes);
    data.set(images);
    const dims = [size, height, width, sourcePlanes(this.parts.input)];
    return this.parts.session.run({ [PIXELS_INPUT]: { type: 'uint8', dims, data } }, outputs);
  }

  #rows({ data }: SessionTensor, count: number): number[][] {
    const { labels, values } = this.parts.output;
    return Array.from({ length: count }, (_, i) => {
      const row = data.subarray(i * labels.length, (i + 1) * labels.length);
      return values === 'logits' ? softmax(row) : Array.from(row);
    });
  }
}

function fixedBatchOf(graph: ModelProto, { tensor }: InputSpec): number | undefined {
  const [batch] = graphSignature(graph).inputs.find(({ name }) => name === tensor)?.shape ?? [];
  return typeof batch === 'number' && batch > 0 ? batch : undefined;
}

/** The weights by label, unless the sizes show that the pooling was not over whole maps or that the rows are not the labels. */
function rowsOf({ weights, window }: ClassActivation, maps: FeatureMaps, labels: number): Float32Array[] | undefined {
  const [rows, columns] = weights.shape;
  const isWhole = !window || (window[0] === maps.height && window[1] === maps.width);
  if (!isWhole || rows !== labels || columns !== maps.channels) return undefined;
  return Array.from({ length: rows }, (_, row) => weights.data.subarray(row * columns, (row + 1) * columns));
}

/** Of the first image of [batch, channels, height, width]. */
function featureMaps({ data, dims }: SessionTensor): FeatureMaps {
  const [, channels, height, width] = dims;
  return { channels, height, width, data: Float32Array.from(data.subarray(0, channels * height * width)) };
}

/** Of the first image of [batch, height, width]. */
function heatMap({ data, dims }: SessionTensor): HeatMap {
  const [, height, width] = dims;
  return { width, height, values: Float32Array.from(data.subarray(0, height * width)) };
}
