import { Inject, Injectable } from '@nestjs/common';
import type { ModelInferRequest, ModelInferResponse } from '@resmask/contracts/open-inference';
import type { NativeRun } from '@resmask/engine/native';
import { DomainError } from '@resmask/errors';
import type { AnyTensor } from '@resmask/runtime';
import { batchOf, isBatched } from './batch-limit.js';
import { classification } from './classification.js';
import { InferenceStatistics } from './inference-statistics.js';
import { decodeInputTensors } from './input-tensors.js';
import { type NativeModelDescription, NativeModels } from './native-models.js';
import { toOutputTensors } from './output-tensors.js';
import { withinQueueTimeout } from './queue-timeout.js';
import { type RequestOptions, readRequestParameters } from './request-parameters.js';
import { type RequestedOutput, toRequestedOutputs } from './requested-outputs.js';
import { toVersionReference } from './version-reference.js';

/** Most rows of a request to a model whose tensors have a batch dimension. */
export const MAX_BATCH = Symbol('MaxBatch');

/** Answers requests of the Open Inference Protocol, one by one. */
@Injectable()
export class TensorInference {
  constructor(
    readonly models: NativeModels,
    readonly statistics: InferenceStatistics,
    @Inject(MAX_BATCH) readonly maxBatch: number,
  ) {}

  /** @throws DomainError about the request, or as the registry and the engine say it. */
  async infer(request: ModelInferRequest, signal: AbortSignal): Promise<ModelInferResponse> {
    const readAt = process.hrtime.bigint();
    const reference = toVersionReference(request.modelName, request.modelVersion);
    const options = readRequestParameters(request.parameters);
    const model = await this.models.describe(reference);
    try {
      return await this.#run(request, model, options, signal, readAt);
    } catch (error) {
      const isCancelled = error instanceof DomainError && error.reason === 'CANCELLED_BY_CALLER';
      if (!isCancelled) this.statistics.failed(model.model, model.number, since(readAt));
      throw error;
    }
  }

  async #run(
    request: ModelInferRequest,
    model: NativeModelDescription,
    { timeoutUs, own }: RequestOptions,
    signal: AbortSignal,
    readAt: bigint,
  ): Promise<ModelInferResponse> {
    const resolvedAt = process.hrtime.bigint();
    const requested = toRequestedOutputs(request.outputs, model.outputs);
    const feeds = decodeInputTensors(request, model.inputs);
    const rows = batchOf(model, feeds, this.maxBatch);
    const decodeNs = since(resolvedAt);
    const outputs = requested.map(({ name }) => name);
    const run = await withinQueueTimeout(timeoutUs, signal, (waiting) =>
      this.models.infer(model, { feeds, outputs }, waiting),
    );
    const ranAt = process.hrtime.bigint();
    const tensors = toOutputTensors(requested, classified(requested, run, model));
    const { queueNs, inputNs, inferNs, outputNs } = run.timings;
    this.statistics.succeeded(model.model, model.number, rows, {
      totalNs: since(readAt),
      queueNs,
      inputNs: decodeNs + inputNs,
      inferNs,
      outputNs: outputNs + since(ranAt),
    });
    const { modelName, id } = request;
    return { modelName, modelVersion: model.number, id, parameters: own, ...tensors };
  }
}

function classified(
  requested: readonly RequestedOutput[],
  { outputs }: NativeRun,
  model: NativeModelDescription,
): AnyTensor[] {
  return requested.map(({ name, classes }, i) =>
    classes > 0 ? classification(outputs[i], classes, model.labels[name], isBatched(model)) : outputs[i],
  );
}

function since(then: bigint): number {
  return Number(process.hrtime.bigint() - then);
}
