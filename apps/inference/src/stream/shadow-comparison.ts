import type { Image } from '@resmask/contracts/inference.v1';
import type { Engine, FrameLane, Recognition } from '@resmask/engine';
import { argmax } from '@resmask/tensor';
import type { ServedModels, ShadowUse } from '../model/serving-models.js';
import { toImageInput } from '../recognition/recognition.messages.js';
import type { FrameEvents } from './frame-events.js';

export interface ShadowComparisonOptions {
  readonly engine: Engine;
  readonly models: ServedModels;
  readonly events: FrameEvents;
  /** The stream is gone. */
  readonly signal: AbortSignal;
}

/**
 * Shows the faces of answered frames to the version that the alias names as its shadow, and counts where the two disagree. The shadow waits in a
 * lane of its own, which keeps only the newest frame: it may see fewer than are answered, and no answer ever waits for it.
 */
export class ShadowComparison {
  readonly #lane: FrameLane;

  constructor(readonly options: ShadowComparisonOptions) {
    this.#lane = options.engine.openLane({ newestOnly: true, maxInFlight: 1 });
  }

  /** Compares in its own time; whatever goes wrong is counted, not thrown. */
  compare(image: Image | undefined, answered: Recognition, labels: readonly string[]): void {
    const shadow = answered.faces.length > 0 ? this.options.models.useShadow() : undefined;
    if (shadow) this.#run(image, answered, labels, shadow).finally(() => shadow.release());
  }

  /** Forgets the frame that waits. */
  close(): void {
    this.options.engine.clearLane(this.#lane);
  }

  async #run(
    image: Image | undefined,
    answered: Recognition,
    labels: readonly string[],
    shadow: ShadowUse,
  ): Promise<void> {
    const { engine, events, signal } = this.options;
    const version = shadow.classifier.version.name;
    try {
      const outcome = await engine.recognize(this.#lane, {
        image: toImageInput(image),
        classifier: shadow.classifier,
        detector: undefined,
        // The very pixels that the answering version was shown.
        regions: answered.faces.map(({ crop }) => ({ kind: 'crop', box: crop })),
        maxFaces: answered.faces.length,
        minFaceSize: 0,
        alignment: false,
        scene: false,
        explain: undefined,
        deadline: Number.POSITIVE_INFINITY,
        signal,
      });
      if (outcome.kind === 'dropped') return;
      const pairs = outcome.recognition.faces.map(({ probabilities }, i) => [
        labels[argmax(answered.faces[i].probabilities)],
        shadow.labels[argmax(probabilities)],
      ]);
      for (const [ours, theirs] of pairs) events.shadowCompared(version, ours === theirs ? 'agrees' : 'differs');
    } catch {
      if (!signal.aborted) events.shadowCompared(version, 'failed');
    }
  }
}
