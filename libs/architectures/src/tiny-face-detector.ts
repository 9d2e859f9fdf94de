import { GraphBuilder, type Value } from '@resmask/onnx';
import { transpose } from '@resmask/tensor';
import type { Architecture } from './architecture.js';
import type { NetworkOptions } from './network-options.js';
import type { WeightSource } from './weight-source.js';

const SIDE = 480;
/** Input pixels per cell of the output grid: five halvings. */
const STRIDE = 32;
const LEAK = 0.10000000149011612;
/** Mean red, green and blue of the images it was trained on. */
const MEAN_RGB = [117.001, 114.697, 97.404];
const WIDTHS = [16, 32, 64, 128, 256, 512] as const;
/** Five anchors of x, y, width, height and score. */
const OUTPUTS = 25;

/** Its grid has no classes and its anchors belong to one size, so there is nothing to choose. */
const DEFAULTS: NetworkOptions = { classes: 1, size: SIDE, channels: 3, width: 1, outputs: [] };

/**
 * TinyFaceDetector of face-api: a Tiny YOLO v2 of separable convolutions.
 * Input [batch, 3, 480, 480] red, green, blue, (byte − mean) ÷ 255; output [batch, 25, 15, 15]. Weights keep TensorFlow's
 * names and axis order (height, width, in, out).
 */
function build(weights: WeightSource): GraphBuilder {
  const graph = new GraphBuilder('tiny-face-detector');
  let x = graph.input('input', ['batch', 3, SIDE, SIDE]);
  // The first convolution has no padding in the published network, so the first grid is 414×414.
  x = leaky(graph, 'conv0', convolution(graph, weights, 'conv0', 'filters', x, WIDTHS[0], 3));
  for (const [i, width] of WIDTHS.slice(1).entries()) {
    x = graph.maxPool(`pool${i}`, x, { kernel: 2, stride: 2, ceil: true });
    x = leaky(graph, `conv${i + 1}`, separable(graph, weights, `conv${i + 1}`, x, width));
  }
  // Stride 1 keeps the grid: one row and column are added at the end, as TensorFlow's `same` does.
  x = graph.maxPool('pool5', x, { kernel: 2, stride: 1, padding: { top: 0, left: 0, bottom: 1, right: 1 } });
  graph.output('grid', convolution(graph, weights, 'conv8', 'filters', x, OUTPUTS, 1));
  return graph;
}

function separable(graph: GraphBuilder, weights: WeightSource, name: string, x: Value, width: number): Value {
  const channels = Number(x.shape[1]);
  const depthwise = transpose(weights.take(`${name}/depthwise_filter`, [3, 3, channels, 1]), [2, 3, 0, 1]);
  const spread = graph.conv(`${name}.depthwise`, x, depthwise, undefined, { padding: 1, groups: channels });
  return convolution(graph, weights, name, 'pointwise_filter', spread, width, 1);
}

function convolution(
  graph: GraphBuilder,
  weights: WeightSource,
  name: string,
  part: string,
  x: Value,
  width: number,
  kernel: number,
): Value {
  const filters = weights.take(`${name}/${part}`, [kernel, kernel, Number(x.shape[1]), width]);
  return graph.conv(name, x, transpose(filters, [3, 2, 0, 1]), weights.take(`${name}/bias`, [width]));
}

function leaky(graph: GraphBuilder, name: string, x: Value): Value {
  return graph.leakyRelu(`${name}.leaky`, x, LEAK);
}

export const tinyFaceDetector: Architecture = {
  name: 'tiny-face-detector',
  summary: 'face detector of face-api',
  defaults: DEFAULTS,
  sizes: { min: SIDE, step: SIDE },
  channels: [3],
  masks: [],
  spec: () => ({
    architecture: 'tiny-face-detector',
    input: {
      tensor: 'input',
      source: 'rgb',
      planes: 3,
      height: SIDE,
      width: SIDE,
      resize: 'letterbox',
      cropMargin: 1.1,
      layout: 'NCHW',
      type: 'float32',
      scale: 1 / 255,
      mean: MEAN_RGB.map((value) => value / 255),
      std: [],
    },
    output: {
      task: 'face',
      decoder: 'tiny-face',
      tensors: ['grid'],
      strides: [STRIDE],
      scoreThreshold: 0.3,
      overlapThreshold: 0.2,
      // Its boxes reach from brows to chin and beyond the ears; how these numbers and the two above were found is
      // told in docs/adr/0003-face-boxes.md.
      boxCorrection: { shiftX: 0.049, shiftY: -0.138, scaleWidth: 0.806, scaleHeight: 1.107 },
    },
  }),
  build,
};
