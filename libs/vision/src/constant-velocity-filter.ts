/**
 * A Kalman filter of one coordinate that moves with constant velocity but for white noise in its acceleration: Bar-Shalom, Li and
 * Kirubarajan, "Estimation with Applications to Tracking and Navigation" (2001), section 6.2.2. The noise is that of continuous time, so
 * that steps of any length may follow each other.
 */
export class ConstantVelocityFilter {
  #position: number;
  #velocity = 0;
  /** Covariance of position and velocity. */
  #covariance = 0;

  /** @param positionVariance of the first position, `velocityVariance` of the velocity, of which nothing is known yet but its mean of 0 */
  constructor(
    position: number,
    private positionVariance: number,
    private velocityVariance: number,
  ) {
    this.#position = position;
  }

  get position(): number {
    return this.#position;
  }

  /** Moves on in time. @param accelerationDensity by how much the variance of the velocity grows per second */
  predict(seconds: number, accelerationDensity: number): void {
    this.#position += this.#velocity * seconds;
    this.positionVariance +=
      seconds * (2 * this.#covariance + seconds * (this.velocityVariance + (accelerationDensity * seconds) / 3));
    this.#covariance += seconds * (this.velocityVariance + (accelerationDensity * seconds) / 2);
    this.velocityVariance += accelerationDensity * seconds;
  }

  /** Takes a measured position of that variance into account. */
  correct(measured: number, variance: number): void {
    const total = this.positionVariance + variance;
    const positionGain = this.positionVariance / total;
    const velocityGain = this.#covariance / total;
    const surprise = measured - this.#position;
    this.#position += positionGain * surprise;
    this.#velocity += velocityGain * surprise;
    this.velocityVariance -= velocityGain * this.#covariance;
    this.#covariance *= 1 - positionGain;
    this.positionVariance *= 1 - positionGain;
  }
}
