import { DomainError } from '@resmask/errors';
import {
  type ExpressionOutput,
  type FaceOutput,
  faceOutputShapes,
  type InputSpec,
  type ModelSpec,
} from '@resmask/model-spec';
import {
  type Dimension,
  type GraphSignature,
  graphSignature,
  type ModelProto,
  type TensorSignature,
} from '@resmask/onnx';

/** What the input stage turns its float32 numbers into, if the graph takes these. */
const FLOATING = new Set(['float16', 'float64', 'bfloat16']);

/**
 * Compares a specification with the graph it describes, so that a version that is published can be served.
 * @throws DomainError GRAPH_SPEC_MISMATCH that says what the graph has.
 */
export function checkGraph(model: ModelProto, { input, output }: ModelSpec): void {
  const signature = graphSignature(model);
  checkInput(signature, input, output.task === 'face');
  if (output.task === 'expression') checkExpressionOutput(signature, output);
  else checkFaceOutput(signature, output, input);
}

function checkInput({ inputs }: GraphSignature, spec: InputSpec, singleImage: boolean): void {
  const found = inputs.find(({ name }) => name === spec.tensor);
  if (!found)
    throw mismatch('input_spec.tensor', `the graph has no input "${spec.tensor}"; it has ${describeAll(inputs)}`);
  if (inputs.length > 1)
    throw mismatch(
      'input_spec.tensor',
      `the graph has ${inputs.length} inputs, ${describeAll(inputs)}; one is allowed`,
    );
  if (found.type !== spec.type && !(spec.type === 'float32' && FLOATING.has(found.type)))
    throw mismatch('input_spec.type', `it says ${spec.type}, the graph has ${describe(found)}`);
  const { planes, height, width } = spec;
  const image: Dimension[] = spec.layout === 'NCHW' ? [planes, height, width] : [height, width, planes];
  const batch = singleImage ? ['batch', 1] : ['batch'];
  if (!fits(found.shape, [batch, ...image])) {
    const wanted = ['batch', ...image].join('×');
    throw mismatch(
      'input_spec',
      `the graph has ${describe(found)}; ${wanted} in ${spec.layout} order with a free batch size is needed`,
    );
  }
}

function checkExpressionOutput({ outputs }: GraphSignature, { tensor, labels }: ExpressionOutput): void {
  const found = findOutput(outputs, tensor, 'output_spec.expression.tensor');
  if (!fits(found.shape, ['batch', labels.length])) {
    throw mismatch(
      'output_spec.expression.labels',
      `there are ${labels.length} labels, the graph has ${describe(found)}; one value per label is needed`,
    );
  }
}

function checkFaceOutput({ outputs }: GraphSignature, output: FaceOutput, input: InputSpec): void {
  const shapes = faceOutputShapes(output, input);
  const found = output.tensors.map((tensor) => findOutput(outputs, tensor, 'output_spec.face.tensors'));
  const anchors = found.map(({ shape }, i) => shape[shapes[i].indexOf('anchors')]).find((size) => size !== undefined);
  for (const [i, tensor] of found.entries()) {
    const shape = shapes[i].map((axis) => (axis === 'anchors' ? (anchors ?? axis) : axis));
    const [batch, ...rest] = shape;
    if (!fits(tensor.shape, [[batch, 1], ...rest])) {
      throw mismatch(
        'output_spec.face',
        `the ${output.decoder} decoder needs ${shape.join('×')}, the graph has ${describe(tensor)}`,
      );
    }
  }
}

function findOutput(outputs: readonly TensorSignature[], tensor: string, field: string): TensorSignature {
  const found = outputs.find(({ name }) => name === tensor);
  if (!found) throw mismatch(field, `the graph has no output "${tensor}"; it has ${describeAll(outputs)}`);
  if (found.type !== 'float32') throw mismatch(field, `the graph has ${describe(found)}; float32 is needed`);
  return found;
}

/** Whether a shape can be the wanted one: symbols in the graph fit any size, a wanted `batch` needs a symbol. */
function fits(shape: readonly Dimension[], wanted: readonly (Dimension | readonly Dimension[])[]): boolean {
  return (
    shape.length === wanted.length &&
    shape.every((size, axis) =>
      [wanted[axis]]
        .flat()
        .some((want) => (want === 'batch' ? typeof size === 'string' : typeof size === 'string' || size === want)),
    )
  );
}

function describe({ name, type, shape }: TensorSignature): string {
  return `"${name}" ${type} ${shape.join('×')}`;
}

function describeAll(tensors: readonly TensorSignature[]): string {
  return tensors.map(describe).join(', ') || 'none';
}

function mismatch(field: string, description: string): DomainError {
  return new DomainError('GRAPH_SPEC_MISMATCH', `${field}: ${description}`, { violations: [{ field, description }] });
}
