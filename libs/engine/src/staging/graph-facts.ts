import type { Tensor } from '@resmask/tensor';

/** What a session has to be told of its graph, found once, when the graph is read. */
export interface GraphFacts {
  /** Images of a run whose graph allows one number only. */
  readonly fixedBatch?: number;
  /** Only of a graph that was made ready to explain. */
  readonly explanation?: ExplanationFacts;
}

export interface ExplanationFacts {
  /** The output with the feature maps; undefined where the network allows no class activation map. */
  readonly features?: string;
  /** The outputs with the attention masks, first block first. */
  readonly masks: readonly { readonly name: string; readonly output: string }[];
  /** What weighs the feature maps. */
  readonly activation?: ActivationFacts;
  /** Operators the network ends in, for messages. */
  readonly ending: readonly string[];
}

export interface ActivationFacts {
  /** [labels, channels]: how much the mean of each feature map counts for each label. */
  readonly weights: Tensor;
  /** Height and width of the pooled window, where the graph says them. */
  readonly window?: readonly number[];
}
