import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { Engine } from '@resmask/engine';
import { CallErrors, Drain, Streams } from '@resmask/service-kit';
import { ModelController } from './model/model.controller.js';
import { PinnedModels } from './model/pinned-models.js';
import { ServedModelService } from './model/served-model.service.js';
import { ServingModels } from './model/serving-models.js';
import { OPEN_INFERENCE_CONTROLLERS } from './open-inference/open-inference-parts.js';
import { ExplainService } from './recognition/explain.service.js';
import { RecognitionController } from './recognition/recognition.controller.js';
import { RecognitionService } from './recognition/recognition.service.js';
import { FRAME_EVENTS, type FrameEvents } from './stream/frame-events.js';
import type { StreamParts } from './stream/frame-stream.js';
import { FrameStreams, STREAM_PARTS } from './stream/frame-streams.js';
import type { StreamLimits } from './stream/stream-limits.js';

@Module({})
export class InferenceModule {
  /** @param parts what the process made at start: engine, version source, default models, drain, error table */
  static with(parts: Provider[], limits: StreamLimits, events: FrameEvents): DynamicModule {
    return {
      module: InferenceModule,
      controllers: [RecognitionController, ModelController, ...OPEN_INFERENCE_CONTROLLERS],
      providers: [
        ...parts,
        Streams,
        ServingModels,
        PinnedModels,
        ServedModelService,
        RecognitionService,
        ExplainService,
        FrameStreams,
        { provide: FRAME_EVENTS, useValue: events },
        {
          provide: STREAM_PARTS,
          inject: [ServingModels, CallErrors, Drain, Engine],
          useFactory: (models: ServingModels, errors: CallErrors, drain: Drain, engine: Engine): StreamParts => ({
            models,
            engine,
            errors,
            drain,
            events,
            limits,
          }),
        },
      ],
    };
  }
}
