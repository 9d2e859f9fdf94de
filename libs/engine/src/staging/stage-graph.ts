import type { ModelSpec } from '@resmask/model-spec';
import {
  findAttentionMasks,
  findClassActivation,
  graphEnding,
  type ModelProto,
  withExplanationOutputs,
  withInputStage,
} from '@resmask/onnx';
import { fixedBatch } from '../worker/fixed-batch.js';
import { inputStageOf } from '../worker/input-stage-of.js';
import type { GraphFacts } from './graph-facts.js';

/** What sessions of a graph are for: `native` ones take its own tensors, the others bytes of prepared images. */
export type StagingPurpose =
  | { readonly role: 'serve' | 'explain'; readonly spec: ModelSpec }
  | { readonly role: 'native' };

/** A graph as a session is made of it. */
export interface StagedGraph {
  readonly model: ModelProto;
  readonly facts: GraphFacts;
}

/** @throws DomainError GRAPH_SPEC_MISMATCH or WEIGHTS_INVALID. */
export function stageGraph(graph: ModelProto, purpose: StagingPurpose): StagedGraph {
  if (purpose.role === 'native') return { model: graph, facts: {} };
  const { input, output } = purpose.spec;
  const staged = withInputStage(graph, inputStageOf(input));
  const batch = { fixedBatch: fixedBatch(graph, input) };
  if (purpose.role === 'serve' || output.task !== 'expression') return { model: staged, facts: batch };
  const activation = findClassActivation(graph, output.tensor);
  const { model, features, masks } = withExplanationOutputs(staged, {
    features: activation,
    masks: findAttentionMasks(graph),
  });
  const ending = graphEnding(graph, output.tensor);
  return { model, facts: { ...batch, explanation: { features, masks, activation, ending } } };
}
