import { DomainError } from '@resmask/errors';
import type { InputSpec } from '@resmask/model-spec';
import type { LoadableVersion } from '../loadable-version.js';
import type { Classified } from './classify-order.js';
import { fuseProbabilities } from './fuse-probabilities.js';
import type { ModelSessions } from './model-sessions.js';

/** What to do when a member of an ensemble cannot be loaded or fails: fail too, or take the mean of the others. */
export type MissingMemberPolicy = 'fail' | 'skip';

/** A member that is loaded, and its weight in the mean. */
export interface ClassifierMember {
  readonly sessions: ModelSessions;
  readonly weight: number;
}

/** A loaded version that classifies: one network, or an ensemble whose members run side by side. */
export class Classifier {
  /** The different inputs the members want. */
  readonly inputs: readonly InputSpec[];
  readonly #inputOf: readonly number[];

  constructor(
    readonly version: LoadableVersion,
    readonly members: readonly ClassifierMember[],
    readonly missing: MissingMemberPolicy,
  ) {
    const specs = new Map<string, InputSpec>();
    for (const { sessions } of members) specs.set(inputKey(sessions), sessions.version.spec.input);
    const keys = [...specs.keys()];
    this.inputs = [...specs.values()];
    this.#inputOf = members.map(({ sessions }) => keys.indexOf(inputKey(sessions)));
  }

  /** The sessions of a version that is no ensemble. */
  get single(): ModelSessions | undefined {
    // Equal digests share sessions, whatever name the version has that they were opened for.
    return this.members.length === 1 && this.members[0].sessions.version.digest === this.version.digest
      ? this.members[0].sessions
      : undefined;
  }

  /** Whether more images can be on their way without making newer frames wait. */
  get hasRoom(): boolean {
    return this.members.every(({ sessions }) => sessions.hasRoom);
  }

  /**
   * Probabilities of prepared images.
   * @param inputs for each of `inputs`, all images one after the other
   * @throws what a member's run throws, unless the policy skips it and another member answers.
   */
  async classify(inputs: readonly Uint8Array[], count: number, signal: AbortSignal): Promise<Classified> {
    const answers = await this.#each((sessions, i) => {
      const shared = inputs[this.#inputOf[i]];
      // Each member's thread takes its bytes along, so all but the last with the same input get a copy.
      const last = this.#inputOf.lastIndexOf(this.#inputOf[i]) === i;
      return sessions.classify(last ? shared : shared.slice(), count, signal);
    });
    const slowest = answers.reduce(
      (worst, { answer }) => (answer.inferMs > worst.inferMs ? answer : worst),
      answers[0].answer,
    );
    return { ...slowest, rows: this.#fuse(answers.map(({ answer: { rows }, weight }) => ({ rows, weight }))) };
  }

  /** Probabilities of whole grey images, one row after the other. */
  async samples(images: Uint8Array, width: number, height: number): Promise<Float32Array> {
    const answers = await this.#each((sessions) => sessions.samples(images, width, height));
    return this.#fuse(answers.map(({ answer, weight }) => ({ rows: answer, weight })));
  }

  #fuse(answers: readonly { rows: Float32Array; weight: number }[]): Float32Array {
    return answers.length === 1 ? answers[0].rows : fuseProbabilities(answers);
  }

  async #each<Answer>(
    run: (sessions: ModelSessions, index: number) => Promise<Answer>,
  ): Promise<{ answer: Answer; weight: number }[]> {
    const settled = await Promise.allSettled(this.members.map(({ sessions }, i) => run(sessions, i)));
    const answers = settled.flatMap((result, i) =>
      result.status === 'fulfilled' ? [{ answer: result.value, weight: this.members[i].weight }] : [],
    );
    const failure = settled.find((result) => result.status === 'rejected');
    if (failure && (this.missing === 'fail' || answers.length === 0)) throw failure.reason;
    if (answers.length === 0) throw new DomainError('MODEL_UNLOADABLE', `${this.version.name} has no members`);
    return answers;
  }
}

function inputKey({ version }: ModelSessions): string {
  // What is prepared depends on everything but the tensor's own numbers, which the session's input stage makes.
  const { source, height, width, resize, cropMargin } = version.spec.input;
  return JSON.stringify([source, height, width, resize, cropMargin]);
}
