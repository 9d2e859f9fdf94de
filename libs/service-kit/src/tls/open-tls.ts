import { DomainError } from '@resmask/errors';
import type { Logger } from '../logger.js';
import type { Config } from '../settings.js';
import { ReloadingTlsCredentials } from './reloading-tls-credentials.js';
import type { tlsSettings } from './tls-settings.js';

/**
 * TLS where the settings name a certificate; undefined for plain text.
 * @throws DomainError CONFIG_INVALID for settings that make no sense together, or files that cannot be used.
 */
export function openTls(
  { tlsCert, tlsKey, tlsClientCa }: Config<ReturnType<typeof tlsSettings>>,
  logger: Logger,
): ReloadingTlsCredentials | undefined {
  if (tlsCert !== undefined && tlsKey !== undefined)
    return ReloadingTlsCredentials.open({ cert: tlsCert, key: tlsKey, clientCa: tlsClientCa }, logger);
  if (tlsCert === undefined && tlsKey === undefined && tlsClientCa === undefined) return undefined;
  throw new DomainError('CONFIG_INVALID', 'RESMASK_TLS_CERT and RESMASK_TLS_KEY must both be set, or no RESMASK_TLS_*');
}
