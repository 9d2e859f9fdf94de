import { Injectable } from '@nestjs/common';
import type { LoadModelRequest, ServedModel, UnloadModelRequest } from '@resmask/contracts/inference.v1';
import { Engine, type LoadableVersion } from '@resmask/engine';
import { CallErrors } from '@resmask/service-kit';
import { toServedModel } from './model.messages.js';
import { DEFAULT_NAMESPACE } from './model-choice.js';
import { PinnedModels } from './pinned-models.js';
import { ServingModels, splitKey } from './serving-models.js';

/** What is loaded on this server, and what is kept loaded. */
@Injectable()
export class ServedModelService {
  constructor(
    readonly engine: Engine,
    readonly models: ServingModels,
    readonly pins: PinnedModels,
    readonly errors: CallErrors,
  ) {}

  /** The versions of a namespace that are loaded, being loaded, or failed to be. An ensemble's members stand for it. */
  async list(parent: string): Promise<ServedModel[]> {
    const namespace = parent || DEFAULT_NAMESPACE;
    const references = await this.#references();
    return this.engine.models
      .filter(({ version }) => version.name.startsWith(`${namespace}/`))
      .map((cached) => {
        const keys = references.get(cached.version.digest) ?? [];
        const pinned = keys.some((key) => this.pins.has(key));
        return toServedModel(
          cached,
          keys.map((key) => splitKey(key).reference),
          pinned,
          this.errors,
        );
      });
  }

  /** @throws DomainError as loading says it. */
  async load({ parent, model }: LoadModelRequest): Promise<ServedModel | undefined> {
    const name = await this.pins.pin(parent, model);
    const served = await this.list(parent);
    return served.find(({ version, references }) => version === name || references.includes(model));
  }

  unload({ parent, model }: UnloadModelRequest): void {
    this.pins.unpin(parent, model);
  }

  /** Keys by the digests of the versions they lead to, an ensemble's members included: versions of one digest share what is loaded. */
  async #references(): Promise<Map<string, string[]>> {
    const byVersion = new Map<string, string[]>();
    for (const references of [this.models.classifiers, this.models.detectors]) {
      for (const [key, { version, aside }] of await references.loaded()) {
        for (const digest of [version, ...aside].flatMap(digestsOf))
          byVersion.set(digest, [...(byVersion.get(digest) ?? []), key]);
      }
    }
    return byVersion;
  }
}

function digestsOf(version: LoadableVersion): string[] {
  return [version.digest, ...(version.members ?? []).map((member) => member.version.digest)];
}
