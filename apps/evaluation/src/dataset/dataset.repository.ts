import { Injectable } from '@nestjs/common';
import { violates } from '@resmask/database';
import type { Split } from '@resmask/datasets';
import { DomainError } from '@resmask/errors';
import { type DatasetName, formatDatasetName } from '@resmask/resource-names';
import { DataSource, MoreThan } from 'typeorm';
import { DatasetEntity, SplitEntity } from './dataset.entity.js';

export type NewDataset = Pick<DatasetEntity, 'namespace' | 'datasetId' | 'digest' | 'labels' | 'width' | 'height'>;
export type NewSplit = Pick<SplitEntity, 'split' | 'sampleCount' | 'classCounts' | 'pixelsSha256' | 'labelsSha256'>;

/** Stores and reads data sets. */
@Injectable()
export class DatasetRepository {
  constructor(readonly dataSource: DataSource) {}

  /**
   * Creates a data set, or gives back the one of that name if it holds the same samples.
   * @throws DomainError DATASET_EXISTS if it holds others.
   */
  async create(dataset: NewDataset, splits: readonly NewSplit[]): Promise<DatasetEntity> {
    const name = { namespace: dataset.namespace, dataset: dataset.datasetId };
    try {
      await this.dataSource.transaction(async (manager) => {
        const { raw } = await manager.insert(DatasetEntity, { ...dataset });
        await manager.insert(
          SplitEntity,
          splits.map((split) => ({ ...split, dataset: raw[0].id })),
        );
      });
    } catch (error) {
      if (!violates(error, 'dataset_name')) throw error;
    }
    const stored = await this.get(name);
    if (stored.digest.equals(dataset.digest)) return stored;
    throw new DomainError(
      'DATASET_EXISTS',
      `the data set "${name.dataset}" exists already and holds other samples (digest ${stored.digest.toString('hex').slice(0, 12)}); import under another name`,
      { resource: { type: 'evaluation.resmask.dev/Dataset', name: formatDatasetName(name) } },
    );
  }

  /** @throws DomainError DATASET_NOT_FOUND. */
  async get(name: DatasetName): Promise<DatasetEntity> {
    const found = await this.dataSource.manager.findOne(DatasetEntity, {
      where: { namespace: name.namespace, datasetId: name.dataset },
      relations: { splits: true },
    });
    if (found) return found;
    throw new DomainError(
      'DATASET_NOT_FOUND',
      `there is no data set "${name.dataset}" in namespace "${name.namespace}"; import it first`,
      {
        resource: { type: 'evaluation.resmask.dev/Dataset', name: formatDatasetName(name) },
      },
    );
  }

  /** @throws DomainError SPLIT_NOT_FOUND that lists the splits there are. */
  split(dataset: DatasetEntity, split: Split): SplitEntity {
    const found = dataset.splits.find((candidate) => candidate.split === split);
    if (found) return found;
    const there = dataset.splits.map((candidate) => candidate.split).join(', ');
    throw new DomainError(
      'SPLIT_NOT_FOUND',
      `the data set "${dataset.datasetId}" has no samples for ${split}; it has ${there}`,
    );
  }

  /** Data sets of a namespace in alphabetical order, after the given id. */
  list(namespace: string, after: string | undefined, limit: number): Promise<DatasetEntity[]> {
    return this.dataSource.manager.find(DatasetEntity, {
      where: { namespace, ...(after === undefined ? {} : { datasetId: MoreThan(after) }) },
      relations: { splits: true },
      order: { datasetId: 'ASC' },
      take: limit,
    });
  }
}
