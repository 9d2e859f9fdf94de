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
import { recognizedOnly } from './recognized-only.js';

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
    const abort = new AbortController();
    const served = await this.models.acquire(request);
    const use = served.use();
    const lane = this.engine.openLane({ newestOnly: false, maxInFlight: 1 });
    call.on('cancelled', () => {
      abort.abort();
      this.engine.clearLane(lane);
    });
    try {
      checkAlignment(alignment, served.detector);
      const { classifier, detector, labels } = use;
      const offeredAt = performance.now();
      const outcome = this.engine.recognize(lane, { ...wanted, classifier, detector, signal: abort.signal });
      const recognition = recognizedOnly(await outcome);
      const { width, height, faces, timings } = recognition;
      const totalMs = performance.now() - readAt;
      this.events.recognized(recognition, classifier.version.name, {
        receiveMs: offeredAt - readAt,
        sendMs: 0,
        totalMs,
      });
      return {
        model: classifier.version.name,
        detector: regions.length > 0 ? '' : (detector?.version.name ?? ''),
        width,
        height,
        faces: faces.map((face) => toFaceMessage(face, labels, labelsPerFace)),
        executionProvider: this.engine.provider,
        timings: toTimingsMessage(timings, offeredAt - readAt, 0),
      };
    } finally {
      this.engine.clearLane(lane);
      use.release();
      served.release();
    }
  }
}
