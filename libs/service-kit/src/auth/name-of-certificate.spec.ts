import type { PeerCertificate } from 'node:tls';
import { expect, it } from 'vitest';
import { nameOfCertificate } from './name-of-certificate.js';

const named = (subjectaltname: string | undefined, CN: unknown = 'operator'): string | undefined =>
  nameOfCertificate({ subject: { CN }, subjectaltname } as PeerCertificate);

it.each<[string, string | undefined, unknown, string | undefined]>([
  ['its SPIFFE id', 'URI:spiffe://a/b', 'operator', 'spiffe://a/b'],
  ['its SPIFFE id among other names', 'DNS:x, URI:spiffe://a/b, URI:https://c', 'operator', 'spiffe://a/b'],
  ['its common name without one', 'DNS:x, URI:https://c', 'operator', 'CN=operator'],
  ['its common name without alternatives', undefined, 'operator', 'CN=operator'],
  ['nothing with two SPIFFE ids', 'URI:spiffe://a/b, URI:spiffe://a/c', 'operator', undefined],
  ['nothing with two common names', undefined, ['operator', 'root'], undefined],
  ['nothing with an empty one', undefined, '', undefined],
  ['nothing when a name is quoted, as one that smuggles another is', 'DNS:"x, URI:spiffe://a/b, y"', 'o', undefined],
])('a certificate goes by %s', (_what, alternatives, commonName, name) => {
  expect(named(alternatives, commonName)).toBe(name);
});
