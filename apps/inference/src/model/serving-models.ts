import { Injectable } from '@nestjs/common';
import { Engine, type Lease, type LoadableVersion, VersionSource } from '@resmask/engine';
import { DomainError } from '@resmask/errors';
import type { ExpressionOutput, Task } from '@resmask/model-spec';

export const DEFAULT_NAMESPACE = 'namespaces/default';

/** The references of calls that name no model. */
export class DefaultModels {
  constructor(
    readonly classifier: string,
    readonly detector: string,
  ) {}
}

/** References as a client sends them: empty means the service's default. */
export interface ModelChoice {
  readonly parent: string;
  readonly model: string;
  readonly detector: string;
}

/** A classifier and, unless there is none, a detector, loaded until released. */
export interface ServedModels {
  readonly classifier: LoadableVersion;
  readonly detector: LoadableVersion | undefined;
  readonly labels: readonly string[];
  release(): void;
}

/** Resolves, fetches and loads the models of a call. */
@Injectable()
export class ServingModels {
  constructor(
    readonly source: VersionSource,
    readonly engine: Engine,
    readonly defaults: DefaultModels,
  ) {}

  /** @throws DomainError as registry and engine say it, or TASK_MISMATCH for a detector that classifies and vice versa. */
  async acquire({ parent, model, detector }: ModelChoice): Promise<ServedModels> {
    const namespace = parent || DEFAULT_NAMESPACE;
    const classifier = await this.#lease(namespace, model || this.defaults.classifier, 'expression');
    try {
      const finder = await this.#detector(namespace, detector);
      const { labels } = classifier.version.spec.output as ExpressionOutput;
      return {
        classifier: classifier.version,
        detector: finder?.version,
        labels,
        release: () => {
          classifier.release();
          finder?.release();
        },
      };
    } catch (error) {
      classifier.release();
      throw error;
    }
  }

  /** The default detector may be absent: a client that says where the faces are needs none. */
  async #detector(namespace: string, reference: string): Promise<Lease | undefined> {
    if (reference !== '') return this.#lease(namespace, reference, 'face');
    try {
      return await this.#lease(namespace, this.defaults.detector, 'face');
    } catch (error) {
      if (error instanceof DomainError && error.code === 'NOT_FOUND') return undefined;
      throw error;
    }
  }

  async #lease(namespace: string, reference: string, task: Task): Promise<Lease> {
    const version = await this.source.resolve(namespace, reference);
    const actual = version.spec.output.task;
    if (actual !== task) {
      throw new DomainError(
        'TASK_MISMATCH',
        `${version.name} is for task "${actual}"; one for "${task}" is needed here`,
      );
    }
    await this.source.fetch(version);
    return this.engine.acquire(version);
  }
}
