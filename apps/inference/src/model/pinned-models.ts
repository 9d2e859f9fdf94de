import { Injectable } from '@nestjs/common';
import { VersionSource } from '@resmask/engine';
import { DEFAULT_NAMESPACE } from './model-choice.js';
import { keyOf, ServingModels } from './serving-models.js';

/** A reference that is kept served whoever calls. */
interface Pin {
  readonly reference: { letGo(unwanted: boolean): void };
  release(): void;
}

/** The references that LoadModel, or the service's configuration, keeps loaded. */
@Injectable()
export class PinnedModels {
  readonly #pins = new Map<string, Pin>();

  constructor(
    readonly models: ServingModels,
    readonly source: VersionSource,
  ) {}

  has(key: string): boolean {
    return this.#pins.has(key);
  }

  /** Loads, warms and keeps what a reference names. @returns the version's resource name @throws DomainError as loading says it. */
  async pin(parent: string, reference: string): Promise<string> {
    const namespace = parent || DEFAULT_NAMESPACE;
    const { version } = await this.source.resolve(namespace, reference);
    const references = version.spec.output.task === 'face' ? this.models.detectors : this.models.classifiers;
    const key = keyOf(namespace, reference);
    const hold = await references.hold(key);
    hold.reference.letGo(false);
    // Pinning twice is pinning once.
    if (this.#pins.has(key)) hold.release();
    else this.#pins.set(key, hold);
    return hold.reference.version.name;
  }

  /** Keeps it no longer; what is not pinned is left as it is. */
  unpin(parent: string, reference: string): void {
    const key = keyOf(parent || DEFAULT_NAMESPACE, reference);
    const pin = this.#pins.get(key);
    this.#pins.delete(key);
    pin?.reference.letGo(true);
    pin?.release();
  }
}
