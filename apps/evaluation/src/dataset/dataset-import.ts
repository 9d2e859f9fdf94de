import type { ServerReadableStream } from '@grpc/grpc-js';
import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import {
  DatasetFormat,
  type ImportDatasetRequest,
  type ImportDatasetResponse,
  type ImportDatasetStart,
} from '@resmask/contracts/evaluation.v1alpha1';
import { FER2013, type RowProblem, readFer2013, SampleDigest, type Split } from '@resmask/datasets';
import { DomainError, invalidField } from '@resmask/errors';
import { parseNamespace, parseResourceId } from '@resmask/resource-names';
import { messagesOf } from '@resmask/service-kit';
import { ARTIFACT_STORE, EVALUATION_LIMITS, type EvaluationLimits } from '../evaluation-parts.js';
import { toDatasetMessage } from './dataset.messages.js';
import { DatasetRepository } from './dataset.repository.js';
import { PackedSplit } from './packed-split.js';

const MAX_REPORTED_ROWS = 100;

type ImportCall = ServerReadableStream<ImportDatasetRequest, ImportDatasetResponse>;

/** What a file held, before it becomes a data set. */
interface ReadDataset {
  readonly splits: Map<Split, PackedSplit>;
  readonly digest: string;
  readonly problems: readonly RowProblem[];
  readonly problemCount: number;
}

/** Turns a streamed file into a data set: samples into the store while they come, rows of the database at the end. */
@Injectable()
export class DatasetImport {
  constructor(
    readonly datasets: DatasetRepository,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
    @Inject(EVALUATION_LIMITS) readonly limits: EvaluationLimits,
  ) {}

  async receive(call: ImportCall): Promise<ImportDatasetResponse> {
    const steps = messagesOf(call)[Symbol.asyncIterator]();
    const start = await readStart(steps);
    const namespace = parseNamespace(start.parent, 'start.parent');
    const datasetId = parseResourceId(start.datasetId, 'start.dataset_id');
    if (start.format !== DatasetFormat.DATASET_FORMAT_FER2013_CSV) {
      throw invalidField('start.format', `got ${start.format}; allowed is DATASET_FORMAT_FER2013_CSV`);
    }
    const read = await this.#read(chunksOf(steps, this.limits.maxDatasetBytes), start.skipBadRows);
    const splits = await this.#commit(read);
    const { labels, width, height } = FER2013;
    const digest = Buffer.from(read.digest, 'hex');
    const dataset = await this.datasets.create(
      { namespace, datasetId, digest, labels: [...labels], width, height },
      splits,
    );
    return {
      dataset: toDatasetMessage(dataset),
      skippedRowCount: read.problemCount,
      skippedRows: read.problems.map((problem) => ({ ...problem })),
    };
  }

  async #read(bytes: AsyncIterable<Uint8Array>, skipBadRows: boolean): Promise<ReadDataset> {
    const splits = new Map<Split, PackedSplit>();
    const digest = new SampleDigest();
    const problems: RowProblem[] = [];
    let problemCount = 0;
    try {
      for await (const row of readFer2013(bytes)) {
        if ('problem' in row) {
          problemCount += 1;
          if (problems.length < MAX_REPORTED_ROWS) problems.push(row);
          else if (!skipBadRows) break;
          continue;
        }
        digest.add(row);
        const split = splits.get(row.split) ?? (await this.#openSplit());
        splits.set(row.split, split);
        await split.add(row);
      }
      checkRows(splits, problems, problemCount, skipBadRows);
      return { splits, digest: digest.finish(), problems, problemCount };
    } catch (error) {
      for (const split of splits.values()) await split.discard();
      throw error;
    }
  }

  #openSplit(): Promise<PackedSplit> {
    return PackedSplit.open(this.store, FER2013.labels.length, this.limits.maxDatasetBytes);
  }

  async #commit({ splits }: ReadDataset) {
    return Promise.all(
      [...splits].map(async ([split, packed]) => {
        const { pixels, labels } = await packed.commit();
        return {
          split,
          sampleCount: packed.sampleCount,
          classCounts: [...packed.classCounts],
          pixelsSha256: Buffer.from(pixels.sha256, 'hex'),
          labelsSha256: Buffer.from(labels.sha256, 'hex'),
        };
      }),
    );
  }
}

/** @throws DomainError DATASET_ROWS_INVALID with the line of every bad row, DATASET_MALFORMED if there is no sample at all. */
function checkRows(
  splits: ReadonlyMap<Split, PackedSplit>,
  problems: readonly RowProblem[],
  problemCount: number,
  skipBadRows: boolean,
): void {
  if (problemCount > 0 && !skipBadRows) {
    const violations = problems.map(({ line, problem }) => ({ field: `line ${line}`, description: problem }));
    const first = violations.slice(0, 5).map(({ field, description }) => `${field}: ${description}`);
    const count = problemCount > MAX_REPORTED_ROWS ? `more than ${MAX_REPORTED_ROWS}` : String(problemCount);
    throw new DomainError(
      'DATASET_ROWS_INVALID',
      `${count} rows are no samples, and nothing was imported: ${first.join('; ')}; correct the file or import with skip_bad_rows`,
      { violations },
    );
  }
  if (splits.size === 0) throw new DomainError('DATASET_MALFORMED', 'the file has no samples');
}

async function readStart(steps: AsyncIterator<ImportDatasetRequest>): Promise<ImportDatasetStart> {
  const first = await steps.next();
  if (first.done || first.value.step?.$case !== 'start') {
    throw new DomainError('STREAM_OUT_OF_ORDER', 'the first message of an import must be `start`');
  }
  return first.value.step.value;
}

async function* chunksOf(steps: AsyncIterator<ImportDatasetRequest>, maxBytes: number): AsyncGenerator<Buffer> {
  let total = 0;
  for (let next = await steps.next(); !next.done; next = await steps.next()) {
    const { step } = next.value;
    if (step?.$case !== 'chunk')
      throw new DomainError('STREAM_OUT_OF_ORDER', 'after `start` every message of an import must be `chunk`');
    total += step.value.length;
    if (total > maxBytes)
      throw new DomainError(
        'DATASET_TOO_LARGE',
        `the file has more than ${maxBytes} bytes, the most that is allowed here`,
      );
    yield step.value;
  }
}
