import type { Box } from './box.js';
import { ConstantVelocityFilter } from './constant-velocity-filter.js';

/** Noise of a coordinate: standard deviations of a measurement and of the first velocity, and the density of the acceleration. */
interface Noise {
  readonly measured: number;
  readonly velocity: number;
  readonly acceleration: number;
}

/** Of the centre, in sizes of the face (and seconds). DeepSORT (Wojke et al. 2017) measures a twentieth of the box too. */
const CENTRE: Noise = { measured: 0.05, velocity: 1, acceleration: 10 };
/** Of the logarithm of width and height: faces seldom grow fast. */
const LOG_SIZE: Noise = { measured: 0.05, velocity: 0.1, acceleration: 0.2 };

/** Where a moving box is believed to be: centre and logarithm of the size, each with a velocity. */
export class BoxMotion {
  readonly #x: ConstantVelocityFilter;
  readonly #y: ConstantVelocityFilter;
  readonly #logWidth: ConstantVelocityFilter;
  readonly #logHeight: ConstantVelocityFilter;

  constructor(box: Box) {
    const { x, y, logWidth, logHeight } = stateOf(box);
    const size = sizeOf(box);
    const filter = (position: number, { measured, velocity }: Noise, unit: number): ConstantVelocityFilter =>
      new ConstantVelocityFilter(position, (measured * unit) ** 2, (velocity * unit) ** 2);
    this.#x = filter(x, CENTRE, size);
    this.#y = filter(y, CENTRE, size);
    this.#logWidth = filter(logWidth, LOG_SIZE, 1);
    this.#logHeight = filter(logHeight, LOG_SIZE, 1);
  }

  get box(): Box {
    const width = Math.exp(this.#logWidth.position);
    const height = Math.exp(this.#logHeight.position);
    return { x: this.#x.position - width / 2, y: this.#y.position - height / 2, width, height };
  }

  predict(seconds: number): void {
    const density = CENTRE.acceleration * sizeOf(this.box) ** 2;
    this.#x.predict(seconds, density);
    this.#y.predict(seconds, density);
    this.#logWidth.predict(seconds, LOG_SIZE.acceleration);
    this.#logHeight.predict(seconds, LOG_SIZE.acceleration);
  }

  /** Takes a box that was seen into account. */
  correct(box: Box): void {
    const { x, y, logWidth, logHeight } = stateOf(box);
    const variance = (CENTRE.measured * sizeOf(box)) ** 2;
    this.#x.correct(x, variance);
    this.#y.correct(y, variance);
    this.#logWidth.correct(logWidth, LOG_SIZE.measured ** 2);
    this.#logHeight.correct(logHeight, LOG_SIZE.measured ** 2);
  }
}

function sizeOf({ width, height }: Box): number {
  return Math.max(1, (width + height) / 2);
}

function stateOf({ x, y, width, height }: Box) {
  // A box without any area still has a place.
  const logOf = (length: number): number => Math.log(Math.max(length, 1e-3));
  return { x: x + width / 2, y: y + height / 2, logWidth: logOf(width), logHeight: logOf(height) };
}
