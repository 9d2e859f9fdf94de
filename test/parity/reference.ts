import { existsSync, globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { Statistics } from '../support/rule-weights.ts';

/** What the published implementation answers to weights that follow a rule. */
export interface Reference {
  readonly network: string;
  /** [2, channels, height, width] */
  readonly input: readonly number[];
  /** Statistics of batch normalisations and their lengths, in the order of the file beside this one. */
  readonly bn: readonly (readonly [name: string, length: number])[];
  readonly logits: readonly (readonly number[])[];
  /** Name of the file without its extension: the network, and a side where it is not the usual one. */
  readonly file: string;
  readonly statistics: Statistics;
}

/** A value inside the network: mean, population standard deviation, first five values. */
export type TraceRow = readonly [
  name: string,
  shape: readonly number[],
  mean: number,
  deviation: number,
  first: readonly number[],
];

export interface Trace {
  readonly stages: readonly TraceRow[];
  readonly grad_cam: { readonly class: number; readonly map_7x7: readonly (readonly number[])[] };
}

export function readReferences(folder: string): Reference[] {
  const files = globSync('*.json', { cwd: folder }).filter((file) => !file.includes('.trace.'));
  return files.sort().map((file) => readReference(folder, basename(file, '.json')));
}

export function readTrace(folder: string, file: string): Trace | undefined {
  const path = join(folder, `${file}.trace.json`);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : undefined;
}

function readReference(folder: string, file: string): Reference {
  const reference = JSON.parse(readFileSync(join(folder, `${file}.json`), 'utf8'));
  const bytes = readFileSync(join(folder, `${file}.bn.f32`));
  const values = new Map<string, Float32Array>();
  let offset = 0;
  for (const [name, length] of reference.bn) {
    values.set(name, new Float32Array(new Uint8Array(bytes.subarray(offset, offset + 4 * length)).buffer));
    offset += 4 * length;
  }
  const statistics: Statistics = (key) => values.get(key) ?? new Float32Array(0);
  return { ...reference, file, statistics };
}
