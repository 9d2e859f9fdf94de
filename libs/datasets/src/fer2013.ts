import { Readable } from 'node:stream';
import { DomainError } from '@resmask/errors';
import { CsvError, parse } from 'csv-parse';
import type { RowProblem, Sample, Split } from './sample.js';

/** Facts of FER2013 (Goodfellow et al., ICML 2013 workshop). */
export const FER2013 = {
  width: 48,
  height: 48,
  labels: ['angry', 'disgust', 'fear', 'happy', 'sad', 'surprise', 'neutral'],
} as const;

const PIXELS = FER2013.width * FER2013.height;
const COLUMNS = ['emotion', 'pixels', 'Usage'] as const;
const SPLIT_OF_USAGE: Readonly<Record<string, Split>> = {
  Training: 'train',
  PublicTest: 'validation',
  PrivateTest: 'test',
};
/** A row of 2,304 numbers of three digits has 9,216 characters; far longer ones are another file. */
const MAX_ROW_BYTES = 64 * 1024;
const SPACE = 32;
const ZERO = 48;

interface CsvRow {
  readonly info: { readonly lines: number };
  readonly record: Readonly<Record<string, string>>;
}

/**
 * Reads Kaggle's fer2013.csv (columns emotion, pixels, Usage in any order, others ignored) row by row.
 * @yields each sample, or the line and problem of a row that is none
 * @throws DomainError DATASET_MALFORMED if the file is no such csv at all, e.g. without one of the columns.
 */
export async function* readFer2013(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Sample | RowProblem> {
  const parser = parse({
    bom: true,
    columns: checkedColumns,
    info: true,
    max_record_size: MAX_ROW_BYTES,
    relax_column_count: true,
    skip_empty_lines: true,
  });
  const source = Readable.from(bytes, { objectMode: false });
  source.on('error', (error) => parser.destroy(error));
  try {
    for await (const { info, record } of source.pipe(parser) as AsyncIterable<CsvRow>) {
      const sample = toSample(record);
      yield typeof sample === 'string' ? { line: info.lines, problem: sample } : sample;
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new DomainError('DATASET_MALFORMED', `the file is no fer2013.csv: ${error.message}`, { cause: error });
  } finally {
    source.destroy();
  }
}

function checkedColumns(names: readonly string[]): string[] {
  const missing = COLUMNS.filter((column) => !names.includes(column));
  if (missing.length > 0) {
    const got = names.join(', ').slice(0, 200);
    throw new DomainError(
      'DATASET_MALFORMED',
      `the file is no fer2013.csv: line 1 lacks the column${missing.length > 1 ? 's' : ''} ${missing.join(', ')}; it has "${got}", needed are ${COLUMNS.join(', ')}`,
    );
  }
  return [...names];
}

function toSample(record: Readonly<Record<string, string | undefined>>): Sample | string {
  const { emotion, pixels, Usage } = record;
  if (emotion === undefined || pixels === undefined || Usage === undefined) return 'has fewer columns than the header';
  const label = Number(emotion);
  if (emotion.trim() === '' || !Number.isInteger(label) || label < 0 || label >= FER2013.labels.length) {
    return `emotion is "${preview(emotion)}", allowed are 0 to ${FER2013.labels.length - 1}`;
  }
  const split = Object.hasOwn(SPLIT_OF_USAGE, Usage) ? SPLIT_OF_USAGE[Usage] : undefined;
  if (!split) return `Usage is "${preview(Usage)}", allowed are ${Object.keys(SPLIT_OF_USAGE).join(', ')}`;
  const values = parsePixels(pixels);
  return typeof values === 'string' ? values : { split, label, pixels: values };
}

/** Digits by hand: splitting the text would make 83 million short strings of the whole file. */
function parsePixels(text: string): Uint8Array | string {
  const values = new Uint8Array(PIXELS);
  let count = 0;
  let value = -1;
  for (let i = 0; i <= text.length; i += 1) {
    const code = i < text.length ? text.charCodeAt(i) : SPACE;
    if (code === SPACE) {
      if (value < 0) continue;
      if (count < PIXELS) values[count] = value;
      count += 1;
      value = -1;
    } else if (code >= ZERO && code <= ZERO + 9) {
      value = Math.max(value, 0) * 10 + code - ZERO;
      if (value > 255) return `pixel ${count + 1} is above 255`;
    } else {
      return `pixel ${count + 1} is no number`;
    }
  }
  return count === PIXELS ? values : `has ${count} pixels, needed are ${PIXELS}`;
}

function preview(text: string): string {
  return text.slice(0, 40);
}
