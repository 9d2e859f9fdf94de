import { decodeModel, encodeModel } from '@resmask/onnx';
import { int64Tensor, node, valueInfo } from '../../libs/onnx/src/proto-parts.js';
import { randomTensor } from './hand-made-model.js';
import { shippedModelFile } from './shipped-models.js';

/** FER2013's labels as a Keras data generator numbers folders: by the alphabet. */
export const ALPHABETICAL = ['angry', 'disgust', 'fear', 'happy', 'neutral', 'sad', 'surprise'] as const;
/** Where each of them stands among FER2013's. */
const PLACES = [0, 1, 2, 3, 6, 4, 5];
const FLOAT = 1;

/**
 * The shipped classifier as somebody's Keras export: grey pixels from −1 to 1, channels last, probabilities in alphabetical order,
 * names of their own.
 */
export async function kerasStyleModel(): Promise<Buffer> {
  const model = decodeModel(await shippedModelFile('resmasking-compact'));
  const { graph } = model;
  if (!graph) throw new TypeError('the shipped model has no graph');
  const half = { ...randomTensor('half', [1], 1, 0.5, 0.5), name: 'half' };
  const before = [
    node('Transpose', 'to_planes', ['conv2d_input'], ['planes'], { perm: [0, 3, 1, 2] }),
    node('Mul', 'halve', ['planes', 'half'], ['halved']),
    node('Add', 'lift', ['halved', 'half'], ['input']),
  ];
  const after = [
    node('Gather', 'by_alphabet', ['logits', 'places'], ['sorted'], { axis: 1 }),
    node('Softmax', 'activation', ['sorted'], ['dense_1'], { axis: 1 }),
  ];
  const staged = {
    ...graph,
    node: [...before, ...graph.node, ...after],
    initializer: [...graph.initializer, half, int64Tensor('places', PLACES)],
    input: [valueInfo('conv2d_input', FLOAT, ['n', 48, 48, 1])],
    output: [valueInfo('dense_1', FLOAT, ['n', ALPHABETICAL.length])],
  };
  return Buffer.from(encodeModel({ ...model, producerName: 'tf2onnx', graph: staged }));
}

/** Its specification, as a user writes it. */
export const KERAS_STYLE_SPEC = `
architecture: keras-cnn
input:
  tensor: conv2d_input
  source: gray
  planes: 1
  height: 48
  width: 48
  resize: stretch
  layout: NHWC
  type: float32
  scale: 0.00784313725490196 # 2 ÷ 255
  mean: [1]
output:
  task: expression
  tensor: dense_1
  values: probabilities
  labels: [${ALPHABETICAL.join(', ')}]
`;
