import { DeliveryMode, type Frame } from '@resmask/contracts/inference.v1';
import type { Engine, FrameLane, Recognition, SessionsLease } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import type { CallErrors } from '@resmask/service-kit';
import { fromDuration } from '../duration.js';
import type { ModelsUse, ServedModels } from '../model/serving-models.js';
import { type ExplanationWish, toExplanationWish } from '../recognition/explain.messages.js';
import { toFaceMessage, toImageInput, toRegions } from '../recognition/recognition.messages.js';
import { recognizedOnly } from '../recognition/recognized-only.js';
import type { Place } from './answer-queue.js';
import { FaceFollower } from './face-follower.js';
import type { FrameEvents } from './frame-events.js';
import { type FrameOutcome, QualityHints } from './quality-hints.js';
import { type Answer, type Drop, droppedAnswer, type FrameTimes, resultAnswer } from './stream-answers.js';
import { FRAME_DEADLINE, type StreamTerms } from './stream-terms.js';

/** An answer that is made when its turn to be written comes, so that what one frame's faces mean for the next is seen in order. */
export type LateAnswer = () => Answer;

export interface FramePathOptions {
  readonly engine: Engine;
  readonly lane: FrameLane;
  readonly models: ServedModels;
  readonly terms: StreamTerms;
  readonly errors: CallErrors;
  readonly events: FrameEvents;
  /** The stream is gone. */
  readonly signal: AbortSignal;
  /** Told of a hint that shall be sent. */
  readonly onHint: (answer: Answer) => void;
}

const NOT_SERVED: FrameOutcome = { served: false, encodedBytes: 0, width: 0, height: 0, prepareMs: 0, computeMs: 0 };

/** The way of a stream's frames from being read to their answers. */
export class FramePath {
  readonly #follower: FaceFollower | undefined;
  readonly #hints: QualityHints | undefined;
  readonly #explain: ExplanationWish | undefined;
  #recognized = 0;

  constructor(readonly options: FramePathOptions) {
    const { terms } = options;
    if (terms.tracking) this.#follower = new FaceFollower(terms);
    this.#explain = terms.explanation && toExplanationWish(terms.explanation.options);
    // A lossless sender feels a slow server by itself.
    if (this.#live) this.#hints = new QualityHints(performance.now());
  }

  get #live(): boolean {
    return this.options.terms.mode === DeliveryMode.DELIVERY_MODE_LATEST;
  }

  /** Recognises a frame when its turn comes, and fills its place whatever becomes of it. */
  async run(frame: Frame, place: Place<LateAnswer>, readAt: number): Promise<void> {
    const { models, engine } = this.options;
    const use = models.use();
    let explainer: SessionsLease | undefined;
    try {
      if (this.#explainsNext()) explainer = await engine.acquireExplainer(use.classifier.version);
      const offeredAt = performance.now();
      const outcome = await this.#recognize(frame, use, explainer, readAt);
      if (outcome.kind === 'dropped' && this.#live && outcome.reason !== 'cancelled') {
        // It was counted as recognised; the next one takes its number.
        this.#recognized -= 1;
        this.drop(frame, outcome.reason, place);
        return;
      }
      const recognition = recognizedOnly(outcome);
      const times = { readAt, offeredAt, readyAt: performance.now() };
      const model = use.classifier.version.name;
      place.fill(() => this.#result(frame, recognition, use.labels, model, times));
    } catch (error) {
      this.fail(frame, error, place);
    } finally {
      explainer?.release();
      use.release();
    }
  }

  /** Answers a live frame that is not recognised. */
  drop(frame: Frame, drop: Drop, place: Place<LateAnswer>): void {
    this.options.events.dropped(drop);
    this.#hint(NOT_SERVED);
    place.fill(() => droppedAnswer(frame, drop));
  }

  /** Answers a frame that cannot be recognised. */
  fail(
    { frameId, captureTime }: Pick<Frame, 'frameId' | 'captureTime'>,
    error: unknown,
    place: Place<LateAnswer>,
  ): void {
    const { signal, errors, events } = this.options;
    // A stream that is gone has nobody to tell, and its frames are no errors of the service.
    const status = signal.aborted ? undefined : errors.toStatus(error);
    if (!signal.aborted) events.failed(error instanceof DomainError ? error.reason : 'INTERNAL');
    place.fill(() => ({ $case: 'error', value: { frameId, captureTime, status } }));
  }

  /** Counts a frame. */
  #explainsNext(): boolean {
    const { explanation } = this.options.terms;
    const number = this.#recognized;
    this.#recognized += 1;
    return explanation !== undefined && number % explanation.everyNthFrame === 0;
  }

  #recognize(
    { image, regions, deadline }: Frame,
    use: ModelsUse,
    explainer: SessionsLease | undefined,
    readAt: number,
  ) {
    const { engine, lane, terms, signal } = this.options;
    const deadlineMs = fromDuration(deadline, 'frame.deadline', { ...FRAME_DEADLINE, unset: terms.frameDeadlineMs });
    const task = {
      image: toImageInput(image),
      classifier: use.classifier,
      detector: use.detector,
      regions: regions.length > 0 ? toRegions(regions) : terms.regions,
      maxFaces: terms.maxFaces,
      minFaceSize: terms.minFaceSize,
      alignment: terms.alignment,
      scene: terms.tracking,
      explain: explainer && this.#explain && { explainer: explainer.sessions, ...this.#explain },
      deadline: readAt + deadlineMs,
      signal,
    };
    return engine.recognize(lane, task);
  }

  #result(frame: Frame, recognition: Recognition, labels: readonly string[], model: string, times: FrameTimes): Answer {
    const { terms, events } = this.options;
    const { faces, timings, width, height } = recognition;
    const messages = faces.map((face) => toFaceMessage(face, labels, terms.topK));
    // Regions say where to look, not who is there.
    if (frame.regions.length === 0 && terms.regions.length === 0)
      this.#follower?.follow(timeOf(frame, times.readAt), recognition, messages, labels);
    const { image } = frame;
    const encodedBytes = image?.content?.$case === 'encoded' ? image.content.value.length : 0;
    const computeMs = timings.detect + timings.infer;
    this.#hint({ served: true, encodedBytes, width, height, prepareMs: timings.prepare, computeMs });
    const now = performance.now();
    const { readAt, offeredAt, readyAt } = times;
    const waits = { receiveMs: offeredAt - readAt, sendMs: now - readyAt, totalMs: now - readAt };
    events.recognized(recognition, model, waits);
    return resultAnswer(frame, recognition, messages, model, times);
  }

  #hint(outcome: FrameOutcome): void {
    const hint = this.#hints?.add(outcome, performance.now());
    if (hint) this.options.onHint({ $case: 'hint', value: { ...hint } });
  }
}

/** By the client's clock where it says the time, so that a file streamed faster than it was taken is tracked as it was taken. */
function timeOf({ captureTime }: Frame, readAt: number): number {
  return captureTime ? captureTime.seconds * 1000 + captureTime.nanos / 1e6 : readAt;
}
