import type { Split } from '@resmask/datasets';
import {
  Column,
  Entity,
  JoinColumn,
  ManyToOne,
  OneToMany,
  PrimaryColumn,
  PrimaryGeneratedColumn,
  type Relation,
} from 'typeorm';

@Entity('dataset')
export class DatasetEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('text')
  namespace!: string;

  @Column('text', { name: 'dataset_id' })
  datasetId!: string;

  @Column('bytea')
  digest!: Buffer;

  @Column('text', { array: true })
  labels!: string[];

  @Column('integer')
  width!: number;

  @Column('integer')
  height!: number;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;

  @OneToMany(
    () => SplitEntity,
    (split) => split.owner,
  )
  splits!: Relation<SplitEntity>[];
}

@Entity('dataset_split')
export class SplitEntity {
  @PrimaryColumn('bigint')
  dataset!: string;

  @PrimaryColumn('text')
  split!: Split;

  @Column('integer', { name: 'sample_count' })
  sampleCount!: number;

  @Column('integer', { array: true, name: 'class_counts' })
  classCounts!: number[];

  @Column('bytea', { name: 'pixels_sha256' })
  pixelsSha256!: Buffer;

  @Column('bytea', { name: 'labels_sha256' })
  labelsSha256!: Buffer;

  @ManyToOne(() => DatasetEntity)
  @JoinColumn({ name: 'dataset', referencedColumnName: 'id' })
  owner!: Relation<DatasetEntity>;
}
