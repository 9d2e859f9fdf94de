import { Injectable } from '@nestjs/common';
import type { Image, Region } from '@resmask/contracts/inference.v1';
import { Engine, type Recognition } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import type { ServedModels } from '../model/serving-models.js';
import { toImageInput, toRegions } from './recognition.messages.js';

/** Recognises one image as it came off the wire. */
@Injectable()
export class Recognizer {
  constructor(readonly engine: Engine) {}

  /** Takes the image's bytes: they move to a worker. @throws DomainError about the image or the regions. */
  async recognize(
    image: Image | undefined,
    regions: readonly Region[],
    maxFaces: number,
    models: ServedModels,
    signal: AbortSignal,
  ): Promise<Recognition> {
    if (regions.length === 0 && !models.detector) {
      throw new DomainError(
        'DETECTOR_MISSING',
        'no face detector is registered; register one, name one, or say where the faces are by regions',
      );
    }
    const task = {
      image: toImageInput(image),
      classifier: models.classifier.digest,
      detector: models.detector?.digest ?? '',
      regions: toRegions(regions),
      maxFaces,
    };
    return this.engine.recognize(task, signal);
  }
}
