import { Inject, Injectable } from '@nestjs/common';
import type { ArtifactStore, StoredArtifact } from '@resmask/artifacts';
import { DomainError } from '@resmask/errors';
import type { EntityManager } from 'typeorm';
import { ARTIFACT_STORE } from '../registry-parts.js';

/** Tells locks of digests from other advisory locks of this database. */
const LOCK_CLASS = 7_350;

/**
 * Bytes in the store that the database knows of. Whoever relies on bytes holds their digest's lock with others until its
 * transaction is over; the collection holds it alone, so it never takes away what is about to be referred to.
 */
@Injectable()
export class Blobs {
  constructor(@Inject(ARTIFACT_STORE) readonly store: ArtifactStore) {}

  /** Notes that a namespace has brought bytes, which must be in the store. @throws DomainError ARTIFACT_GONE if they are not. */
  async add(manager: EntityManager, namespace: string, { sha256, sizeBytes }: StoredArtifact): Promise<void> {
    const digest = Buffer.from(sha256, 'hex');
    await hold(manager, sha256);
    await this.#expectStored({ sha256, sizeBytes });
    await manager.query(
      `INSERT INTO artifact_blob (sha256, size_bytes) VALUES ($1, $2)
         ON CONFLICT (sha256) DO UPDATE SET touch_time = now()`,
      [digest, sizeBytes],
    );
    await manager.query('INSERT INTO blob_namespace (sha256, namespace) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
      digest,
      namespace,
    ]);
  }

  /** Whether a namespace has brought these bytes before, and they are there. */
  async has(manager: EntityManager, namespace: string, { sha256, sizeBytes }: StoredArtifact): Promise<boolean> {
    await hold(manager, sha256);
    const rows = await manager.query(
      `UPDATE artifact_blob b SET touch_time = now() FROM blob_namespace n
         WHERE n.sha256 = b.sha256 AND b.sha256 = $1 AND n.namespace = $2 AND b.size_bytes = $3 RETURNING 1`,
      [Buffer.from(sha256, 'hex'), namespace, sizeBytes],
    );
    // TypeORM answers an UPDATE with the rows and their number.
    return rows[0].length > 0 && (await this.store.stat(sha256)) !== undefined;
  }

  /** Takes bytes away that nothing refers to and nobody has touched since. @returns whether they are gone now */
  async collect(manager: EntityManager, sha256: string, untouchedSince: Date): Promise<boolean> {
    await manager.query('SELECT pg_advisory_xact_lock($1, hashtext($2))', [LOCK_CLASS, sha256]);
    const digest = Buffer.from(sha256, 'hex');
    const [{ needed }] = await manager.query(
      `SELECT EXISTS (SELECT FROM version_file WHERE sha256 = $1)
           OR EXISTS (SELECT FROM artifact_blob WHERE sha256 = $1 AND touch_time >= $2) AS needed`,
      [digest, untouchedSince],
    );
    if (needed) return false;
    await manager.query('DELETE FROM artifact_blob WHERE sha256 = $1', [digest]);
    // Before the commit: should it fail, a row without bytes is left, which `has` and `add` see through.
    await this.store.delete(sha256);
    return true;
  }

  async #expectStored({ sha256, sizeBytes }: StoredArtifact): Promise<void> {
    const stored = await this.store.stat(sha256);
    if (stored?.sizeBytes === sizeBytes) return;
    throw new DomainError('CONCURRENT_CHANGE', `the bytes ${sha256} have just been collected; upload them again`, {
      resource: { type: 'artifact', name: sha256 },
    });
  }
}

async function hold(manager: EntityManager, sha256: string): Promise<void> {
  await manager.query('SELECT pg_advisory_xact_lock_shared($1, hashtext($2))', [LOCK_CLASS, sha256]);
}
