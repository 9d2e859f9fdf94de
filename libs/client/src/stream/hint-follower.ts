import type { StreamHint } from '@resmask/contracts/inference.v1';
import type { ImageWish } from './frame-input.js';
import type { FramePacer } from './frame-pacer.js';
import type { StreamControls } from './stream-controls.js';

const NO_HINT: StreamHint = { targetFps: 0, maxSide: 0, jpegQuality: 0 };

/** Keeps what the service wishes for, and does what of it the client can do. */
export class HintFollower {
  #hint = NO_HINT;

  /** @param pacer what lets frames of a live stream through; undefined for a lossless one, which skips none */
  constructor(
    readonly pacer: FramePacer | undefined,
    readonly controls: Pick<StreamControls, 'followHints' | 'onHint'>,
  ) {}

  get wish(): ImageWish {
    return this.#hint;
  }

  follow(hint: StreamHint): void {
    this.#hint = hint;
    if (this.controls.followHints ?? true) this.pacer?.pace(hint.targetFps, performance.now());
    this.controls.onHint?.(hint);
  }

  /** Another server knows nothing of the wishes of the last one. */
  forget(): void {
    if (this.#hint !== NO_HINT) this.follow(NO_HINT);
  }
}
