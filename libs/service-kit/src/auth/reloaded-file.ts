import { readFile, stat } from 'node:fs/promises';
import { DomainError } from '@resmask/errors';
import type { Logger } from '../logger.js';

/** How often, at most, a file is looked at for changes. */
const CHECK_MS = 1000;

/**
 * A file that is read and understood at the start and again whenever it changes. A change that cannot be used is logged, and what
 * was read before stays: a slip of an operator's hand must not lock everybody out.
 */
export class ReloadedFile<T> {
  #checked = Date.now();
  #checking: Promise<void> | undefined;

  private constructor(
    readonly path: string,
    readonly parse: (text: string) => T,
    readonly logger: Logger,
    private version: string,
    private value: T,
  ) {}

  /** @throws DomainError CONFIG_INVALID if the file cannot be read, or what `parse` throws. */
  static async open<T>(path: string, parse: (text: string) => T, logger: Logger): Promise<ReloadedFile<T>> {
    const version = await versionOf(path);
    return new ReloadedFile(path, parse, logger, version, parse(await readText(path)));
  }

  /** What the file says now, or said at most a second ago. */
  async current(): Promise<T> {
    if (Date.now() - this.#checked >= CHECK_MS) {
      this.#checking ??= this.#check();
      await this.#checking;
    }
    return this.value;
  }

  async #check(): Promise<void> {
    try {
      const version = await versionOf(this.path);
      if (version === this.version) return;
      // Before parsing: what cannot be used is told once, not every second.
      this.version = version;
      this.value = this.parse(await readText(this.path));
      this.logger.info({ file: this.path }, 'read again after a change');
    } catch (error) {
      this.logger.error(
        { file: this.path, reason: reasonOf(error) },
        'cannot be used after a change; the old one stays',
      );
    } finally {
      this.#checked = Date.now();
      this.#checking = undefined;
    }
  }
}

async function versionOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino}/${mtimeMs}/${size}`;
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unreadable(path, error);
  }
}

function unreadable(path: string, error: unknown): DomainError {
  return new DomainError('CONFIG_INVALID', `${path} cannot be read: ${reasonOf(error)}`, { cause: error });
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
