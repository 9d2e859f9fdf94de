import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Engine } from '@resmask/engine';
import { CallErrors, Drain, Streams } from '@resmask/service-kit';
import { ServingModels } from './model/serving-models.js';
import { OPEN_INFERENCE_CONTROLLERS } from './open-inference/open-inference-parts.js';
import { RecognitionController } from './recognition/recognition.controller.js';
import { RecognitionService } from './recognition/recognition.service.js';
import { Recognizer } from './recognition/recognizer.js';
import type { StreamParts } from './stream/frame-stream.js';
import { FrameStreams, MAX_STREAMS, STREAM_PARTS } from './stream/frame-streams.js';

/** Limits the service tells its streams of, and keeps. */
export interface StreamLimits {
  readonly maxStreams: number;
  readonly maxFramePixels: number;
  readonly maxMessageBytes: number;
}

@Module({})
export class InferenceModule {
  /** @param parts what the process made at start: engine, version source, default models, drain, error table */
  static with(parts: Provider[], { maxStreams, maxFramePixels, maxMessageBytes }: StreamLimits): DynamicModule {
    return {
      module: InferenceModule,
      controllers: [RecognitionController, ...OPEN_INFERENCE_CONTROLLERS],
      providers: [
        ...parts,
        Streams,
        ServingModels,
        Recognizer,
        RecognitionService,
        FrameStreams,
        { provide: MAX_STREAMS, useValue: maxStreams },
        {
          provide: STREAM_PARTS,
          inject: [ServingModels, Recognizer, CallErrors, Drain, Engine],
          useFactory: (
            models: ServingModels,
            recognizer: Recognizer,
            errors: CallErrors,
            drain: Drain,
            engine: Engine,
          ): StreamParts => ({
            models,
            recognizer,
            errors,
            drain,
            workers: engine.options.workers,
            limits: { maxFramePixels, maxMessageBytes, executionProvider: engine.provider },
          }),
        },
      ],
    };
  }
}
