import { Injectable } from '@nestjs/common';
import { DomainError } from '@resmask/errors';
import { parseUploadName } from '@resmask/resource-names';
import { DataSource, type EntityManager } from 'typeorm';

export type UploadState = 'active' | 'complete';

export interface NewUpload {
  readonly id: string;
  readonly namespace: string;
  readonly sha256: string;
  readonly sizeBytes: number;
  readonly partBytes: number;
  readonly state: UploadState;
}

export interface UploadRow extends NewUpload {
  readonly createTime: Date;
  readonly expireTime: Date;
}

const LIFETIME = '7 days';
const COLUMNS = `id, namespace, encode(sha256, 'hex') AS sha256, size_bytes::float8 AS "sizeBytes", part_bytes::float8 AS "partBytes", state,
  create_time AS "createTime", expire_time AS "expireTime"`;

/** Uploads, finished or not. */
@Injectable()
export class UploadRepository {
  constructor(readonly dataSource: DataSource) {}

  async insert({ id, namespace, sha256, sizeBytes, partBytes, state }: NewUpload): Promise<UploadRow> {
    const [row] = await this.dataSource.query(
      `INSERT INTO upload (id, namespace, sha256, size_bytes, part_bytes, state, expire_time)
         VALUES ($1, $2, decode($3, 'hex'), $4, $5, $6, now() + $7::interval) RETURNING ${COLUMNS}`,
      [id, namespace, sha256, sizeBytes, partBytes, state, LIFETIME],
    );
    return row;
  }

  /** @throws DomainError UPLOAD_NOT_FOUND. */
  async get(name: string, field = 'name'): Promise<UploadRow> {
    const { namespace, upload } = parseUploadName(name, field);
    const [row] = await this.dataSource.query(`SELECT ${COLUMNS} FROM upload WHERE id = $1 AND namespace = $2`, [
      upload,
      namespace,
    ]);
    if (row) return row;
    throw new DomainError('UPLOAD_NOT_FOUND', `there is no upload ${name}; it may have expired, begin another one`, {
      resource: { type: 'registry.resmask.dev/Upload', name },
    });
  }

  /** Parts still come. */
  async extend(id: string): Promise<void> {
    await this.dataSource.query('UPDATE upload SET expire_time = now() + $2::interval WHERE id = $1', [id, LIFETIME]);
  }

  async complete(id: string, manager: EntityManager): Promise<void> {
    await manager.query(`UPDATE upload SET state = 'complete' WHERE id = $1`, [id]);
  }

  async delete(id: string): Promise<void> {
    await this.dataSource.query('DELETE FROM upload WHERE id = $1', [id]);
  }
}
