import { readFile } from 'node:fs/promises';
import type { ConnectOptions, TlsOptions } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import type { Config } from '../settings.js';
import type { registryConnectionSettings } from './registry-connection-settings.js';

type RegistryConfig = Config<ReturnType<typeof registryConnectionSettings>>;

/** What a client of the registry is made with. @throws DomainError CONFIG_INVALID for files that cannot be read. */
export async function registryConnection(config: RegistryConfig): Promise<ConnectOptions> {
  const tls = await tlsOptions(config);
  return {
    ...(config.registryToken !== undefined && { token: config.registryToken }),
    ...(tls && { tls }),
    plaintextToken: config.plaintextToken === 'allow',
  };
}

async function tlsOptions(config: RegistryConfig): Promise<TlsOptions | undefined> {
  const { registryTls, registryCa, registryCert, registryKey } = config;
  const files = { ca: registryCa, cert: registryCert, key: registryKey };
  const given = Object.entries(files).flatMap(([part, path]) => (path === undefined ? [] : [{ part, path }]));
  if (registryTls === 'on') return Object.fromEntries(await Promise.all(given.map(readPart)));
  if (given.length === 0) return undefined;
  throw new DomainError('CONFIG_INVALID', 'RESMASK_REGISTRY_CA, _CERT and _KEY need RESMASK_REGISTRY_TLS=on');
}

async function readPart({ part, path }: { part: string; path: string }): Promise<[string, Buffer]> {
  try {
    return [part, await readFile(path)];
  } catch (error) {
    const variable = `RESMASK_REGISTRY_${part.toUpperCase()}`;
    throw new DomainError('CONFIG_INVALID', `${variable}: ${path} cannot be read`, { cause: error });
  }
}
