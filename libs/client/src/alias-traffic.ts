import type { Alias_Canary, UpdateAliasRequest } from '@resmask/contracts/registry.v1';

/** What to change of an alias's canary and shadow; what is not given stays, `null` takes away. */
export interface AliasTraffic {
  /** The version, by its resource name, that serves part of the streams, from 1 to 99 percent. */
  readonly canary?: Alias_Canary | null;
  /** The version, by its resource name, whose answers are compared and never sent. */
  readonly shadowVersion?: string | null;
}

/** The same in an update request. */
export function trafficUpdate({ canary, shadowVersion }: AliasTraffic): {
  readonly values: Pick<NonNullable<UpdateAliasRequest['alias']>, 'canary' | 'shadowVersion'>;
  readonly updateMask: string[];
} {
  return {
    values: { canary: canary ?? undefined, shadowVersion: shadowVersion ?? '' },
    updateMask: [
      ...(canary === undefined ? [] : ['canary']),
      ...(shadowVersion === undefined ? [] : ['shadow_version']),
    ],
  };
}
