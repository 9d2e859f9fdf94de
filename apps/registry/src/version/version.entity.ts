import type { InputSpec, OutputSpec } from '@resmask/model-spec';
import { Column, Entity, JoinColumn, ManyToOne, OneToMany, PrimaryColumn, type Relation } from 'typeorm';

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

  @Column('jsonb', { name: 'input_spec' })
  inputSpec!: InputSpec;

  @Column('jsonb', { name: 'output_spec' })
  outputSpec!: OutputSpec;

  @Column('text')
  description!: string;

  @Column('bigint')
  revision!: string;

  @Column('timestamptz', { name: 'create_time' })
  createTime!: Date;

  @OneToMany(
    () => VersionFileEntity,
    (file) => file.owner,
  )
  files!: Relation<VersionFileEntity>[];
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
