import { DomainError, invalidField } from '@resmask/errors';
import type { ExpressionOutput, ModelSpec } from '@resmask/model-spec';
import type { SessionOptions } from '@resmask/runtime';
import { argmax } from '@resmask/tensor';
import {
  classActivationMap,
  type HeatMap,
  OCCLUSION_GRID,
  occludedCopies,
  occlusionMap,
  pixels,
} from '@resmask/vision';
import type { ModelSource } from '../staging/model-source.js';
import { ExplanationSession } from './explanation-session.js';
import { sourcePlanes } from './prepare-input.js';

export type ExplanationMethod = 'class-activation' | 'occlusion';

export interface ExplainOptions {
  /** The label to explain; the most probable one unless given. */
  readonly label?: string;
  /** Class activation where the network allows it, else occlusion, unless given. */
  readonly method?: ExplanationMethod;
  /** Also the attention masks. */
  readonly masks: boolean;
}

/** What in an image spoke for a label. */
export interface Explanation {
  /** In the order of the model's labels; they sum to 1. */
  readonly probabilities: readonly number[];
  readonly label: string;
  readonly method: ExplanationMethod;
  /** Σ weight × feature, negative values cut off, or the fall of the probability in −1 to 1. */
  readonly map: HeatMap;
  /** First block first; empty where they were not asked for or the network has none. */
  readonly masks: readonly { readonly name: string; readonly map: HeatMap }[];
}

/** A classifier that tells what its answers rest on; it has a session of its own, since more outputs make a run slower. */
export class ExplainableModel {
  private constructor(
    readonly name: string,
    readonly spec: ModelSpec,
    readonly output: ExpressionOutput,
    readonly session: ExplanationSession,
  ) {}

  /** @throws DomainError TASK_MISMATCH for a detector, or MODEL_UNLOADABLE. */
  static async open(
    name: string,
    source: ModelSource,
    spec: ModelSpec,
    options: SessionOptions,
  ): Promise<ExplainableModel> {
    const { input, output } = spec;
    if (output.task !== 'expression')
      throw new DomainError('TASK_MISMATCH', `${name} finds faces; a classifier is needed here`);
    return new ExplainableModel(name, spec, output, await ExplanationSession.open(source, input, output, options));
  }

  /**
   * @param image one image as `prepareInput` gives it: height × width × planes bytes
   * @throws DomainError FIELD_INVALID for a label the model has not got, EXPLANATION_UNSUPPORTED if class activation is asked of a
   *   network of another form.
   */
  async explain(image: Uint8Array, { label, method, masks }: ExplainOptions): Promise<Explanation> {
    const wanted = label === undefined ? undefined : this.#place(label);
    const chosen = this.#method(method);
    const pass = await this.session.run(image, { features: chosen === 'class-activation', masks });
    const place = wanted ?? argmax(pass.probabilities);
    const { weights } = this.session;
    return {
      probabilities: pass.probabilities,
      label: this.output.labels[place],
      method: chosen,
      map:
        pass.features && weights
          ? classActivationMap(pass.features, weights[place])
          : await this.#occlusionMap(image, place, pass.probabilities[place]),
      masks: pass.masks,
    };
  }

  release(): Promise<void> {
    return this.session.release();
  }

  async #occlusionMap(image: Uint8Array, place: number, whole: number): Promise<HeatMap> {
    const { input } = this.spec;
    const source = pixels(input.width, input.height, sourcePlanes(input), image);
    const places = Array.from({ length: OCCLUSION_GRID.positions ** 2 }, (_, i) => i);
    const covered: number[] = [];
    // Covered copies are made a batch at a time: all of them would be fifty images.
    while (covered.length < places.length) {
      const batch = places.slice(covered.length, covered.length + this.session.batch);
      const rows = await this.session.probabilities(occludedCopies(source, batch), batch.length);
      covered.push(...rows.map((row) => row[place]));
    }
    return occlusionMap(whole, covered);
  }

  #place(label: string): number {
    const { labels } = this.output;
    const place = labels.indexOf(label);
    if (place >= 0) return place;
    throw invalidField('label', `got "${label}"; the labels of ${this.name} are ${labels.join(', ')}`);
  }

  #method(method: ExplanationMethod | undefined): ExplanationMethod {
    const { weights, facts } = this.session;
    if (method !== 'class-activation' || weights) return method ?? (weights ? 'class-activation' : 'occlusion');
    throw new DomainError(
      'EXPLANATION_UNSUPPORTED',
      `a class activation map needs a network that ends in global average pooling over the whole map and one linear layer with a row for each label; ${this.name} ends in ${facts.ending.join(', ') || 'no operator'}; choose OCCLUSION`,
    );
  }
}
