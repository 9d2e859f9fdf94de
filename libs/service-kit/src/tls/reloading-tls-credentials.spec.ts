import { copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connect, type TLSSocket } from 'node:tls';
import { Server } from '@grpc/grpc-js';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Authority, HAS_OPENSSL } from '../../../../test/support/certificates.js';
import { ReloadingTlsCredentials } from './reloading-tls-credentials.js';

describe.skipIf(!HAS_OPENSSL)('TLS credentials', () => {
  let folder: string;
  let files: { cert: string; key: string; clientCa: undefined };
  const log: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => log.push(line) });

  const install = ({ cert, key }: { cert: string; key: string }): void => {
    copyFileSync(cert, files.cert);
    copyFileSync(key, files.key);
  };

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'resmask-tls-'));
    files = { cert: join(folder, 'tls.crt'), key: join(folder, 'tls.key'), clientCa: undefined };
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('follow their files, keep the old ones while the new ones do not fit, and let open connections be', async () => {
    const authority = Authority.create(folder, 'authority');
    const [first, second] = ['first', 'second'].map((name) => authority.issue(name, 'IP:127.0.0.1'));
    install(first);
    const credentials = ReloadingTlsCredentials.open(files, logger, 20);
    const server = new Server();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync('127.0.0.1:0', credentials, (error, bound) => (error ? reject(error) : resolve(bound))),
    );
    const open: TLSSocket[] = [];
    const shown = () =>
      new Promise<string>((resolve, reject) => {
        const socket = connect({ port, host: '127.0.0.1', rejectUnauthorized: false, ALPNProtocols: ['h2'] }, () =>
          resolve(String(socket.getPeerCertificate().subject.CN)),
        );
        socket.on('error', reject);
        open.push(socket);
      });
    expect(await shown()).toBe('first');

    copyFileSync(second.key, files.key);
    await delay(100);
    expect(await shown()).toBe('first');
    expect(log.join()).toContain('the old ones stay');

    install(second);
    while ((await shown()) !== 'second') await delay(10);
    expect(log.at(-1)).toContain('certificates read again after a change');
    expect(open[0].destroyed).toBe(false);
    expect(log.join()).not.toContain('PRIVATE');

    for (const socket of open) socket.destroy();
    credentials.close();
    server.forceShutdown();
  });

  it('do not begin with files that are missing or no certificates, and name them', () => {
    const begin = () => ReloadingTlsCredentials.open({ ...files, cert: join(folder, 'none.crt') }, logger);
    expect(begin).toThrow(expect.objectContaining({ reason: 'CONFIG_INVALID' }));
    expect(begin).toThrow(/RESMASK_TLS_CERT: .*none\.crt cannot be read/);
    writeFileSync(files.cert, 'no certificate');
    expect(() => ReloadingTlsCredentials.open(files, logger)).toThrow('are no PEM certificate and its key');
  });
});
