import type { ServerUnaryCall } from '@grpc/grpc-js';
import { Injectable } from '@nestjs/common';
import type { RecognizeRequest, RecognizeResponse } from '@resmask/contracts/inference.v1';
import { Engine } from '@resmask/engine';
import { ServingModels } from '../model/serving-models.js';
import { toFaceMessages, toMaxFaces } from './recognition.messages.js';
import { Recognizer } from './recognizer.js';

/** Answers single images. */
@Injectable()
export class RecognitionService {
  constructor(
    readonly models: ServingModels,
    readonly recognizer: Recognizer,
    readonly engine: Engine,
  ) {}

  async recognize(
    request: RecognizeRequest,
    call: ServerUnaryCall<RecognizeRequest, RecognizeResponse>,
  ): Promise<RecognizeResponse> {
    const maxFaces = toMaxFaces(request.maxFaces);
    const abort = new AbortController();
    call.on('cancelled', () => abort.abort());
    const models = await this.models.acquire(request);
    try {
      const found = await this.recognizer.recognize(request.image, request.regions, maxFaces, models, abort.signal);
      return {
        model: models.classifier.name,
        detector: request.regions.length > 0 ? '' : (models.detector?.name ?? ''),
        width: found.width,
        height: found.height,
        faces: toFaceMessages(found, models.labels),
        executionProvider: this.engine.provider,
      };
    } finally {
      models.release();
    }
  }
}
