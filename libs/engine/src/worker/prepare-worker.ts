import { workerData } from 'node:worker_threads';
import { serveTasks, type TaskResult, yieldToServers } from '@resmask/runtime';
import { type Detection, type Pixels, sceneSignature } from '@resmask/vision';
import {
  type CroppedFace,
  cropAligned,
  cropDetection,
  cropRegion,
  inputsOf,
  type PreparedFace,
  prepareFace,
} from './crop-faces.js';
import { decodeInput } from './decode-input.js';
import { prepareInput } from './prepare-input.js';
import type { CropRequest, PrepareRequest, PrepareResponse, PrepareWorkerData } from './prepare-task.js';

/** An image between finding its faces and cutting them out. */
interface KeptImage {
  readonly pixels: Pixels;
  /** Pixels of the image per pixel of the detector's input. */
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Turns images into the inputs of networks. Decoding runs beside this thread, so several frames are in hand at once. */
const { limits } = workerData as PrepareWorkerData;
const kept = new Map<number, KeptImage>();

yieldToServers();
serveTasks<PrepareRequest, PrepareResponse>(async (request) => {
  const start = performance.now();
  switch (request.kind) {
    case 'open': {
      const pixels = await decodeInput(request.image, limits);
      const { data, scaleX, scaleY } = prepareInput(pixels, request.detector);
      kept.set(request.frame, { pixels, scaleX, scaleY });
      const input = new Uint8Array(data);
      return {
        response: { kind: 'opened', input, milliseconds: performance.now() - start },
        transfer: [input.buffer],
      };
    }
    case 'crop': {
      const image = kept.get(request.frame);
      kept.delete(request.frame);
      if (!image) throw new TypeError(`there is no frame ${request.frame}`);
      return answer(image.pixels, facesOf(image, request), request, start);
    }
    case 'regions': {
      const pixels = await decodeInput(request.image, limits);
      const margins = marginsOf(request);
      const faces = request.regions.map((region, i) => prepared(cropRegion(pixels, region, margins, i), request, i));
      return answer(pixels, faces, request, start);
    }
    case 'forget':
      kept.delete(request.frame);
      return { response: { kind: 'forgotten' } };
  }
});

function facesOf({ pixels, scaleX, scaleY }: KeptImage, request: PrepareRequest & { kind: 'crop' }): PreparedFace[] {
  const { detections, maxFaces, minFaceSize } = request;
  const margins = marginsOf(request);
  return detections
    .map((found) => toImage(found, scaleX, scaleY))
    .filter(({ box }) => box.width >= minFaceSize && box.height >= minFaceSize)
    .slice(0, maxFaces)
    .flatMap((found, i) =>
      (request.alignment ? cropAligned : cropDetection)(pixels, found, margins).map((face) =>
        prepared(face, request, i),
      ),
    );
}

function prepared(face: CroppedFace, { classifiers, pictures }: CropRequest, index: number): PreparedFace {
  return prepareFace(face, classifiers, index < pictures);
}

function marginsOf({ classifiers }: CropRequest): number[] {
  return classifiers.map(({ cropMargin }) => cropMargin);
}

function toImage({ box, score, landmarks }: Detection, scaleX: number, scaleY: number): Detection {
  return {
    box: { x: box.x * scaleX, y: box.y * scaleY, width: box.width * scaleX, height: box.height * scaleY },
    score,
    landmarks: landmarks.map(({ x, y }) => ({ x: x * scaleX, y: y * scaleY })),
  };
}

function answer(
  image: Pixels,
  faces: readonly PreparedFace[],
  { classifiers, scene }: CropRequest,
  start: number,
): TaskResult<PrepareResponse> {
  const inputs = classifiers.map((spec, i) => inputsOf(faces, spec, i));
  const response: PrepareResponse = {
    kind: 'cropped',
    width: image.width,
    height: image.height,
    faces: faces.map(({ face }) => face),
    inputs,
    pictures: faces.flatMap(({ picture }) => picture ?? []),
    scene: scene ? sceneSignature(image) : undefined,
    milliseconds: performance.now() - start,
  };
  return { response, transfer: inputs.map(({ buffer }) => buffer) };
}
