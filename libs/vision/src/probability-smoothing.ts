/** Makes the probabilities of one track steadier, frame by frame. */
export interface ProbabilitySmoothing {
  /**
   * Takes the probabilities of the next frame.
   * @param timeMs when it was taken, by any clock that does not go back
   * @param probabilities one for each label, 0 to 1, with the sum 1
   * @returns the smoothed ones, in the same order, with the sum 1
   * @throws RangeError if the number of labels changes, or the time goes back.
   */
  add(timeMs: number, probabilities: readonly number[]): number[];
}
