import { z } from 'zod';
import { addressSetting, choiceSetting, optionalSetting } from '../setting-kinds.js';
import type { Setting } from '../settings.js';

/** How a service reaches the model registry, and who it is there. */
export function registryConnectionSettings() {
  return {
    registry: addressSetting('RESMASK_REGISTRY', 'the model registry', '127.0.0.1:50052'),
    registryToken: {
      variable: 'RESMASK_REGISTRY_TOKEN',
      purpose: 'API token or JSON Web Token this service shows to the registry; it needs the role viewer there',
      secret: true,
      allowed: 'a token without spaces',
      schema: z.string().regex(/^\S+$/).optional(),
    } satisfies Setting<string | undefined>,
    registryTls: choiceSetting('RESMASK_REGISTRY_TLS', 'whether the registry is reached by TLS', ['off', 'on'], 'off'),
    registryCa: optionalSetting(
      'RESMASK_REGISTRY_CA',
      'authorities that may have signed the registry’s certificate; the system’s if unset',
      'a PEM file',
    ),
    registryCert: optionalSetting('RESMASK_REGISTRY_CERT', 'certificate shown to the registry', 'a PEM file'),
    registryKey: optionalSetting('RESMASK_REGISTRY_KEY', 'its private key', 'a PEM file'),
    plaintextToken: choiceSetting(
      'RESMASK_PLAINTEXT_TOKEN',
      'whether a token may be sent to another machine without TLS; allow it only where a mesh encrypts',
      ['refuse', 'allow'],
      'refuse',
    ),
  };
}
