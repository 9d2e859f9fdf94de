import type { LoadableVersion } from '@resmask/engine';
import type { NativeRun, NativeTask } from '@resmask/engine/native';
import type { Provider, TensorSignature } from '@resmask/runtime';
import type { VersionReference } from './version-reference.js';

/** A version that is loaded, as its clients see it. */
export interface NativeModelDescription {
  readonly version: LoadableVersion;
  /** Resource name of the model. */
  readonly model: string;
  /** The version's number. */
  readonly number: string;
  readonly inputs: readonly TensorSignature[];
  readonly outputs: readonly TensorSignature[];
  /** Labels of an output's elements in order, by the output's name. */
  readonly labels: Readonly<Record<string, readonly string[]>>;
  readonly provider: Provider;
  /** Sessions that compute side by side. */
  readonly sessions: number;
}

/** A model of a namespace, or a version of it that is loaded. */
export interface NativeModelState {
  /** Resource name of the model. */
  readonly model: string;
  /** Number of the loaded version; undefined where none is. */
  readonly number: string | undefined;
}

/** Registered models by their own tensors. Every method throws DomainError as registry and engine say it. */
export abstract class NativeModels {
  /** Resolves, fetches and loads what a reference means now. */
  abstract describe(reference: VersionReference): Promise<NativeModelDescription>;

  /** Numbers of the versions a model has, newest first. */
  abstract versions(model: string): Promise<string[]>;

  /**
   * Runs a version that was described; it is loaded again if it has been unloaded meanwhile.
   * @param signal takes the request out of the queue
   */
  abstract infer(model: NativeModelDescription, task: NativeTask, signal: AbortSignal): Promise<NativeRun>;

  /** Every model of a namespace, one entry for each loaded version. */
  abstract index(parent: string): Promise<NativeModelState[]>;

  /** Gives back the memory of every version of a model, when no request uses it any more. @param model resource name */
  abstract unload(model: string): Promise<void>;
}
