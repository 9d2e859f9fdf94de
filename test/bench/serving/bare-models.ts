import { readFileSync } from 'node:fs';
import { defaultSpec, findArchitecture } from '@resmask/architectures';
import { type ModelSpec, normalisation } from '@resmask/model-spec';
import type { InputStage } from '@resmask/onnx';
import { WorkerPool } from '@resmask/runtime';
import type { BenchModel } from './bench-models.ts';

/** A network the yardstick runs, and the stage before it that the service puts there too. */
export interface BareModel {
  readonly name: string;
  readonly file: Uint8Array;
  readonly stage: InputStage;
  /** Height, width and planes of one image. */
  readonly image: readonly [number, number, number];
  readonly output: string;
}

/** Runs each named model once, one after the other, with so many images. */
export interface BareTask {
  readonly run: readonly string[];
  readonly batch: number;
}

export type BarePool = WorkerPool<BareTask, number>;

/** Worker threads with the networks loaded and nothing else. */
export function startBarePool(workers: number, more: readonly BenchModel[]): BarePool {
  const models = [...['resmasking-compact', 'tiny-face-detector'].map(shipped), ...more].map(bareModel);
  return new WorkerPool({ entry: new URL('./bare-worker.ts', import.meta.url), size: workers, workerData: { models } });
}

function shipped(name: string): BenchModel {
  const file = readFileSync(new URL(`../../../build/models/${name}.onnx`, import.meta.url));
  return { name, file, spec: defaultSpec(findArchitecture(name)) };
}

function bareModel({ name, file, spec }: BenchModel): BareModel {
  const { input, output } = spec;
  const stage = stageOf(spec);
  return {
    name,
    file,
    stage,
    image: [input.height, input.width, stage.sourcePlanes],
    output: output.task === 'expression' ? output.tensor : output.tensors[0],
  };
}

function stageOf({ input }: ModelSpec): InputStage {
  return {
    tensor: input.tensor,
    sourcePlanes: input.source === 'gray' ? 1 : 3,
    planes: input.planes,
    reversePlanes: input.source === 'bgr',
    layout: input.layout,
    type: input.type,
    scale: input.scale,
    ...normalisation(input),
  };
}
