import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('model_alias')
export class AliasEntity {
  @PrimaryColumn('bigint')
  model!: string;

  @PrimaryColumn('text')
  alias!: string;

  @Column('integer')
  version!: number;

  @Column('integer', { name: 'canary_version', nullable: true })
  canaryVersion!: number | null;

  @Column('integer', { name: 'canary_percent', nullable: true })
  canaryPercent!: number | null;

  @Column('integer', { name: 'shadow_version', nullable: true })
  shadowVersion!: number | null;

  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'update_time' })
  updateTime!: Date;
}

export type AliasEventKind = 'set' | 'rollback' | 'delete' | 'traffic';

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

  @Column('integer', { name: 'old_canary_version', nullable: true })
  oldCanaryVersion!: number | null;

  @Column('integer', { name: 'old_canary_percent', nullable: true })
  oldCanaryPercent!: number | null;

  @Column('integer', { name: 'old_shadow_version', nullable: true })
  oldShadowVersion!: number | null;

  @Column('integer', { name: 'new_canary_version', nullable: true })
  newCanaryVersion!: number | null;

  @Column('integer', { name: 'new_canary_percent', nullable: true })
  newCanaryPercent!: number | null;

  @Column('integer', { name: 'new_shadow_version', nullable: true })
  newShadowVersion!: number | null;

  @Column('text')
  actor!: string;

  @Column('text')
  reason!: string;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;
}
