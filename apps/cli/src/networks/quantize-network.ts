import { mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { calibrate } from '@resmask/engine';
import {
  calibrationNeeds,
  countParameters,
  type ModelProto,
  quantizableModel,
  quantizeModel,
  type RangeMethod,
  withMetadataProperties,
} from '@resmask/onnx';
import { cpuLimit } from '@resmask/runtime';
import { fileSize } from '../models/file-size.js';
import { readSpecFile, specPathOf, writeSpecFile } from '../models/spec-file.js';
import { progress } from '../terminal/progress.js';
import { type CalibrationSample, calibrationImages } from './calibration-images.js';
import { readModel } from './read-model.js';
import { writeModel } from './write-model.js';

export interface QuantizeRequest {
  readonly file: string;
  /** The model's specification, which says how images become its input. */
  readonly spec: string;
  readonly output: string;
  /** A fer2013.csv or a folder of pictures. */
  readonly dataset: string;
  readonly sample: CalibrationSample;
  readonly method: RangeMethod;
}

export interface QuantizedNetwork {
  readonly file: string;
  readonly spec: string;
  readonly sizeBytes: number;
  readonly floatSizeBytes: number;
  readonly calibrationImages: number;
  /** Tensors that became bytes with a scale of their own. */
  readonly calibratedTensors: number;
}

/** A camera's picture at most; what a folder of faces holds is far smaller. */
const LIMITS = { maxPixels: 50e6, minSide: 1 };

/** Calibrates a model on sample images, and writes its 8-bit form with a specification beside it. */
export async function quantizeNetwork(request: QuantizeRequest): Promise<QuantizedNetwork> {
  const { file, output, dataset, sample, method } = request;
  const spec = await readSpecFile(request.spec);
  const floatSizeBytes = await fileSize(file);
  const model = await readModel(file);
  const parameters = countParameters(model);
  const quantizable = quantizableModel(model, { consume: true });
  const calibratedTensors = calibrationNeeds(quantizable).ranges.length;
  const { count, images } = await calibrationImages(dataset, sample);
  const bar = progress(`calibrating ${calibratedTensors} tensors`, count, 'images');
  const onProgress = (done: number): void => bar.update(done);
  const options = { method, threads: cpuLimit(), limits: LIMITS, onProgress };
  const calibration = await calibrate(quantizable, spec.input, images(), options).finally(() => bar.end());
  const quantized = described(quantizeModel(quantizable, calibration), request, count);
  await mkdir(dirname(output), { recursive: true });
  const { sizeBytes } = await writeModel(quantized, parameters, output, { fold: false, half: false });
  const specFile = specPathOf(output);
  await writeSpecFile(specFile, spec);
  return { file: output, spec: specFile, sizeBytes, floatSizeBytes, calibrationImages: count, calibratedTensors };
}

/** How a file came about, for whoever finds it later. */
function described(model: ModelProto, { method, sample }: QuantizeRequest, images: number): ModelProto {
  const how = `int8 weights per channel, uint8 activations, ranges by ${method} of ${images} images, seed ${sample.seed}`;
  return withMetadataProperties(model, { 'resmask.quantization': how });
}
