import type { PeerCertificate } from 'node:tls';

const SPIFFE = /^URI:(spiffe:\/\/[^\s",]+)$/;

/**
 * The name a verified client certificate goes by: its SPIFFE id if it has one, otherwise `CN=…`. A certificate with several of
 * either has no name: nobody could say which one was meant.
 */
export function nameOfCertificate({ subject, subjectaltname = '' }: PeerCertificate): string | undefined {
  // Node quotes alternative names that hold separators. No SPIFFE id needs that, so whoever sends one plays games.
  if (subjectaltname.includes('"')) return undefined;
  const ids = subjectaltname.split(', ').flatMap((name) => SPIFFE.exec(name)?.[1] ?? []);
  if (ids.length > 0) return ids.length === 1 ? ids[0] : undefined;
  // Several common names come as an array, whatever the type says.
  const commonName: unknown = subject?.CN;
  return typeof commonName === 'string' && commonName !== '' ? `CN=${commonName}` : undefined;
}
