import { DeliveryMode, type Frame } from '@resmask/contracts/inference.v1';
import type { Engine, FaceMap, FrameLane, Recognition } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import type { CallErrors } from '@resmask/service-kit';
import { fromDuration } from '../duration.js';
import type { ModelsUse, ServedModels } from '../model/serving-models.js';
import { type ExplanationWish, toExplanationWish } from '../recognition/explain.messages.js';
import { toFaceMessage, toImageInput, toRegions } from '../recognition/recognition.messages.js';
import { recognizedOnly } from '../recognition/recognized-only.js';
import type { Place } from './answer-queue.js';
import { FaceFollower } from './face-follower.js';
import { mayMove } from './frame-codec.js';
import type { FrameEvents } from './frame-events.js';
import { type FrameOutcome, QualityHints } from './quality-hints.js';
import { ShadowComparison } from './shadow-comparison.js';
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

/** Of a frame, what names it. */
type FrameName = Pick<Frame, 'frameId' | 'captureTime'>;

/** All that an answer needs, and nothing that keeps pixels. */
type FrameFacts = ReturnType<typeof factsOf> &
  FrameTimes & { readonly labels: readonly string[]; readonly model: string };

/** What a face and a label of it hold besides numbers. */
const FACE_BYTES = 300;
const LABEL_BYTES = 60;
const NOT_SERVED: FrameOutcome = { served: false, encodedBytes: 0, width: 0, height: 0, prepareMs: 0, computeMs: 0 };

/** The way of a stream's frames from being read to their answers. */
export class FramePath {
  readonly #follower: FaceFollower | undefined;
  readonly #hints: QualityHints | undefined;
  readonly #explain: ExplanationWish | undefined;
  readonly #shadow: ShadowComparison;
  #recognized = 0;

  constructor(readonly options: FramePathOptions) {
    const { terms } = options;
    this.#shadow = new ShadowComparison(options);
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
    const { models } = this.options;
    const use = models.use();
    // Of this moment: one that comes later would find the bytes gone.
    const { hasShadow } = models;
    try {
      const explains = this.#explainsNext();
      const offeredAt = performance.now();
      const outcome = await this.#recognize(frame, use, explains, readAt, !hasShadow);
      if (outcome.kind === 'dropped' && this.#live && outcome.reason !== 'cancelled') {
        // It was counted as recognised; the next one takes its number.
        this.#recognized -= 1;
        this.drop(frame, outcome.reason, place);
        return;
      }
      const recognition = recognizedOnly(outcome);
      const times = { readAt, offeredAt, readyAt: performance.now() };
      const facts = { ...factsOf(frame), labels: use.labels, model: use.classifier.version.name, ...times };
      place.fill(() => this.#result(facts, recognition), bytesOf(recognition));
      if (hasShadow) this.#shadow.compare(frame.image, recognition, use.labels);
    } catch (error) {
      this.fail(frame, error, place);
    } finally {
      use.release();
    }
  }

  /** Forgets what waits. */
  close(): void {
    this.options.engine.clearLane(this.options.lane);
    this.#shadow.close();
  }

  /** Answers a live frame that is not recognised. */
  drop(frame: FrameName, drop: Drop, place: Place<LateAnswer>): void {
    this.options.events.dropped(drop);
    this.#hint(NOT_SERVED);
    // Made here: an answer that waits for a slow reader must not keep the frame's pixels.
    const answer = droppedAnswer(frame, drop);
    place.fill(() => answer);
  }

  /** Answers a frame that cannot be recognised. */
  fail(frame: FrameName, error: unknown, place: Place<LateAnswer>): void {
    const answer = this.#failure(frame, error);
    place.fill(() => answer);
  }

  #failure({ frameId, captureTime }: FrameName, error: unknown): Answer {
    const { signal, errors, events } = this.options;
    // A stream that is gone has nobody to tell, and its frames are no errors of the service.
    const status = signal.aborted ? undefined : errors.toStatus(error);
    if (!signal.aborted) events.failed(error instanceof DomainError ? error.reason : 'INTERNAL');
    return { $case: 'error', value: { frameId, captureTime, status } };
  }

  /** Counts a frame. */
  #explainsNext(): boolean {
    const { explanation } = this.options.terms;
    const number = this.#recognized;
    this.#recognized += 1;
    return explanation !== undefined && number % explanation.everyNthFrame === 0;
  }

  #recognize({ image, regions, deadline }: Frame, use: ModelsUse, explains: boolean, readAt: number, movable: boolean) {
    const { engine, lane, terms, signal } = this.options;
    const explainer = () => engine.acquireExplainer(use.classifier.version);
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
      explain: explains && this.#explain ? { explainer, ...this.#explain } : undefined,
      deadline: readAt + deadlineMs,
      signal,
    };
    return engine.recognize(lane, task, movable && mayMove(task.image.bytes));
  }

  /** What an answer cannot be made of is an error of its frame, not of the stream. */
  #result(facts: FrameFacts, recognition: Recognition): Answer {
    try {
      return this.#makeResult(facts, recognition);
    } catch (error) {
      return this.#failure(facts, error);
    }
  }

  #makeResult(facts: FrameFacts, recognition: Recognition): Answer {
    const { terms, events } = this.options;
    const { faces, timings, width, height } = recognition;
    const { labels, model, readAt, readyAt, encodedBytes } = facts;
    const messages = faces.map((face) => toFaceMessage(face, labels, terms.topK));
    // Regions say where to look, not who is there.
    if (!facts.hasRegions && terms.regions.length === 0)
      this.#follower?.follow(timeOf(facts), recognition, messages, labels);
    const computeMs = timings.detect + timings.infer;
    this.#hint({ served: true, encodedBytes, width, height, prepareMs: timings.prepare, computeMs });
    const now = performance.now();
    const waits = { receiveMs: facts.offeredAt - readAt, sendMs: now - readyAt, totalMs: now - readAt };
    events.recognized(recognition, model, waits);
    return resultAnswer(facts, recognition, messages, model, facts);
  }

  #hint(outcome: FrameOutcome): void {
    const hint = this.#hints?.add(outcome, performance.now());
    if (hint) this.options.onHint({ $case: 'hint', value: { ...hint } });
  }
}

/** What an answer needs to know of its frame: without the pixels, because it may wait long for a reader. */
function factsOf({ frameId, captureTime, regions, image }: Frame) {
  const encodedBytes = image?.content?.$case === 'encoded' ? image.content.value.length : 0;
  return { frameId, captureTime, hasRegions: regions.length > 0, encodedBytes };
}

/** By the client's clock where it says the time, so that a file streamed faster than it was taken is tracked as it was taken. */
function timeOf({ captureTime, readAt }: FrameFacts): number {
  return captureTime ? captureTime.seconds * 1000 + captureTime.nanos / 1e6 : readAt;
}

/** About what a recognition, and then its message, holds in memory. */
function bytesOf({ faces }: Recognition): number {
  return faces.reduce((sum, { explanation, probabilities }) => {
    const maps: FaceMap[] = explanation ? [explanation.map, ...explanation.masks.map(({ map }) => map)] : [];
    const values = maps.reduce((count, map) => count + map.values.length, 0);
    return sum + FACE_BYTES + probabilities.length * LABEL_BYTES + values * 8 + (explanation?.overlay?.length ?? 0);
  }, 0);
}
