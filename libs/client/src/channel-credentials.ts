import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { DomainError } from '@resmask/errors';
import type { ConnectOptions, TlsOptions } from './connect-options.js';
import { isLoopback } from './is-loopback.js';

/**
 * What secures a connection.
 * @throws DomainError CONFIG_INVALID for a token that would be sent in plain text over a network, or half a client certificate.
 */
export function channelCredentials(address: string, options: ConnectOptions): ChannelCredentials {
  const chosen = options.credentials ?? (options.tls ? tlsCredentials(options.tls) : credentials.createInsecure());
  const exposed = options.token !== undefined && !chosen._isSecure() && !isLoopback(address);
  if (exposed && !options.plaintextToken) {
    throw new DomainError(
      'CONFIG_INVALID',
      `a token would be sent to ${address} in plain text, for everybody on the way to read; use TLS, or allow it explicitly where ` +
        'a service mesh encrypts',
    );
  }
  return chosen;
}

function tlsCredentials({ ca, cert, key }: TlsOptions): ChannelCredentials {
  if ((cert === undefined) !== (key === undefined))
    throw new DomainError('CONFIG_INVALID', 'a client certificate needs its key, and a key its certificate');
  try {
    return credentials.createSsl(toBuffer(ca), toBuffer(key), toBuffer(cert));
  } catch (error) {
    throw new DomainError('CONFIG_INVALID', 'the TLS certificates or the key are no PEM, or do not fit together', {
      cause: error,
    });
  }
}

function toBuffer(bytes: Uint8Array | undefined): Buffer | null {
  return bytes ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength) : null;
}
