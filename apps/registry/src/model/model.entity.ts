import type { Task } from '@resmask/model-spec';
import { Column, Entity, PrimaryGeneratedColumn } from 'typeorm';
import type { Labels } from './model-labels.js';

@Entity('model')
export class ModelEntity {
  @PrimaryGeneratedColumn('identity', { type: 'bigint' })
  id!: string;

  @Column('text')
  namespace!: string;

  @Column('text', { name: 'model_id' })
  modelId!: string;

  @Column('text')
  task!: Task;

  @Column('text')
  description!: string;

  @Column('jsonb')
  labels!: Labels;

  @Column('integer', { name: 'next_version' })
  nextVersion!: number;

  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;

  @Column('timestamptz', { name: 'update_time' })
  updateTime!: Date;

  @Column('timestamptz', { name: 'delete_time', nullable: true })
  deleteTime!: Date | null;
}
