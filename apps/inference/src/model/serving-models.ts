import { Inject, Injectable } from '@nestjs/common';
import { type Classifier, Engine, type LoadableVersion, type ModelSessions, VersionSource } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import type { ExpressionOutput } from '@resmask/model-spec';
import { ServiceLog } from '@resmask/service-kit';
import { DEFAULT_NAMESPACE, DefaultModels, type ModelChoice } from './model-choice.js';
import { WATCH_REFERENCE, type WatchReference } from './reference-watch.js';
import type { ServedReferenceOptions } from './served-reference.js';
import { type Hold, ServedReferences } from './served-references.js';
import type { LoadedVersion, VersionUse } from './version-slot.js';

/** A classifier and, unless there is none, a detector, served and followed until released. */
export interface ServedModels {
  /** The classifier of this moment. */
  readonly classifier: LoadableVersion;
  readonly detector: LoadableVersion | undefined;
  readonly labels: readonly string[];
  /** Whether the draw fell on the alias's canary version. */
  readonly canary: boolean;
  /** Keeps the versions of this moment for one frame. */
  use(): ModelsUse;
  /** Whether the classifier's alias has a shadow that is loaded. */
  readonly hasShadow: boolean;
  /** Keeps the classifier's shadow for one frame, if its alias has one. */
  useShadow(): ShadowUse | undefined;
  release(): void;
}

/** What one frame runs on. */
export interface ModelsUse {
  readonly classifier: Classifier;
  readonly detector: ModelSessions | undefined;
  readonly labels: readonly string[];
  release(): void;
}

/** A version that is shown a frame after it was answered. */
export interface ShadowUse {
  readonly classifier: Classifier;
  readonly labels: readonly string[];
  release(): void;
}

/** Resolves, fetches, loads and follows the models of calls. */
@Injectable()
export class ServingModels {
  readonly classifiers: ServedReferences<Classifier>;
  readonly detectors: ServedReferences<ModelSessions>;

  constructor(
    readonly source: VersionSource,
    readonly engine: Engine,
    readonly defaults: DefaultModels,
    readonly log: ServiceLog,
    @Inject(WATCH_REFERENCE) watch: WatchReference,
  ) {
    const { logger } = log;
    this.classifiers = new ServedReferences(
      (key) => this.#options(key, (version) => this.#loadClassifier(version)),
      logger,
      watch,
    );
    this.detectors = new ServedReferences(
      (key) => this.#options(key, (version) => this.#loadDetector(version)),
      logger,
      watch,
    );
  }

  /** @throws DomainError as registry and engine say it, or TASK_MISMATCH for a detector that classifies and vice versa. */
  async acquire({ parent, model, detector }: ModelChoice): Promise<ServedModels> {
    const namespace = parent || DEFAULT_NAMESPACE;
    const classifier = await this.classifiers.hold(keyOf(namespace, model || this.defaults.classifier));
    try {
      return served(classifier, await this.#detector(namespace, detector));
    } catch (error) {
      classifier.release();
      throw error;
    }
  }

  /** Looks whether references mean something else by now. */
  async refresh(wanted: (key: string) => boolean): Promise<void> {
    await Promise.all([this.classifiers.refresh(wanted), this.detectors.refresh(wanted)]);
  }

  /** Namespaces that references are served of. */
  get namespaces(): ReadonlySet<string> {
    return new Set([...this.classifiers.keys, ...this.detectors.keys].map((key) => splitKey(key).namespace));
  }

  /** The default detector may be absent: a client that says where the faces are needs none. */
  async #detector(namespace: string, reference: string): Promise<Hold<ModelSessions> | undefined> {
    if (reference !== '') return this.detectors.hold(keyOf(namespace, reference));
    try {
      return await this.detectors.hold(keyOf(namespace, this.defaults.detector));
    } catch (error) {
      if (error instanceof DomainError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async #loadClassifier(version: LoadableVersion): Promise<LoadedVersion<Classifier>> {
    const { classifier, missing, release } = await this.engine.acquire(version);
    if (missing.length > 0)
      this.log.logger.warn({ version: version.name, missing }, 'an ensemble serves without members');
    return { version, model: classifier, release };
  }

  async #loadDetector(version: LoadableVersion): Promise<LoadedVersion<ModelSessions>> {
    const { sessions, release } = await this.engine.acquireDetector(version);
    return { version, model: sessions, release };
  }

  #options<Model>(
    key: string,
    load: (version: LoadableVersion) => Promise<LoadedVersion<Model>>,
  ): ServedReferenceOptions<Model> {
    const { namespace, reference } = splitKey(key);
    return {
      resolve: () => this.source.resolve(namespace, reference),
      load: (version) => this.source.withFiles(version, () => load(version)),
      onRetired: (version) => this.#retire(version),
      onSwitched: (from, to) =>
        this.log.logger.info({ reference: key, from: from.name, to: to.name }, 'model switched'),
      onAsideFailed: (version, error) =>
        this.log.logger.warn({ reference: key, version: version.name, err: error }, 'a canary or shadow is not served'),
    };
  }

  /** A version a promotion has replaced gives its memory back at once; one that is merely unused waits for its next use. */
  #retire(version: LoadableVersion): void {
    for (const { version: single } of [{ version }, ...(version.members ?? [])]) this.engine.evict(single.digest);
  }
}

export function keyOf(namespace: string, reference: string): string {
  return `${namespace}/models/${reference}`;
}

export function splitKey(key: string): { namespace: string; reference: string } {
  const [namespace, reference] = key.split('/models/');
  return { namespace, reference };
}

/** One draw for a stream, so that all of its frames go the same way as long as the alias stays. */
function served(classifier: Hold<Classifier>, detector: Hold<ModelSessions> | undefined): ServedModels {
  const draw = Math.random() * 100;
  const { reference } = classifier;
  return {
    get classifier() {
      return reference.versionOf(draw);
    },
    get detector() {
      return detector?.reference.version;
    },
    get labels() {
      return labelsOf(reference.versionOf(draw));
    },
    get canary() {
      return reference.isCanary(draw);
    },
    get hasShadow() {
      return reference.hasShadow;
    },
    use: () => modelsUse(reference.use(draw), detector?.reference.use()),
    useShadow: () => {
      const use = reference.useShadow();
      return use && { classifier: use.model, labels: labelsOf(use.version), release: use.release };
    },
    release: () => {
      classifier.release();
      detector?.release();
    },
  };
}

function modelsUse(classifier: VersionUse<Classifier>, detector: VersionUse<ModelSessions> | undefined): ModelsUse {
  return {
    classifier: classifier.model,
    detector: detector?.model,
    labels: labelsOf(classifier.version),
    release: () => {
      classifier.release();
      detector?.release();
    },
  };
}

function labelsOf({ spec }: LoadableVersion): readonly string[] {
  return (spec.output as ExpressionOutput).labels;
}
