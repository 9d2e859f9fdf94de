import type { ImageInput, RegionInput } from '../image-input.js';
import type { Classifier } from '../model/classifier.js';
import type { SessionsLease } from '../model/model-cache.js';
import type { ModelSessions } from '../model/model-sessions.js';
import type { Recognition } from '../recognition.js';
import type { DropReason, Waiting } from './lane.js';

/** What shall be explained of a frame. */
export interface ExplainOptions {
  /** Loads sessions that can explain, if they are not there; asked when the frame's turn has come, so that loading holds up no queue. */
  readonly explainer: () => Promise<SessionsLease>;
  /** Label to explain; the most probable one if it is not given. */
  readonly label: string | undefined;
  /** What the network allows if it is not given. */
  readonly method: 'class-activation' | 'occlusion' | undefined;
  readonly masks: boolean;
  readonly overlay: boolean;
}

/** What shall be done with an image. */
export interface RecognizeTask {
  readonly image: ImageInput;
  readonly classifier: Classifier;
  /** Finds the faces where there are no regions. */
  readonly detector: ModelSessions | undefined;
  readonly regions: readonly RegionInput[];
  readonly maxFaces: number;
  /** Faces that are narrower or lower are left out, in pixels of the image. */
  readonly minFaceSize: number;
  /** Turn faces upright by five landmarks. */
  readonly alignment: boolean;
  /** Also tell the scene's signature. */
  readonly scene: boolean;
  readonly explain: ExplainOptions | undefined;
  /** Its turn must come before, by `performance.now()`; infinity for whenever. */
  readonly deadline: number;
  /** Takes it out of every queue; a run that has begun is finished. */
  readonly signal: AbortSignal;
}

/** What became of it. */
export type RecognizeOutcome =
  | { readonly kind: 'recognized'; readonly recognition: Recognition }
  | { readonly kind: 'dropped'; readonly reason: DropReason };

/** A task that waits for its turn in a lane. */
export interface RecognizeJob extends Waiting {
  readonly task: RecognizeTask;
  readonly offeredAt: number;
  resolve(outcome: RecognizeOutcome): void;
  reject(error: unknown): void;
}
