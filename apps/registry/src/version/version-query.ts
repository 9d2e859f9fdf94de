import { DataSource, type EntityManager } from 'typeorm';
import { ModelEntity } from '../model/model.entity.js';
import { EntityColumns } from './entity-columns.js';
import { ArtifactBlobEntity, EnsembleMemberEntity, VersionEntity, VersionFileEntity } from './version.entity.js';
import type { FoundVersion } from './version.repository.js';

interface FileRow {
  readonly position: number;
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: string;
}

interface MemberRow {
  readonly position: number;
  readonly modelId: string;
  readonly namespace: string;
  readonly version: number;
  readonly weight: number;
}

interface VersionRow extends Record<string, unknown> {
  readonly files: readonly FileRow[] | null;
  readonly members: readonly MemberRow[] | null;
  readonly aliases: readonly string[];
}

/** Reads versions with all that is told of them in one query, which is most of what the registry is asked. */
export class VersionQuery {
  readonly #model: EntityColumns<ModelEntity>;
  readonly #version: EntityColumns<VersionEntity>;
  readonly #select: string;

  constructor(dataSource: DataSource) {
    this.#model = new EntityColumns(ModelEntity, dataSource.getMetadata(ModelEntity), 'm');
    this.#version = new EntityColumns(VersionEntity, dataSource.getMetadata(VersionEntity), 'v');
    this.#select = `SELECT ${this.#model.select}, ${this.#version.select}, ${FILES} AS files, ${MEMBERS} AS members,
        ${ALIASES} AS aliases
      FROM model m JOIN model_version v ON v.model = m.id`;
  }

  /** @param rest what follows the tables `m` and `v`: conditions, order, limit */
  async find(manager: EntityManager, rest: string, values: readonly unknown[]): Promise<FoundVersion[]> {
    const rows: VersionRow[] = await manager.query(`${this.#select} ${rest}`, [...values]);
    return rows.map((row) => {
      const version = this.#version.read(row);
      version.files = (row.files ?? []).map((file) => toFile(version, file));
      version.members = (row.members ?? []).map((member) => toMember(version, member));
      return { model: this.#model.read(row), version, aliases: row.aliases };
    });
  }
}

const FILES = `(
  SELECT json_agg(json_build_object('position', f.position, 'path', f.path, 'sha256', encode(f.sha256, 'hex'), 'sizeBytes', b.size_bytes::text)
    ORDER BY f.position)
  FROM version_file f JOIN artifact_blob b USING (sha256) WHERE f.model = v.model AND f.version = v.version)`;

const MEMBERS = `(
  SELECT json_agg(json_build_object('position', e.position, 'namespace', o.namespace, 'modelId', o.model_id, 'version', e.member_version,
      'weight', e.weight) ORDER BY e.position)
  FROM ensemble_member e JOIN model o ON o.id = e.member_model WHERE e.model = v.model AND e.version = v.version)`;

const ALIASES = `ARRAY(
  SELECT a.alias FROM model_alias a WHERE a.model = v.model AND a.version = v.version ORDER BY a.alias)`;

function toFile({ model, version }: VersionEntity, { position, path, sha256, sizeBytes }: FileRow): VersionFileEntity {
  const digest = Buffer.from(sha256, 'hex');
  const blob = Object.assign(new ArtifactBlobEntity(), { sha256: digest, sizeBytes });
  return Object.assign(new VersionFileEntity(), { model, version, position, path, sha256: digest, blob });
}

function toMember({ model, version }: VersionEntity, member: MemberRow): EnsembleMemberEntity {
  const { position, namespace, modelId, version: memberVersion, weight } = member;
  const memberOf = Object.assign(new ModelEntity(), { namespace, modelId });
  return Object.assign(new EnsembleMemberEntity(), { model, version, position, memberVersion, weight, memberOf });
}
