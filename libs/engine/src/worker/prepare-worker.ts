import { workerData } from 'node:worker_threads';
import type { DecodedImage } from '@resmask/codecs';
import { serveTasks, type TaskResult, yieldToServers } from '@resmask/runtime';
import { type Detection, sceneSignature } from '@resmask/vision';
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
import { scaleOf, toDecoded, toSent } from './image-scale.js';
import { prepareInput } from './prepare-input.js';
import type { CropRequest, PrepareRequest, PrepareResponse, PrepareWorkerData } from './prepare-task.js';

/** An image between finding its faces and cutting them out. */
interface KeptImage {
  readonly image: DecodedImage;
  /** Pixels of the decoded image per pixel of the detector's input. */
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
      const image = await decodeInput(request.image, limits);
      const { data, scaleX, scaleY } = prepareInput(image.pixels, request.detector);
      kept.set(request.frame, { image, scaleX, scaleY });
      const input = new Uint8Array(data);
      return {
        response: { kind: 'opened', input, milliseconds: performance.now() - start },
        transfer: [input.buffer],
      };
    }
    case 'crop': {
      const found = kept.get(request.frame);
      kept.delete(request.frame);
      if (!found) throw new TypeError(`there is no frame ${request.frame}`);
      return answer(found.image, facesOf(found, request), request, start);
    }
    case 'regions': {
      const image = await decodeInput(request.image, limits);
      const [margins, scale] = [marginsOf(request), scaleOf(image)];
      const faces = request.regions.map((region, i) =>
        prepared(cropRegion(image.pixels, toDecoded(region, scale), margins, i), request, i),
      );
      return answer(image, faces, request, start);
    }
    case 'forget':
      kept.delete(request.frame);
      return { response: { kind: 'forgotten' } };
  }
});

function facesOf({ image, scaleX, scaleY }: KeptImage, request: PrepareRequest & { kind: 'crop' }): PreparedFace[] {
  const { detections, maxFaces, minFaceSize } = request;
  const { pixels } = image;
  const [margins, scale] = [marginsOf(request), scaleOf(image)];
  return detections
    .map((found) => toImage(found, scaleX, scaleY))
    .filter(({ box }) => box.width * scale.x >= minFaceSize && box.height * scale.y >= minFaceSize)
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
  image: DecodedImage,
  faces: readonly PreparedFace[],
  { classifiers, scene }: CropRequest,
  start: number,
): TaskResult<PrepareResponse> {
  const inputs = classifiers.map((spec, i) => inputsOf(faces, spec, i));
  const response: PrepareResponse = {
    kind: 'cropped',
    width: image.width,
    height: image.height,
    faces: faces.map(({ face }) => toSent(face, scaleOf(image))),
    inputs,
    pictures: faces.flatMap(({ picture }) => picture ?? []),
    scene: scene ? sceneSignature(image.pixels) : undefined,
    milliseconds: performance.now() - start,
  };
  return { response, transfer: inputs.map(({ buffer }) => buffer) };
}
