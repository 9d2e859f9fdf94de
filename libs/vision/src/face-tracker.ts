import type { Box } from './box.js';
import { BoxMotion } from './box-motion.js';
import { assignByOverlap } from './overlap-assignment.js';
import { sceneDifference } from './scene-signature.js';

/** Sizes of a face that it may be off its expected place on each side: this much for each second since it was seen, up to a maximum. */
const MARGIN_PER_SECOND = 1;
const MAX_MARGIN = 0.5;

export interface FaceTrackerOptions {
  /** Gives an id that no other track ever had. */
  readonly newId: () => string;
  /**
   * A face is the one expected in its place if their intersection over union is at least this, 0 to 1; default 0.2. Boxes count as larger
   * the longer the face was away.
   */
  readonly minOverlap?: number;
  /** A track goes on after a face was away for up to this long; default 1000. */
  readonly maxMissedMs?: number;
  /** And after this many frames without it, however long they took, so that slow streams have tracks too; default 1. */
  readonly maxMissedFrames?: number;
  /** A face seen in fewer frames ends its track with the first frame that misses it: it was probably none; default 2. */
  readonly confirmFrames?: number;
  /** Frames whose scenes differ more have a cut between them, which ends every track; default 0.32. */
  readonly cutDifference?: number;
}

interface Track {
  readonly id: string;
  readonly motion: BoxMotion;
  /** When the motion is believed to be where it is. */
  timeMs: number;
  seenMs: number;
  seenFrames: number;
  missedFrames: number;
}

/**
 * Follows the faces of one stream from frame to frame: each frame's boxes are paired with those that tracks of constant velocity predict.
 * After SORT (Bewley et al., "Simple Online and Realtime Tracking", 2016, section 3), with real times between frames, so that these may be
 * skipped and the frame rate may vary.
 */
export class FaceTracker {
  readonly #options: Required<FaceTrackerOptions>;
  #tracks: Track[] = [];
  #timeMs = Number.NEGATIVE_INFINITY;
  #scene: Float32Array | undefined;

  constructor(options: FaceTrackerOptions) {
    this.#options = {
      minOverlap: 0.2,
      maxMissedMs: 1000,
      maxMissedFrames: 1,
      confirmFrames: 2,
      cutDifference: 0.32,
      ...options,
    };
  }

  /** Ids of the tracks that may go on, in the order they began; what is kept for any other can be forgotten. */
  get liveIds(): string[] {
    return this.#tracks.map(({ id }) => id);
  }

  /**
   * Takes the faces of the next frame.
   * @param timeMs when the frame was taken, by any clock that does not go back
   * @param faces boxes in pixels, the same scale in every frame
   * @param scene the frame's `sceneSignature`; without it a face may take on the id of one that was in its place before a cut
   * @returns the track's id of each face, in their order
   * @throws RangeError if the time is before that of the last frame.
   */
  update(timeMs: number, faces: readonly { readonly box: Box }[], scene?: Float32Array): string[] {
    if (!(timeMs >= this.#timeMs))
      throw new RangeError(`frames are tracked in order of time: ${timeMs} ms came after ${this.#timeMs} ms`);
    this.#timeMs = timeMs;
    if (this.#isCut(scene)) this.#tracks = [];
    this.#scene = scene ?? this.#scene;
    const tracks = this.#tracks;
    for (const track of tracks) this.#predict(track);
    const partners = assignByOverlap(
      tracks.map((track) => ({ box: track.motion.box, margin: this.#marginOf(track) })),
      faces.map(({ box }) => box),
      this.#options.minOverlap,
    );
    const ids = faces.map(({ box }, i) => {
      const partner = partners[i];
      return partner === undefined ? this.#begin(box) : this.#goOn(tracks[partner], box);
    });
    this.#endMissed();
    return ids;
  }

  #isCut(scene: Float32Array | undefined): boolean {
    if (!scene || !this.#scene) return false;
    return sceneDifference(scene, this.#scene) > this.#options.cutDifference;
  }

  /** Where a face that is away will be after a longer time is not worth guessing. */
  #predict(track: Track): void {
    const until = Math.min(this.#timeMs, track.seenMs + this.#options.maxMissedMs);
    if (until > track.timeMs) track.motion.predict((until - track.timeMs) / 1000);
    track.timeMs = this.#timeMs;
  }

  #marginOf({ seenMs }: Track): number {
    return Math.min(MAX_MARGIN, (MARGIN_PER_SECOND * (this.#timeMs - seenMs)) / 1000);
  }

  #begin(box: Box): string {
    const timeMs = this.#timeMs;
    const id = this.#options.newId();
    const motion = new BoxMotion(box);
    this.#tracks = [...this.#tracks, { id, motion, timeMs, seenMs: timeMs, seenFrames: 1, missedFrames: 0 }];
    return id;
  }

  #goOn(track: Track, box: Box): string {
    track.motion.correct(box);
    track.seenMs = this.#timeMs;
    track.seenFrames += 1;
    track.missedFrames = 0;
    return track.id;
  }

  #endMissed(): void {
    const { maxMissedMs, maxMissedFrames, confirmFrames } = this.#options;
    this.#tracks = this.#tracks.filter((track) => {
      if (track.seenMs === this.#timeMs) return true;
      track.missedFrames += 1;
      if (track.seenFrames < confirmFrames) return false;
      return track.missedFrames <= maxMissedFrames || this.#timeMs - track.seenMs <= maxMissedMs;
    });
  }
}
