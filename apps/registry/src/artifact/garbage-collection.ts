import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore } from '@resmask/artifacts';
import { DataSource } from 'typeorm';
import { ARTIFACT_STORE } from '../registry-parts.js';
import { Blobs } from './blobs.js';

/** One collection runs at a time, whatever the number of replicas. */
const SINGLETON_LOCK = 7_350_100;

export interface Collected {
  readonly blobs: number;
  readonly uploads: number;
}

/** Removes bytes that nothing refers to, and uploads that nobody finishes. */
@Injectable()
export class GarbageCollection {
  constructor(
    readonly dataSource: DataSource,
    readonly blobs: Blobs,
    @Inject(ARTIFACT_STORE) readonly store: ArtifactStore,
  ) {}

  /**
   * @param graceMs how long bytes stay that nothing refers to
   * @returns what was removed; nothing if another replica is at it
   */
  async run(graceMs: number): Promise<Collected> {
    const runner = this.dataSource.createQueryRunner();
    try {
      const [{ mine }] = await runner.query('SELECT pg_try_advisory_lock($1) AS mine', [SINGLETON_LOCK]);
      if (!mine) return { blobs: 0, uploads: 0 };
      try {
        const uploads = await this.#collectUploads();
        return { uploads, blobs: await this.#collectBlobs(new Date(Date.now() - graceMs)) };
      } finally {
        await runner.query('SELECT pg_advisory_unlock($1)', [SINGLETON_LOCK]);
      }
    } finally {
      await runner.release();
    }
  }

  async #collectBlobs(untouchedSince: Date): Promise<number> {
    let count = 0;
    for await (const { sha256, modifiedTime } of this.store.list()) {
      if (modifiedTime >= untouchedSince || (await this.#isReferred(sha256))) continue;
      const gone = await this.dataSource.transaction((manager) => this.blobs.collect(manager, sha256, untouchedSince));
      if (gone) count += 1;
    }
    return count;
  }

  /** A look without a lock, to leave what is in use alone; `collect` looks again under it. */
  async #isReferred(sha256: string): Promise<boolean> {
    const [{ referred }] = await this.dataSource.query(
      'SELECT EXISTS (SELECT FROM version_file WHERE sha256 = $1) AS referred',
      [Buffer.from(sha256, 'hex')],
    );
    return referred;
  }

  async #collectUploads(): Promise<number> {
    const expired: { id: string }[] = await this.dataSource.query('SELECT id FROM upload WHERE expire_time < now()');
    for (const { id } of expired) {
      await this.store.abortStaged(id);
      await this.dataSource.query('DELETE FROM upload WHERE id = $1 AND expire_time < now()', [id]);
    }
    return expired.length;
  }
}
