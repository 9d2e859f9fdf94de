import { DomainError } from '@resmask/errors';
import type { Pixels } from '@resmask/vision';
import type { CroppedFaces, Preparation } from '../preparation.js';
import type { Recognition, RecognizedFace } from '../recognition.js';
import { withProbabilities } from '../with-probabilities.js';
import type { ExplainOptions, RecognizeJob, RecognizeTask } from './recognize-job.js';

/** Explaining a face costs up to fifty times what recognising it does: of an image, so many are, the best-scored ones. */
const MAX_EXPLAINED = 16;

/** What was found in an image, and what finding it took. */
interface Found {
  readonly cropped: CroppedFaces;
  readonly prepareMs: number;
  readonly detectMs: number;
}

/**
 * Recognises an image step by step: pixels, faces, crops, probabilities.
 * @param onPrepared called when the image itself is no longer needed
 */
export async function recognizePrepared(
  preparation: Preparation,
  { task, offeredAt }: RecognizeJob,
  onPrepared: () => void,
): Promise<Recognition> {
  const { cropped, prepareMs, detectMs } = await findFaces(preparation, task);
  onPrepared();
  const { width, height, faces, inputs } = cropped;
  throwIfCancelled(task);
  // The classifier's thread takes the inputs along.
  const explained = task.explain && inputs[0].slice();
  const none = { rows: new Float32Array(0), inferMs: 0, batchSize: 0 };
  const classified = faces.length === 0 ? none : await task.classifier.classify(inputs, faces.length, task.signal);
  const { rows, inferMs, batchSize } = classified;
  const plain = withProbabilities(faces, rows);
  const recognized =
    task.explain && explained ? await explainFaces(task.explain, plain, explained, cropped.pictures) : plain;
  const queue = Math.max(0, performance.now() - offeredAt - prepareMs - detectMs - inferMs);
  const timings = { prepare: prepareMs, detect: detectMs, queue, infer: inferMs, batchSize };
  return { width, height, faces: recognized, scene: cropped.scene, timings };
}

async function explainFaces(
  { explainer, label, method, masks }: ExplainOptions,
  faces: readonly RecognizedFace[],
  inputs: Uint8Array,
  pictures: readonly Pixels[],
): Promise<RecognizedFace[]> {
  const size = inputs.length / Math.max(1, faces.length);
  const options = { masks, ...(label !== undefined && { label }), ...(method && { method }) };
  const { sessions, release } = await explainer();
  try {
    return await Promise.all(
      faces.map(async (face, i) => {
        if (i >= MAX_EXPLAINED) return face;
        const input = inputs.slice(i * size, (i + 1) * size);
        return { ...face, explanation: await sessions.explain(input, pictures[i], options) };
      }),
    );
  } finally {
    release();
  }
}

async function findFaces(preparation: Preparation, task: RecognizeTask): Promise<Found> {
  const { image, regions, classifier, detector, alignment, scene, explain, maxFaces, minFaceSize } = task;
  const pictures = explain?.overlay ? MAX_EXPLAINED : 0;
  const request = { classifiers: classifier.inputs, alignment, scene, pictures };
  if (regions.length > 0) {
    const cropped = await preparation.cutRegions(image, regions, request);
    return { cropped, prepareMs: cropped.milliseconds, detectMs: 0 };
  }
  if (!detector) {
    throw new DomainError(
      'DETECTOR_MISSING',
      'no face detector is registered; register one, name one, or say where the faces are by regions',
    );
  }
  const open = await preparation.open(image, detector.version.spec.input);
  try {
    throwIfCancelled(task);
    const { detections, inferMs } = await detector.detect(open.input);
    throwIfCancelled(task);
    const cropped = await open.cut(detections, { ...request, maxFaces, minFaceSize });
    return { cropped, prepareMs: open.milliseconds + cropped.milliseconds, detectMs: inferMs };
  } catch (error) {
    open.forget();
    throw error;
  }
}

function throwIfCancelled({ signal }: RecognizeTask): void {
  if (signal.aborted) throw new DomainError('CANCELLED_BY_CALLER', 'the caller no longer wants the answer');
}
