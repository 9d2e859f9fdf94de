import type { ServerUnaryCall } from '@grpc/grpc-js';
import type { Engine, Recognition, RecognizeTask } from '@resmask/engine';
import type { ModelChoice } from '../model/model-choice.js';
import type { ModelsUse, ServedModels, ServingModels } from '../model/serving-models.js';
import { recognizedOnly } from './recognized-only.js';

/** What a unary call has while it is answered. */
export interface UnaryTurn {
  readonly served: ServedModels;
  readonly use: ModelsUse;
  /** Recognises with the models of this turn. @throws DomainError about the image, FRAME_EXPIRED, CANCELLED_BY_CALLER, QUEUE_FULL. */
  recognize(task: Omit<RecognizeTask, 'classifier' | 'detector' | 'signal'>): Promise<Recognition>;
}

/**
 * Answers a unary call with the models it names and a lane of its own, which are let go of whatever becomes of it; a cancelled call's
 * image is forgotten.
 */
export async function takeTurn<Response>(
  { models, engine }: { readonly models: ServingModels; readonly engine: Engine },
  choice: ModelChoice,
  call: Pick<ServerUnaryCall<unknown, unknown>, 'on'>,
  answer: (turn: UnaryTurn) => Promise<Response>,
): Promise<Response> {
  const abort = new AbortController();
  const served = await models.acquire(choice);
  const use = served.use();
  const lane = engine.openLane({ newestOnly: false, maxInFlight: 1 });
  call.on('cancelled', () => {
    abort.abort();
    engine.clearLane(lane);
  });
  const { classifier, detector } = use;
  try {
    return await answer({
      served,
      use,
      recognize: async (task) =>
        recognizedOnly(await engine.recognize(lane, { ...task, classifier, detector, signal: abort.signal })),
    });
  } finally {
    engine.clearLane(lane);
    use.release();
    served.release();
  }
}
