import type { ModelProto, NodeProto } from '../gen/onnx/onnx.js';
import { GraphIndex } from '../graph-index.js';
import { graphOf } from '../graph-signature.js';
import { rankOf } from '../inner-value-info.js';
import { intAttribute } from '../node-attributes.js';
import { operatorSet } from '../operator-set.js';
import { constantTensor } from './constant-tensor.js';
import { sameValues, standardProducer } from './pass-through.js';

/** The mask of one attention block. */
export interface AttentionMask {
  /** The block, by the scope of the mask's layer (`mask1` of `mask1.softmax`), else by its place: `mask1`, `mask2` … */
  readonly name: string;
  /** The tensor in the graph. */
  readonly tensor: string;
  readonly layout: 'NCHW' | 'NHWC';
  /** What the block ends in; a softmax over the channels sums to 1 at each pixel, so that its mean says nothing. */
  readonly activation: 'Sigmoid' | 'Softmax';
}

type FoundMask = Omit<AttentionMask, 'name'> & { readonly scope: string };

/**
 * The masks of residual attention, in the order they are applied: M where feature maps x become x + x · M or x · (1 + M), and M ends
 * in a sigmoid or in a softmax over the channels (Pham, Vu and Tran, Fig. 2; Wang et al., "Residual Attention Network", equation 3).
 * Gates that only scale, as squeeze-and-excitation has, are none. Empty for networks without attention.
 */
export function findAttentionMasks(model: ModelProto): AttentionMask[] {
  const graph = graphOf(model);
  const search = new MaskSearch(new GraphIndex(graph), operatorSet(model));
  const found = graph.node.flatMap((node) => search.maskOf(node) ?? []);
  const scopes = found.map(({ scope }) => scope);
  return found.map(({ scope, ...mask }, i) => {
    const isOwn = scope !== '' && scopes.indexOf(scope) === scopes.lastIndexOf(scope);
    return { name: isOwn ? scope : `mask${i + 1}`, ...mask };
  });
}

class MaskSearch {
  constructor(
    readonly index: GraphIndex,
    readonly opset: number,
  ) {}

  /** The mask that a node applies as the last step of either form. */
  maskOf(node: NodeProto): FoundMask | undefined {
    const [a, b] = node.input;
    if (node.opType === 'Add') return this.#addedProduct(a, b) ?? this.#addedProduct(b, a);
    if (node.opType === 'Mul') return this.#onePlus(a) ?? this.#onePlus(b);
    return undefined;
  }

  /** M of x + x · M. */
  #addedProduct(x: string, sum: string): FoundMask | undefined {
    const product = standardProducer(this.index, sameValues(this.index, sum));
    if (product?.opType !== 'Mul') return undefined;
    const root = sameValues(this.index, x);
    const [a, b] = product.input;
    if (sameValues(this.index, a) === root) return this.#mask(b);
    return sameValues(this.index, b) === root ? this.#mask(a) : undefined;
  }

  /** M of 1 + M. */
  #onePlus(factor: string): FoundMask | undefined {
    const sum = standardProducer(this.index, sameValues(this.index, factor));
    if (sum?.opType !== 'Add') return undefined;
    const [a, b] = sum.input;
    if (this.#isOne(a)) return this.#mask(b);
    return this.#isOne(b) ? this.#mask(a) : undefined;
  }

  #isOne(name: string): boolean {
    // Nearly, since a quantised 1 is a multiple of its scale.
    return constantTensor(this.index, name)?.data.every((value) => Math.abs(value - 1) < 0.01) ?? false;
  }

  #mask(tensor: string): FoundMask | undefined {
    const producer = standardProducer(this.index, sameValues(this.index, tensor));
    const { opType: activation } = producer ?? {};
    const rank = rankOf(this.index, tensor) ?? 4;
    if (!producer || rank !== 4 || (activation !== 'Sigmoid' && activation !== 'Softmax')) return undefined;
    const axis = activation === 'Sigmoid' ? 1 : intAttribute(producer, 'axis', this.opset < 13 ? 1 : -1);
    if (![1, -3, 3, -1].includes(axis)) return undefined;
    const layout = axis === 1 || axis === -3 ? 'NCHW' : 'NHWC';
    return { tensor, layout, activation, scope: scopeOf(producer) };
  }
}

/** The module a layer belongs to, as exporters write it: `mask1` of `mask1.softmax` and of `/mask1/Softmax`. */
function scopeOf({ name = '' }: NodeProto): string {
  const parts = name.split(/[./]/).filter((part) => part !== '');
  return parts.slice(0, -1).join('.');
}
