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
