import type { Command } from 'commander';
import { wholeNumber } from './whole-number.js';

/** Which faces are recognised, and what is told of each. */
export interface FaceOptions {
  readonly model: string;
  readonly detector: string;
  readonly maxFaces: number;
  readonly minFaceSize: number;
  readonly topK: number;
  readonly align: boolean;
}

/** Options of every command that recognises faces. */
export function addFaceOptions(command: Command): Command {
  return command
    .option('--model <ref>', 'classifier: "name", "name@alias" or "name/version"', '')
    .option('--detector <ref>', 'face detector', '')
    .option(
      '--max-faces <count>',
      'at most so many, the best-scored ones; 0 lets the service choose',
      wholeNumber(0),
      0,
    )
    .option('--min-face-size <pixels>', 'leave out faces that are narrower or lower', wholeNumber(0), 0)
    .option('--top-k <count>', 'only the most probable labels of a face; 0 for all', wholeNumber(0), 0)
    .option('--align', 'turn faces upright by their landmarks first; needs a detector that finds five', false);
}

/** The same, as requests and configurations of streams name it. */
export function faceRequest({ model, detector, maxFaces, minFaceSize, topK, align }: FaceOptions) {
  return { model, detector, maxFaces, minFaceSize, topK, alignment: align };
}
