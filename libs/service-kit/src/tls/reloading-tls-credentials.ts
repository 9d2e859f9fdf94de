import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureContext, type SecureContextOptions } from 'node:tls';
import { ServerCredentials } from '@grpc/grpc-js';
import { DomainError } from '@resmask/errors';
import type { Logger } from '../logger.js';

/** PEM files of a service. */
export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Asks clients for a certificate of these authorities; one without is let in, and has to be identified otherwise. */
  readonly clientCa: string | undefined;
}

/** How often the files are looked at. */
const CHECK_MS = 10_000;

/**
 * TLS credentials that follow their files: new connections get what lies there at most ten seconds later, open ones go on. Files
 * that do not fit together are logged, and the old ones stay.
 */
export class ReloadingTlsCredentials extends ServerCredentials {
  readonly #timer: NodeJS.Timeout;
  #fingerprint: string;

  private constructor(
    readonly files: TlsFiles,
    readonly logger: Logger,
    first: SecureContextOptions,
    checkMs: number,
  ) {
    // A certificate of another authority is no error of the connection: grpc-js shows it to nobody, so it identifies nobody.
    super({ requestCert: files.clientCa !== undefined, rejectUnauthorized: false }, first);
    this.#fingerprint = fingerprintOf(first);
    this.#timer = setInterval(() => this.reload(), checkMs).unref();
  }

  /** @throws DomainError CONFIG_INVALID that names the file which cannot be used. */
  static open(files: TlsFiles, logger: Logger, checkMs = CHECK_MS): ReloadingTlsCredentials {
    return new ReloadingTlsCredentials(files, logger, readContext(files), checkMs);
  }

  reload(): void {
    try {
      const next = readContext(this.files);
      const fingerprint = fingerprintOf(next);
      if (fingerprint === this.#fingerprint) return;
      this.#fingerprint = fingerprint;
      this.updateSecureContextOptions(next);
      this.logger.info({ file: this.files.cert }, 'certificates read again after a change');
    } catch (error) {
      this.logger.error({ err: error }, 'certificates cannot be used after a change; the old ones stay');
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }

  override _equals(other: ServerCredentials): boolean {
    return this === other;
  }
}

function readContext({ cert, key, clientCa }: TlsFiles): SecureContextOptions {
  const options: SecureContextOptions = {
    cert: read('RESMASK_TLS_CERT', cert),
    key: read('RESMASK_TLS_KEY', key),
    ...(clientCa !== undefined && { ca: read('RESMASK_TLS_CLIENT_CA', clientCa) }),
  };
  try {
    createSecureContext(options);
    return options;
  } catch (error) {
    throw new DomainError(
      'CONFIG_INVALID',
      `RESMASK_TLS_CERT ${cert} and RESMASK_TLS_KEY ${key} are no PEM certificate and its key: ${reasonOf(error)}`,
      { cause: error },
    );
  }
}

function read(variable: string, path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new DomainError('CONFIG_INVALID', `${variable}: ${path} cannot be read: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

function fingerprintOf({ cert, key, ca }: SecureContextOptions): string {
  return createHash('sha256').update([cert, key, ca].map(String).join()).digest('hex');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
