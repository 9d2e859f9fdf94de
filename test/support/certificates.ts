import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Whether certificates can be made on this machine. */
export const HAS_OPENSSL = spawnSync('openssl', ['version']).status === 0;

/** A PEM certificate and its key, as files. */
export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
}

const NEW_KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** An authority that signs certificates for tests, with its files in a folder. */
export class Authority {
  #issued = 0;

  private constructor(
    readonly folder: string,
    readonly name: string,
    readonly files: CertificateFiles,
  ) {}

  static create(folder: string, name: string): Authority {
    const files = { cert: join(folder, `${name}.pem`), key: join(folder, `${name}.key`) };
    const subject = ['-subj', `/CN=${name}`, '-days', '2'];
    openssl('req', '-x509', ...NEW_KEY, '-keyout', files.key, '-out', files.cert, ...subject);
    return new Authority(folder, name, files);
  }

  /** @param alternatives as openssl writes them, e.g. `IP:127.0.0.1,DNS:localhost` or `URI:spiffe://a/b` */
  issue(commonName: string, alternatives: string): CertificateFiles {
    this.#issued += 1;
    const base = join(this.folder, `${this.name}-${this.#issued}`);
    const files = { cert: `${base}.pem`, key: `${base}.key` };
    openssl('req', ...NEW_KEY, '-keyout', files.key, '-out', `${base}.csr`, '-subj', `/CN=${commonName}`);
    writeFileSync(`${base}.ext`, `subjectAltName=${alternatives}\n`);
    const signer = ['-CA', this.files.cert, '-CAkey', this.files.key, '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', `${base}.csr`, ...signer, '-extfile', `${base}.ext`, '-out', files.cert);
    return files;
  }
}

/** What a client needs to trust an authority and show a certificate. */
export function clientTls(authority: Authority, shown?: CertificateFiles) {
  return {
    ca: readFileSync(authority.files.cert),
    ...(shown && { cert: readFileSync(shown.cert), key: readFileSync(shown.key) }),
  };
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe' });
}
