import { DomainError } from '@resmask/errors';
import { type ModelProto, type TensorProto, TensorProto_DataLocation } from './gen/onnx/onnx.js';
import { graphOf } from './graph-signature.js';

/** Names of the files beside the model that hold its weights; none for a model in one file. */
export function externalDataFiles(model: ModelProto): string[] {
  const external = graphOf(model).initializer.filter(isExternal);
  return [...new Set(external.map((tensor) => entriesOf(tensor)['location'] ?? ''))];
}

/**
 * The model with weights from its data files inside, as views of the files' bytes: what graph surgery works on.
 * @param files bytes of every file `externalDataFiles` names
 * @throws DomainError WEIGHTS_INVALID that names the tensor whose bytes are not in its file.
 */
export function withInternalData(model: ModelProto, files: ReadonlyMap<string, Uint8Array>): ModelProto {
  const graph = graphOf(model);
  const initializer = graph.initializer.map((tensor) => (isExternal(tensor) ? internal(tensor, files) : tensor));
  return { ...model, graph: { ...graph, initializer } };
}

export function isExternal({ dataLocation }: TensorProto): boolean {
  return dataLocation === TensorProto_DataLocation.EXTERNAL;
}

function internal(tensor: TensorProto, files: ReadonlyMap<string, Uint8Array>): TensorProto {
  const { location = '', offset = '0', length } = entriesOf(tensor);
  const bytes = files.get(location);
  if (!bytes) throw invalid(tensor, `lies in "${location}", which was not given`);
  const start = Number(offset);
  const end = length === undefined ? bytes.byteLength : start + Number(length);
  if (
    !Number.isSafeInteger(start) ||
    !Number.isSafeInteger(end) ||
    start < 0 ||
    end < start ||
    end > bytes.byteLength
  ) {
    throw invalid(tensor, `is bytes ${offset} to ${end} of "${location}", which has ${bytes.byteLength}`);
  }
  return { ...tensor, rawData: bytes.subarray(start, end), externalData: [], dataLocation: undefined };
}

function entriesOf({ externalData }: TensorProto): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(externalData.map(({ key = '', value = '' }) => [key, value]));
}

function invalid({ name }: TensorProto, problem: string): DomainError {
  return new DomainError('WEIGHTS_INVALID', `tensor "${name}" ${problem}`);
}
