/** Is told what becomes of one served reference. */
export interface ReferenceWatch {
  /** It serves a version: its first, or another one than before. @param version its resource name */
  serving(version: string): void;
  /** Its first version could not be loaded, and it is served no more. */
  failed(error: unknown): void;
  /** Nobody wants it any more. */
  released(): void;
}

/** Called when a reference is loaded for the first time. @param key its namespace and itself */
export type WatchReference = (key: string) => ReferenceWatch;

/** Tells several what becomes of every reference. */
export function watchTogether(watches: readonly WatchReference[]): WatchReference {
  return (key) => {
    const each = watches.map((watch) => watch(key));
    return {
      serving: (version) => {
        for (const watch of each) watch.serving(version);
      },
      failed: (error) => {
        for (const watch of each) watch.failed(error);
      },
      released: () => {
        for (const watch of each) watch.released();
      },
    };
  };
}

/** Injection token of a service's `WatchReference`. */
export const WATCH_REFERENCE = Symbol('WatchReference');
