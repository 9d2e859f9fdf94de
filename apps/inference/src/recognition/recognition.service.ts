import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { RecognizeRequest, RecognizeResponse } from '@resmask/contracts/inference.v1';
import { Engine } from '@resmask/engine';
import { ServingModels } from '../model/serving-models.js';
import { FRAME_EVENTS, type FrameEvents } from '../stream/frame-events.js';
import { callDeadline } from './call-deadline.js';
import { checkAlignment } from './check-alignment.js';
import {
  toFaceMessage,
  toImageInput,
  toMaxFaces,
  toMinFaceSize,
  toRegions,
  toTimingsMessage,
  toTopK,
} from './recognition.messages.js';
import { takeTurn } from './unary-turn.js';

/** Answers single images. */
@Injectable()
export class RecognitionService {
  constructor(
    readonly models: ServingModels,
    readonly engine: Engine,
    @Inject(FRAME_EVENTS) readonly events: FrameEvents,
  ) {}

  async recognize(
    request: RecognizeRequest,
    call: ServerUnaryCall<RecognizeRequest, RecognizeResponse>,
  ): Promise<RecognizeResponse> {
    const readAt = performance.now();
    const { regions, maxFaces, minFaceSize, topK, alignment, image } = request;
    const wanted = {
      image: toImageInput(image),
      regions: toRegions(regions),
      maxFaces: toMaxFaces(maxFaces),
      minFaceSize: toMinFaceSize(minFaceSize),
      alignment,
      scene: false,
      explain: undefined,
      deadline: callDeadline(call),
    };
    const labelsPerFace = toTopK(topK);
    return takeTurn(this, request, call, async ({ served, use: { classifier, detector, labels }, recognize }) => {
      checkAlignment(alignment, served.detector);
      const offeredAt = performance.now();
      const recognition = await recognize(wanted);
      const { width, height, faces, timings } = recognition;
      const receiveMs = offeredAt - readAt;
      const waits = { receiveMs, sendMs: 0, totalMs: performance.now() - readAt };
      this.events.recognized(recognition, classifier.version.name, waits);
      return {
        model: classifier.version.name,
        detector: regions.length > 0 ? '' : (detector?.version.name ?? ''),
        width,
        height,
        faces: faces.map((face) => toFaceMessage(face, labels, labelsPerFace)),
        executionProvider: this.engine.provider,
        timings: toTimingsMessage(timings, receiveMs, 0),
      };
    });
  }
}
