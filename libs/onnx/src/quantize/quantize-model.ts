import { withoutUnusedWeights } from '../constant-weights.js';
import { type ModelProto, type NodeProto, type TensorProto, TensorProto_DataType } from '../gen/onnx/onnx.js';
import { GraphIndex } from '../graph-index.js';
import { GraphNames } from '../graph-names.js';
import { graphOf } from '../graph-signature.js';
import { floatTensor, node, tensorProto } from '../proto-parts.js';
import { floatValues, tensorShape } from '../tensor-values.js';
import { type AffineUint8, affineOfRange } from './affine-uint8.js';
import type { Calibration } from './calibration.js';
import { type ChannelIntegers, meanWeightError, quantizeBias, quantizeWeights } from './channel-int8.js';
import { type QuantizationPlan, quantizationPlan } from './quantization-plan.js';
import { weightLayout } from './weight-layout.js';

const { INT8, INT32, UINT8 } = TensorProto_DataType;

/**
 * The model with 8-bit weights and activations, in the form runtimes look for: each tensor between integer operators goes through
 * QuantizeLinear and DequantizeLinear, which ONNX Runtime melts together with the operators around them.
 * Activations are uint8 with one scale, weights int8 with a scale for each output channel, biases int32 less the mean error of the
 * rounded weights. Inputs and outputs stay as they are.
 * @param quantizable what `quantizableModel` gave
 * @param calibration of everything `calibrationNeeds` names
 */
export function quantizeModel(quantizable: ModelProto, calibration: Calibration): ModelProto {
  return new Quantizer(quantizable, calibration).model();
}

/** The scale of an activation, and the names of the initialisers that hold it and its zero point. */
interface StoredScale {
  readonly scale: number;
  readonly inputs: readonly [string, string];
}

class Quantizer {
  readonly #plan: QuantizationPlan;
  readonly #index: GraphIndex;
  readonly #names: GraphNames;
  readonly #added: TensorProto[] = [];
  /** By the tensor that has the scale. */
  readonly #scales = new Map<string, StoredScale>();

  constructor(
    readonly quantizable: ModelProto,
    readonly calibration: Calibration,
  ) {
    const graph = graphOf(quantizable);
    this.#plan = quantizationPlan(graph);
    this.#index = new GraphIndex(graph);
    this.#names = new GraphNames(graph);
    for (const name of new Set(this.#plan.scaleOf.values())) {
      const range = calibration.ranges.get(name);
      if (!range) throw new TypeError(`there is no range of tensor "${name}"`);
      this.#scales.set(name, this.#storedScale(name, affineOfRange(range)));
    }
  }

  model(): ModelProto {
    const graph = graphOf(this.quantizable);
    const nodes: NodeProto[] = [];
    /** Graph inputs keep their names, so what reads them reads something else. */
    const readInstead = new Map<string, string>();
    for (const { name = '' } of graph.input) {
      if (!this.#plan.scaleOf.has(name)) continue;
      const dequantized = this.#names.claim(`${name}.dequantized`);
      readInstead.set(name, dequantized);
      nodes.push(...this.#throughBytes(name, name, dequantized));
    }
    const weighted = new Set(this.#plan.weighted);
    for (const found of graph.node) {
      const input = found.input.map((name) => readInstead.get(name) ?? name);
      const parameters = weighted.has(found) ? this.#quantizedParameters(found) : [];
      for (const [i, parameter] of parameters.entries()) input[i + 1] = parameter.output[0];
      nodes.push(...parameters, ...this.#withBytesBehind({ ...found, input }));
    }
    const initializer = [...graph.initializer, ...this.#added];
    return withoutUnusedWeights({ ...this.quantizable, graph: { ...graph, node: nodes, initializer } });
  }

  /** A node, and behind each output that becomes bytes the two nodes that make it so; these take its name over. */
  #withBytesBehind(found: NodeProto): NodeProto[] {
    const behind: NodeProto[] = [];
    const output = found.output.map((name) => {
      if (!this.#plan.scaleOf.has(name)) return name;
      const exact = this.#names.claim(`${name}.float32`);
      behind.push(...this.#throughBytes(name, exact, name));
      return exact;
    });
    return [{ ...found, output }, ...behind];
  }

  /** QuantizeLinear and DequantizeLinear with the scale of tensor `name`. */
  #throughBytes(name: string, from: string, to: string): NodeProto[] {
    const { inputs } = this.#scaleOf(name);
    const bytes = this.#names.claim(`${name}.quantized`);
    return [
      node('QuantizeLinear', this.#names.claim(`${name}.quantize`), [from, ...inputs], [bytes]),
      node('DequantizeLinear', this.#names.claim(`${name}.dequantize`), [bytes, ...inputs], [to]),
    ];
  }

  #storedScale(name: string, { scale, zeroPoint }: AffineUint8): StoredScale {
    const inputs = [this.#names.claim(`${name}.scale`), this.#names.claim(`${name}.zero_point`)] as const;
    this.#added.push(
      floatTensor(inputs[0], [], Float32Array.of(scale)),
      tensorProto(inputs[1], [], UINT8, Uint8Array.of(zeroPoint)),
    );
    return { scale, inputs };
  }

  #scaleOf(name: string): StoredScale {
    const found = this.#scales.get(this.#plan.scaleOf.get(name) ?? name);
    if (!found) throw new TypeError(`tensor "${name}" has no scale`);
    return found;
  }

  /** The nodes that make float32 of a layer's stored integers: its weight's, then its bias's where the layer can have one. */
  #quantizedParameters(layer: NodeProto): NodeProto[] {
    const [x, weightName, biasName = ''] = layer.input;
    const weight = this.#index.constant(weightName);
    const means = this.calibration.means.get(x);
    if (!weight || !means) throw new TypeError(`there is no weight of "${layer.name}", or no means of "${x}"`);
    const layout = weightLayout(layer, weight);
    const { scale } = this.#scaleOf(x);
    const given = this.#index.constant(biasName);
    const bias = given ? floatValues(given) : new Float32Array(layout.channels);
    const exact = floatValues(weight);
    const rounded = quantizeWeights(exact, layout, bias, scale);
    const stored = [this.#storedIntegers(weightName, tensorShape(weight), rounded, layout.axis)];
    if (layer.opType === 'MatMul') return stored;
    const error = meanWeightError(exact, rounded, layout, means);
    const corrected = bias.map((value, channel) => value - error[channel]);
    const integers = quantizeBias(corrected, rounded.scales, scale);
    return [...stored, this.#storedIntegers(biasName || `${weightName}.bias`, [layout.channels], integers, 0)];
  }

  #storedIntegers(
    name: string,
    shape: readonly number[],
    { values, scales }: ChannelIntegers<Int8Array | Int32Array>,
    axis: number,
  ): NodeProto {
    const type = values instanceof Int8Array ? INT8 : INT32;
    const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const zeros = new Uint8Array(scales.length * values.BYTES_PER_ELEMENT);
    const stored = tensorProto(this.#names.claim(`${name}.quantized`), shape, type, bytes);
    const scale = floatTensor(this.#names.claim(`${name}.scale`), [scales.length], scales);
    const zeroPoint = tensorProto(this.#names.claim(`${name}.zero_point`), [scales.length], type, zeros);
    this.#added.push(stored, scale, zeroPoint);
    const dequantized = this.#names.claim(`${name}.dequantized`);
    const inputs = [stored, scale, zeroPoint].map((tensor) => tensor.name ?? '');
    return node('DequantizeLinear', dequantized, inputs, [dequantized], { axis });
  }
}
