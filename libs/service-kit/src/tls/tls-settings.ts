import { optionalSetting } from '../setting-kinds.js';

/** Transport security of a service; off without a certificate. */
export function tlsSettings() {
  return {
    tlsCert: optionalSetting(
      'RESMASK_TLS_CERT',
      'certificate the service shows, which turns TLS on; the three files are read again when they change',
      'a PEM file, with the certificates between it and its authority',
    ),
    tlsKey: optionalSetting('RESMASK_TLS_KEY', 'its private key', 'a PEM file'),
    tlsClientCa: optionalSetting(
      'RESMASK_TLS_CLIENT_CA',
      'authorities whose client certificates identify callers; RESMASK_PRINCIPALS says whom they belong to',
      'a PEM file',
    ),
  };
}
