import { type Dataset, Split as SplitMessage } from '@resmask/contracts/evaluation.v1alpha1';
import { SPLITS, type Split } from '@resmask/datasets';
import { invalidField } from '@resmask/errors';
import { formatDatasetName } from '@resmask/resource-names';
import { toTimestamp } from '@resmask/service-kit';
import type { DatasetEntity } from './dataset.entity.js';

const SPLIT_MESSAGES: Readonly<Record<Split, SplitMessage>> = {
  train: SplitMessage.SPLIT_TRAIN,
  validation: SplitMessage.SPLIT_VALIDATION,
  test: SplitMessage.SPLIT_TEST,
};

export function toSplitMessage(split: Split): SplitMessage {
  return SPLIT_MESSAGES[split];
}

/** @throws DomainError FIELD_INVALID if it is not one of the three. */
export function fromSplitMessage(message: SplitMessage, field: string): Split {
  const split = SPLITS.find((candidate) => SPLIT_MESSAGES[candidate] === message);
  if (split) return split;
  throw invalidField(field, `got ${message}; allowed are SPLIT_TRAIN, SPLIT_VALIDATION and SPLIT_TEST`);
}

export function toDatasetMessage(dataset: DatasetEntity): Dataset {
  const { namespace, datasetId, digest, labels, width, height, splits, createTime } = dataset;
  const ordered = splits.toSorted((a, b) => SPLITS.indexOf(a.split) - SPLITS.indexOf(b.split));
  return {
    name: formatDatasetName({ namespace, dataset: datasetId }),
    digest: digest.toString('hex'),
    labels,
    width,
    height,
    splits: ordered.map(({ split, sampleCount, classCounts }) => ({
      split: toSplitMessage(split),
      sampleCount,
      classCounts,
    })),
    etag: digest.toString('hex').slice(0, 16),
    createTime: toTimestamp(createTime),
  };
}
