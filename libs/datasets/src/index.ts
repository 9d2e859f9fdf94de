export { FER2013, readFer2013 } from './fer2013.js';
export { type RowProblem, type Sample, SPLITS, type Split } from './sample.js';
export { SampleDigest } from './sample-digest.js';
