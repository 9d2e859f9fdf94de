/** A version that serves part of an alias's streams. */
export interface Canary {
  readonly version: number;
  /** From 1 to 99. */
  readonly percent: number;
}

/** What an alias has beside the version it points at. */
export interface AliasTraffic {
  readonly canary: Canary | undefined;
  readonly shadowVersion: number | undefined;
}

export const NO_TRAFFIC: AliasTraffic = { canary: undefined, shadowVersion: undefined };

/** Of two columns, which are both set or both not. */
export function canaryOf(version: number | null, percent: number | null): Canary | undefined {
  return version === null || percent === null ? undefined : { version, percent };
}

/** What is left once the alias points at a version: a share was decided on against the version before, so every move ends a canary. */
export function trafficAfterMove({ shadowVersion }: AliasTraffic, version: number): AliasTraffic {
  return { canary: undefined, shadowVersion: shadowVersion === version ? undefined : shadowVersion };
}
