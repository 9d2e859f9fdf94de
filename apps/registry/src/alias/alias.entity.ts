import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('model_alias')
export class AliasEntity {
  @PrimaryColumn('bigint')
  model!: string;

  @PrimaryColumn('text')
  alias!: string;

  @Column('integer')
  version!: number;

  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'update_time' })
  updateTime!: Date;
}

export type AliasEventKind = 'set' | 'rollback' | 'delete';

@Entity('alias_event')
export class AliasEventEntity {
  @PrimaryColumn('bigint')
  id!: string;

  @Column('bigint')
  model!: string;

  @Column('text')
  alias!: string;

  @Column('text')
  kind!: AliasEventKind;

  @Column('integer', { name: 'old_version', nullable: true })
  oldVersion!: number | null;

  @Column('integer', { name: 'new_version', nullable: true })
  newVersion!: number | null;

  @Column('text')
  actor!: string;

  @Column('text')
  reason!: string;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;
}
