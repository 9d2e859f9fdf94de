import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { FER2013, readFer2013 } from '@resmask/datasets';
import type { ImageInput } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import { seededRandom } from '@resmask/tensor';
import { fileSize } from '../models/file-size.js';
import { pictureFiles } from '../stream/pictures.js';
import { readInput } from './shipped-weights.js';

/** Which images of a data set calibrate a model. */
export interface CalibrationSample {
  readonly count: number;
  readonly seed: number;
}

/** The chosen images: how many there are, and each as it is needed. */
export interface CalibrationImages {
  readonly count: number;
  readonly images: () => AsyncIterable<ImageInput>;
}

/**
 * A seeded sample of a data set: of the Training rows of a fer2013.csv, or of the pictures of a folder (each a face, as the network is given
 * one). All of it where it has no more.
 * @throws DomainError FILE_UNREADABLE, or what is wrong with the csv.
 */
export async function calibrationImages(path: string, sample: CalibrationSample): Promise<CalibrationImages> {
  await fileSize(path);
  return (await stat(path)).isDirectory() ? folderImages(path, sample) : csvImages(path, sample);
}

async function folderImages(path: string, sample: CalibrationSample): Promise<CalibrationImages> {
  const chosen = new Reservoir<string>(sample);
  for (const file of await pictureFiles(path)) chosen.offer(file);
  async function* images(): AsyncGenerator<ImageInput> {
    for (const file of chosen.kept) yield { kind: 'encoded', bytes: await readInput(file) };
  }
  return { count: chosen.kept.length, images };
}

async function csvImages(path: string, sample: CalibrationSample): Promise<CalibrationImages> {
  const chosen = new Reservoir<Uint8Array>(sample);
  for await (const row of readFer2013(createReadStream(path, { highWaterMark: 256 * 1024 }))) {
    if ('problem' in row) throw new DomainError('DATASET_ROWS_INVALID', `${path} line ${row.line}: ${row.problem}`);
    // Neither the split that chooses a model nor the one that scores it may shape it.
    if (row.split === 'train') chosen.offer(row.pixels);
  }
  const { width, height } = FER2013;
  async function* images(): AsyncGenerator<ImageInput> {
    for (const bytes of chosen.kept) yield { kind: 'raw', format: 'gray8', width, height, bytes };
  }
  return { count: chosen.kept.length, images };
}

/** Keeps so many of a stream of items, each as likely as any other (algorithm R). */
class Reservoir<Item> {
  readonly kept: Item[] = [];
  readonly #random: () => number;
  #offered = 0;

  constructor(readonly sample: CalibrationSample) {
    this.#random = seededRandom(sample.seed);
  }

  offer(item: Item): void {
    this.#offered += 1;
    if (this.kept.length < this.sample.count) this.kept.push(item);
    else {
      const place = Math.floor(this.#random() * this.#offered);
      if (place < this.kept.length) this.kept[place] = item;
    }
  }
}
