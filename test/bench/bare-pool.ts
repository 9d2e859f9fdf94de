import { readFileSync } from 'node:fs';
import { defaultSpec, findArchitecture } from '@resmask/architectures';
import { normalisation } from '@resmask/model-spec';
import type { InputStage } from '@resmask/onnx';
import { WorkerPool } from '@resmask/runtime';

export interface BareModel {
  readonly name: string;
  readonly file: Uint8Array;
  readonly stage: InputStage;
  readonly dims: readonly number[];
  readonly output: string;
}

export interface BareTask {
  readonly run: readonly string[];
}

/** Worker threads with the shipped networks loaded and nothing else. */
export function startBarePool(workers: number): WorkerPool<BareTask, number> {
  const models = ['resmasking-compact', 'tiny-face-detector'].map(bareModel);
  return new WorkerPool({ entry: new URL('./bare-worker.ts', import.meta.url), size: workers, workerData: { models } });
}

function bareModel(name: string): BareModel {
  const { input, output } = defaultSpec(findArchitecture(name));
  const planes = input.source === 'gray' ? 1 : 3;
  return {
    name,
    file: readFileSync(new URL(`../../build/models/${name}.onnx`, import.meta.url)),
    stage: {
      tensor: input.tensor,
      sourcePlanes: planes,
      planes: input.planes,
      reversePlanes: false,
      layout: input.layout,
      type: input.type,
      scale: input.scale,
      ...normalisation(input),
    },
    dims: [1, input.height, input.width, planes],
    output: output.task === 'expression' ? output.tensor : output.tensors[0],
  };
}
