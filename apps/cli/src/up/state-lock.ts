import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { DomainError } from '@resmask/errors';

/**
 * Holds a state folder for one process, by a socket: unlike a file with a process id, a killed holder's lock is gone at once and
 * can never be mistaken for another process.
 */
export class StateLock {
  private constructor(
    readonly server: Server,
    readonly path: string,
  ) {}

  /** @throws DomainError SERVICE_UNAVAILABLE if another process holds the folder. */
  static async take(folder: string): Promise<StateLock> {
    // Socket paths are short, folders need not be.
    const name = createHash('sha256').update(resolve(folder)).digest('hex').slice(0, 16);
    const path = join(tmpdir(), `resmask-${userInfo().uid}-${name}.sock`);
    if (await answers(path)) {
      throw new DomainError(
        'SERVICE_UNAVAILABLE',
        `another "resmask up" runs on ${folder}; use it, stop it, or choose another folder with --state`,
      );
    }
    await rm(path, { force: true });
    const server = createServer((socket) => socket.destroy()).listen(path);
    await once(server, 'listening');
    server.unref();
    return new StateLock(server, path);
  }

  async release(): Promise<void> {
    this.server.close();
    await rm(this.path, { force: true });
  }
}

async function answers(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
