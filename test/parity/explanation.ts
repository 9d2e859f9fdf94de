import {
  findAttentionMasks,
  findClassActivation,
  type ModelProto,
  withExplanationOutputs,
  withOutput,
} from '@resmask/onnx';
import type { SessionTensor } from '@resmask/runtime';
import { argmax } from '@resmask/tensor';
import { classActivationMap, type HeatMap } from '@resmask/vision';
import type { Trace, TraceRow } from './reference.ts';
import { rowDifference } from './trace.ts';

/** Runs an image, the first reference image for a comparison with the trace, through a model. */
type RunFirst = (model: ModelProto, outputs: readonly string[]) => Promise<readonly SessionTensor[]>;

/** Largest differences ÷ the size of what is compared: a tensor's standard deviation, a map's largest value. */
export interface ExplanationDifferences {
  readonly features: number;
  /** Of the masks as the network has them, found by the form of the graph. */
  readonly masks: number;
  /** Of what leaves the graph of them: the largest over the channels, from the masks themselves. */
  readonly reducedMasks: number;
  /** Of the class activation map ÷ the number of places, against Grad-CAM by the published implementation's own gradients. */
  readonly map: number;
}

/** What explains the first reference image, against the published implementation. */
export async function compareExplanation(
  { stages, grad_cam: gradCam }: Trace,
  model: ModelProto,
  run: RunFirst,
): Promise<ExplanationDifferences> {
  const activation = findClassActivation(model, 'logits');
  const found = findAttentionMasks(model);
  if (!activation || found.length === 0) throw new Error('the network has no class activation map or no masks');
  const { model: more, features = '', masks } = withExplanationOutputs(model, { features: activation, masks: found });
  const whole = found.reduce((shown, { tensor }) => withOutput(shown, tensor), more);
  const names = [features, ...found.map(({ tensor }) => tensor), ...masks.map(({ output }) => output)];
  const [maps, ...rest] = await run(whole, names);
  const rows = masks.map(({ name }) => rowOf(stages, name));
  const reduced = rest.slice(rows.length);
  return {
    features: relative(rowOf(stages, 'block4'), maps),
    masks: Math.max(...rows.map((row, i) => relative(row, rest[i]))),
    reducedMasks: Math.max(...rows.map((_, i) => reducedDifference(rest[i], reduced[i]))),
    map: mapDifference(gradCam, maps, activation.weights.data),
  };
}

/** What explains an image's most probable label: of every mask the largest over its channels. */
export interface ExplanationMaps {
  readonly map: HeatMap;
  readonly masks: readonly HeatMap[];
}

/** By whole tensors of one run, without the service's workers and without what it leaves to the graph. */
export async function explanationMaps(model: ModelProto, run: RunFirst): Promise<ExplanationMaps> {
  const activation = findClassActivation(model, 'logits');
  if (!activation) throw new Error('the network has no class activation map');
  const names = [activation.features, ...findAttentionMasks(model).map(({ tensor }) => tensor)];
  const whole = names.reduce((shown, name) => withOutput(shown, name), model);
  const [logits, features, ...masks] = await run(whole, ['logits', ...names]);
  const [, channels, height, width] = features.dims;
  const row = argmax(logits.data);
  const weights = activation.weights.data.subarray(row * channels, (row + 1) * channels);
  return {
    map: classActivationMap({ channels, height, width, data: Float32Array.from(features.data) }, weights),
    masks: masks.map(largestOverChannels),
  };
}

function largestOverChannels({ data, dims: [, channels, height, width] }: SessionTensor): HeatMap {
  const places = height * width;
  const values = Float32Array.from({ length: places }, (_, place) =>
    Math.max(...Array.from({ length: channels }, (_channel, channel) => data[channel * places + place])),
  );
  return { width, height, values };
}

function rowOf(stages: readonly TraceRow[], wanted: string): TraceRow {
  const row = stages.find(([name]) => name === wanted);
  if (!row) throw new Error(`the trace has no ${wanted}`);
  return row;
}

function relative(row: TraceRow, tensor: SessionTensor): number {
  return rowDifference(row, tensor) / row[3];
}

/** Of the first image. */
function reducedDifference(
  { data: mask, dims: [, channels] }: SessionTensor,
  { data: reduced }: SessionTensor,
): number {
  const places = reduced.length;
  const differences = Array.from(reduced, (value, place) => {
    const largest = Math.max(...Array.from({ length: channels }, (_, channel) => mask[channel * places + place]));
    return Math.abs(value / largest - 1);
  });
  return Math.max(...differences);
}

function mapDifference(
  { class: label, map_7x7: expected }: Trace['grad_cam'],
  maps: SessionTensor,
  weights: Float32Array,
): number {
  const [, channels, height, width] = maps.dims;
  const row = weights.subarray(label * channels, (label + 1) * channels);
  const { values } = classActivationMap({ channels, height, width, data: Float32Array.from(maps.data) }, row);
  const reference = expected.flat();
  const differences = reference.map((value, place) => Math.abs(values[place] / (height * width) - value));
  return Math.max(...differences) / Math.max(...reference);
}
