import type { InputSpec, OutputSpec } from '@resmask/model-spec';
import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn, type Relation } from 'typeorm';
import { ModelEntity } from '../model/model.entity.js';
import { type Tags, type VersionLineage } from './version-facts.js';

export type VersionState = 'ready' | 'archived' | 'deleted';

@Entity('model_version')
export class VersionEntity {
  @PrimaryColumn('bigint')
  model!: string;

  @PrimaryColumn('integer')
  version!: number;

  @Column('bytea')
  digest!: Buffer;

  @Column('text')
  architecture!: string;

  @Column('bigint', { name: 'parameter_count' })
  parameterCount!: string;

  @Column('text')
  kind!: 'single' | 'ensemble';

  /** Null for an ensemble. */
  @Column('jsonb', { name: 'input_spec', nullable: true })
  inputSpec!: InputSpec | null;

  @Column('jsonb', { name: 'output_spec' })
  outputSpec!: OutputSpec;

  @Column('text')
  description!: string;

  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;

  @Column('timestamptz', { name: 'update_time' })
  updateTime!: Date;

  @Column('timestamptz', { name: 'delete_time', nullable: true })
  deleteTime!: Date | null;

  @Column('text')
  state!: VersionState;

  /** Who published it. */
  @Column('text', { name: 'created_by' })
  createdBy!: string;

  @Column('text')
  licence!: string;

  @Column('jsonb')
  lineage!: VersionLineage;

  @Column('text', { name: 'model_card' })
  modelCard!: string;

  @Column('jsonb')
  tags!: Tags;

  @OneToMany(
    () => VersionFileEntity,
    (file) => file.owner,
  )
  files!: Relation<VersionFileEntity>[];

  @OneToMany(
    () => EnsembleMemberEntity,
    (member) => member.owner,
  )
  members!: Relation<EnsembleMemberEntity>[];
}

@Entity('ensemble_member')
export class EnsembleMemberEntity {
  @PrimaryColumn('bigint')
  model!: string;

  @PrimaryColumn('integer')
  version!: number;

  @PrimaryColumn('integer')
  position!: number;

  @Column('bigint', { name: 'member_model' })
  memberModel!: string;

  @Column('integer', { name: 'member_version' })
  memberVersion!: number;

  @Column('double precision')
  weight!: number;

  @ManyToOne(() => VersionEntity)
  @JoinColumn([
    { name: 'model', referencedColumnName: 'model' },
    { name: 'version', referencedColumnName: 'version' },
  ])
  owner!: Relation<VersionEntity>;

  @ManyToOne(() => ModelEntity)
  @JoinColumn({ name: 'member_model', referencedColumnName: 'id' })
  memberOf!: Relation<ModelEntity>;
}

@Entity('version_file')
export class VersionFileEntity {
  @PrimaryColumn('bigint')
  model!: string;

  @PrimaryColumn('integer')
  version!: number;

  @PrimaryColumn('text')
  path!: string;

  @Column('integer')
  position!: number;

  @Column('bytea')
  sha256!: Buffer;

  @ManyToOne(() => VersionEntity)
  @JoinColumn([
    { name: 'model', referencedColumnName: 'model' },
    { name: 'version', referencedColumnName: 'version' },
  ])
  owner!: Relation<VersionEntity>;

  @ManyToOne(() => ArtifactBlobEntity)
  @JoinColumn({ name: 'sha256', referencedColumnName: 'sha256' })
  blob!: Relation<ArtifactBlobEntity>;
}

@Entity('artifact_blob')
export class ArtifactBlobEntity {
  @PrimaryColumn('bytea')
  sha256!: Buffer;

  @Column('bigint', { name: 'size_bytes' })
  sizeBytes!: string;
}
