import { randomBytes } from 'node:crypto';
import type { Face } from '@resmask/contracts/inference.v1';
import type { Recognition, RecognizedFace } from '@resmask/engine';
import { argmax } from '@resmask/tensor';
import { ExponentialSmoothing, FaceTracker, MedianSmoothing, type ProbabilitySmoothing } from '@resmask/vision';
import { toProbabilities } from '../recognition/recognition.messages.js';
import type { StreamTerms } from './stream-terms.js';

/** Gives the faces of one stream their tracks' ids and smoothed expressions; what it knows is gone with the stream. */
export class FaceFollower {
  readonly #tracker = new FaceTracker({ newId: () => randomBytes(9).toString('base64url') });
  readonly #smoothings = new Map<string, ProbabilitySmoothing>();
  #timeMs = 0;

  constructor(readonly terms: Pick<StreamTerms, 'smoothing' | 'topK'>) {}

  /**
   * Takes the faces of the next frame, in the order of frames, and completes their messages.
   * @param timeMs when the frame was taken, by one clock for all frames; a time that goes back counts as no time
   */
  follow(timeMs: number, { faces, scene }: Recognition, messages: readonly Face[], labels: readonly string[]): void {
    this.#timeMs = Math.max(this.#timeMs, timeMs);
    const ids = this.#tracker.update(this.#timeMs, faces, scene);
    for (const [i, id] of ids.entries()) {
      messages[i].trackId = id;
      if (this.terms.smoothing) this.#smooth(id, faces[i], messages[i], labels);
    }
    const alive = new Set(this.#tracker.liveIds);
    for (const id of this.#smoothings.keys()) if (!alive.has(id)) this.#smoothings.delete(id);
  }

  #smooth(id: string, { probabilities }: RecognizedFace, message: Face, labels: readonly string[]): void {
    let smoothing = this.#smoothings.get(id);
    if (!smoothing) {
      smoothing = this.#newSmoothing();
      this.#smoothings.set(id, smoothing);
    }
    const smoothed = smoothing.add(this.#timeMs, Array.from(probabilities));
    const best = argmax(smoothed);
    message.smoothed = {
      label: labels[best],
      probability: smoothed[best],
      probabilities: toProbabilities(smoothed, labels, this.terms.topK),
    };
  }

  #newSmoothing(): ProbabilitySmoothing {
    const method = this.terms.smoothing?.method;
    if (method?.$case === 'medianFrames') return new MedianSmoothing(method.value);
    const { seconds, nanos } = method?.value ?? { seconds: 0, nanos: 0 };
    return new ExponentialSmoothing(seconds * 1000 + nanos / 1e6);
  }
}
