import {
  ModelConfig,
  ModelInstanceGroup_Kind,
  type ModelMetadataResponse,
  ModelMetadataResponse_TensorMetadata as TensorMetadata,
} from '@resmask/contracts/open-inference';
import type { TensorSignature } from '@resmask/runtime';
import { isBatched } from './batch-limit.js';
import { DATATYPES } from './datatype.js';
import type { NativeModelDescription } from './native-models.js';

const BACKEND = 'onnxruntime';
const PLATFORM = 'onnxruntime_onnx';

/** @param name as the client wrote it @param versions numbers that may be asked for */
export function toModelMetadata(
  name: string,
  model: NativeModelDescription,
  versions: readonly string[],
): ModelMetadataResponse {
  const labels = Object.entries(model.labels).map(([output, names]) => [`labels.${output}`, names.join(',')] as const);
  return {
    name,
    versions: [...versions],
    platform: PLATFORM,
    inputs: model.inputs.map(toTensorMetadata),
    outputs: model.outputs.map(toTensorMetadata),
    properties: {
      version: model.number,
      resource_name: model.version.name,
      digest: model.version.digest,
      execution_provider: model.provider,
      ...Object.fromEntries(labels),
    },
  };
}

/** @param name as the client wrote it @param maxBatch most rows of a request */
export function toModelConfig(name: string, model: NativeModelDescription, maxBatch: number): ModelConfig {
  const batched = isBatched(model);
  const toTensor = ({ name: tensor, type, shape }: TensorSignature) => ({
    name: tensor,
    dataType: DATATYPES[type].config,
    dims: (batched ? shape.slice(1) : shape).map(BigInt),
  });
  const kind = model.provider === 'cpu' ? ModelInstanceGroup_Kind.KIND_CPU : ModelInstanceGroup_Kind.KIND_GPU;
  return ModelConfig.fromPartial({
    name,
    platform: PLATFORM,
    backend: BACKEND,
    versionPolicy: { policyChoice: { $case: 'all', value: {} } },
    maxBatchSize: batched ? maxBatch : 0,
    input: model.inputs.map(toTensor),
    output: model.outputs.map(toTensor),
    instanceGroup: [{ name: 'workers', count: model.sessions, kind }],
    defaultModelFilename: model.version.files[0].path,
    parameters: { resource_name: { stringValue: model.version.name }, digest: { stringValue: model.version.digest } },
    modelTransactionPolicy: { decoupled: false },
  });
}

function toTensorMetadata({ name, type, shape }: TensorSignature): TensorMetadata {
  return { name, datatype: DATATYPES[type].name, shape: shape.map(BigInt) };
}
