import type { ExpressionOutput, InputSpec } from '@resmask/model-spec';
import { PIXELS_INPUT } from '@resmask/onnx';
import { Session, type SessionOptions, type SessionTensor } from '@resmask/runtime';
import { softmax } from '@resmask/tensor';
import type { FeatureMaps, HeatMap } from '@resmask/vision';
import type { ActivationFacts, ExplanationFacts } from '../staging/graph-facts.js';
import type { ModelSource } from '../staging/model-source.js';
import { imageBytesOf, pixelsTensor } from './pixels-tensor.js';

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
  readonly session: Session;
  /** Images of a run whose graph allows one number only. */
  readonly fixedBatch?: number;
}

/** A classifier's session that takes bytes and also gives feature maps and attention masks, as far as its network has them. */
export class ExplanationSession {
  private constructor(
    readonly parts: SessionParts,
    readonly facts: ExplanationFacts,
    /** For each label one weight per feature map; undefined where the network allows no class activation map. */
    readonly weights?: readonly Float32Array[],
  ) {}

  /** @param source staged to explain @throws DomainError MODEL_UNLOADABLE. */
  static async open(
    { model, optimized, facts }: ModelSource,
    input: InputSpec,
    output: ExpressionOutput,
    options: SessionOptions,
  ): Promise<ExplanationSession> {
    const { fixedBatch, explanation } = facts;
    if (!explanation) throw new TypeError('the model was not staged to explain');
    const session = await Session.open(model, { ...options, optimized });
    const parts = { input, output, session, fixedBatch };
    const first = new ExplanationSession(parts, explanation);
    // The first run allocates and tunes, and tells the sizes of the feature maps, which a file need not say.
    const { features } = await first.run(new Uint8Array(imageBytesOf(input)), { features: true, masks: true });
    const { activation } = explanation;
    const weights = activation && features && rowsOf(activation, features, output.labels.length);
    return new ExplanationSession(parts, explanation, weights);
  }

  /** Images a run takes at most. */
  get batch(): number {
    return this.parts.fixedBatch ?? MAX_BATCH;
  }

  /** @param image one prepared image */
  async run(image: Uint8Array, wanted: { features: boolean; masks: boolean }): Promise<ExplanationPass> {
    const features = wanted.features ? this.facts.features : undefined;
    const masks = wanted.masks ? this.facts.masks : [];
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

  #run(images: Uint8Array, count: number, outputs: readonly string[]): Promise<SessionTensor[]> {
    const { input, fixedBatch, session } = this.parts;
    return session.run({ [PIXELS_INPUT]: pixelsTensor(input, images, count, fixedBatch) }, outputs);
  }

  #rows({ data }: SessionTensor, count: number): number[][] {
    const { labels, values } = this.parts.output;
    return Array.from({ length: count }, (_, i) => {
      const row = data.subarray(i * labels.length, (i + 1) * labels.length);
      return values === 'logits' ? softmax(row) : Array.from(row);
    });
  }
}

/** The weights by label, unless the sizes show that the pooling was not over whole maps or that the rows are not the labels. */
function rowsOf({ weights, window }: ActivationFacts, maps: FeatureMaps, labels: number): Float32Array[] | undefined {
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
