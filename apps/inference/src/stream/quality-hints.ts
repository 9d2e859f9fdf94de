/** Frames a server could serve well; 0 is no wish. */
export interface QualityHint {
  readonly targetFps: number;
  readonly maxSide: number;
  readonly jpegQuality: number;
}

/** What became of a frame, and what it was. */
export interface FrameOutcome {
  readonly served: boolean;
  /** Of encoded images; 0 for raw pixels and frames that were not served. */
  readonly encodedBytes: number;
  readonly width: number;
  readonly height: number;
  /** Milliseconds of decoding and of everything that was computed. */
  readonly prepareMs: number;
  readonly computeMs: number;
}

const NO_HINT: QualityHint = { targetFps: 0, maxSide: 0, jpegQuality: 0 };
/** Frames are looked at over windows of this length, in milliseconds. */
const WINDOW_MS = 2000;
/** Dropping more than this share of a window asks for less, dropping less than that allows more; between them nothing changes. */
const TOO_MANY_DROPS = 0.1;
const FEW_DROPS = 0.02;
const CREEP_UP = 1.1;
/** Of what was served: a little air, so that what is asked for can be kept. */
const MARGIN = 0.95;
/** Decoding that takes a larger share of the work than this wants smaller images, down to this side. */
const COSTLY_PREPARATION = 0.5;
const SMALLEST_SIDE = 640;
/** Bytes per pixel that no JPEG needs for faces. */
const COSTLY_BYTES = 0.4;

/**
 * Watches one live stream and says what its client should send: at once less when many frames are dropped, then step by step more, so that
 * streams do not swing against each other.
 */
export class QualityHints {
  #hint = NO_HINT;
  #outcomes: FrameOutcome[] = [];
  #since: number;

  /** @param now milliseconds by any clock that does not go back */
  constructor(now: number) {
    this.#since = now;
  }

  /** Takes a frame's outcome. @returns the hint if it changed */
  add(outcome: FrameOutcome, now: number): QualityHint | undefined {
    this.#outcomes.push(outcome);
    const seconds = (now - this.#since) / 1000;
    if (seconds * 1000 < WINDOW_MS) return undefined;
    const next = this.#next(seconds);
    this.#outcomes = [];
    this.#since = now;
    const changed = JSON.stringify(next) !== JSON.stringify(this.#hint);
    this.#hint = next;
    return changed ? next : undefined;
  }

  #next(seconds: number): QualityHint {
    const served = this.#outcomes.filter((outcome) => outcome.served);
    const offeredFps = this.#outcomes.length / seconds;
    const servedFps = served.length / seconds;
    const dropped = 1 - served.length / this.#outcomes.length;
    if (dropped > TOO_MANY_DROPS) return this.#less(served, servedFps);
    if (dropped > FEW_DROPS || this.#hint.targetFps === 0) return this.#hint;
    return this.#more(offeredFps);
  }

  #less(served: readonly FrameOutcome[], servedFps: number): QualityHint {
    const targetFps = Math.max(0.1, Number((servedFps * MARGIN).toPrecision(3)));
    return { targetFps, maxSide: this.#maxSide(served), jpegQuality: jpegQuality(served) || this.#hint.jpegQuality };
  }

  /** A client that does not come near what it is allowed no longer needs to be told. */
  #more(offeredFps: number): QualityHint {
    const targetFps = Number((this.#hint.targetFps * CREEP_UP).toPrecision(3));
    return targetFps > offeredFps * 2 ? NO_HINT : { ...this.#hint, targetFps };
  }

  #maxSide(served: readonly FrameOutcome[]): number {
    const side = Math.max(0, ...served.map(({ width, height }) => Math.max(width, height)));
    const prepare = served.reduce((sum, { prepareMs }) => sum + prepareMs, 0);
    const all = served.reduce((sum, { prepareMs, computeMs }) => sum + prepareMs + computeMs, 0);
    if (side <= SMALLEST_SIDE || prepare <= all * COSTLY_PREPARATION) return this.#hint.maxSide;
    return Math.max(SMALLEST_SIDE, Math.round(side / 2));
  }
}

function jpegQuality(served: readonly FrameOutcome[]): number {
  const bytes = served.reduce((sum, { encodedBytes }) => sum + encodedBytes, 0);
  const pixels = served.reduce(
    (sum, { width, height, encodedBytes }) => sum + (encodedBytes > 0 ? width * height : 0),
    0,
  );
  return bytes > pixels * COSTLY_BYTES ? 80 : 0;
}
