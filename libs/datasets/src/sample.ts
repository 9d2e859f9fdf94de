/** The parts of a data set, in the order their codes are stored. */
export const SPLITS = ['train', 'validation', 'test'] as const;

export type Split = (typeof SPLITS)[number];

/** One labelled image: bytes of a grey picture, row-major. */
export interface Sample {
  readonly split: Split;
  /** Index into the data set's labels. */
  readonly label: number;
  readonly pixels: Uint8Array;
}

/** A row of an imported file that is no sample. */
export interface RowProblem {
  /** Line of the file, from 1. */
  readonly line: number;
  readonly problem: string;
}
