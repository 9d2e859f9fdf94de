import type { Split } from '@resmask/datasets';
import type { ErrorRecord } from '@resmask/errors';
import { Column, Entity, JoinColumn, ManyToOne, PrimaryColumn, PrimaryGeneratedColumn, type Relation } from 'typeorm';
import { DatasetEntity } from '../dataset/dataset.entity.js';
import type { RunReport } from './run-report.js';

export type RunStateName = 'queued' | 'running' | 'succeeded' | 'failed';

@Entity('run')
export class RunEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('text')
  namespace!: string;

  @Column('uuid', { name: 'request_id', nullable: true })
  requestId!: string | null;

  @Column('text')
  model!: string;

  @Column('text', { name: 'model_version' })
  modelVersion!: string;

  @Column('bytea', { name: 'model_digest' })
  modelDigest!: Buffer;

  @Column('bigint', { name: 'dataset' })
  datasetId!: string;

  @Column('text')
  split!: Split;

  @Column('text')
  state!: RunStateName;

  @Column('integer', { name: 'samples_total' })
  samplesTotal!: number;

  @Column('jsonb', { nullable: true })
  report!: RunReport | null;

  @Column('jsonb', { nullable: true })
  error!: ErrorRecord | null;

  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;

  @Column('timestamptz', { name: 'start_time', nullable: true })
  startTime!: Date | null;

  @Column('timestamptz', { name: 'end_time', nullable: true })
  endTime!: Date | null;

  @ManyToOne(() => DatasetEntity)
  @JoinColumn({ name: 'dataset', referencedColumnName: 'id' })
  dataset!: Relation<DatasetEntity>;
}

@Entity('prediction')
export class PredictionEntity {
  @PrimaryColumn('bigint')
  run!: string;

  @PrimaryColumn('integer')
  sample!: number;

  @Column('smallint', { name: 'true_label' })
  trueLabel!: number;

  @Column('smallint', { name: 'predicted_label' })
  predictedLabel!: number;

  @Column('real', { array: true })
  probabilities!: number[];
}
