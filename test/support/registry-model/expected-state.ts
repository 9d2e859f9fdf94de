/** What the registry should hold: plain data, so that a change can be tried on a copy. */
export interface ExpectedState {
  readonly models: Record<string, ExpectedModel>;
  readonly events: ExpectedEvent[];
}

export interface ExpectedModel {
  description: string;
  labels: Readonly<Record<string, string>>;
  deleted: boolean;
  revision: number;
  readonly versions: ExpectedVersion[];
  readonly aliases: Record<string, ExpectedAlias>;
  /** Oldest first, also of aliases that are gone. */
  readonly moves: Record<string, ExpectedMove[]>;
}

export interface ExpectedVersion {
  description: string;
  /** The value of its only tag, if it has one. */
  stage: string | undefined;
  state: 'ready' | 'archived' | 'deleted';
  revision: number;
}

/** What an alias means. */
export interface ExpectedMeaning {
  version: number;
  canary?: { readonly version: number; readonly percent: number };
  shadow?: number;
}

export interface ExpectedAlias extends ExpectedMeaning {
  revision: number;
  /** Versions to go back to, the nearest last. */
  readonly before: number[];
}

export interface ExpectedMove {
  readonly kind: 'set' | 'rollback' | 'delete' | 'traffic';
  readonly from: ExpectedMeaning | undefined;
  readonly to: ExpectedMeaning | undefined;
  readonly reason: string;
}

export interface ExpectedEvent {
  readonly method: string;
  /** Below the namespace. */
  readonly resource: string;
  readonly reason: string;
  readonly requestId: string;
  readonly before: unknown;
  readonly after: unknown;
}

/** The reason for which a call must be refused. */
export class Refusal extends Error {
  constructor(readonly reason: string) {
    super(reason);
  }
}

/** What a change tells of itself. */
export type Told = Omit<ExpectedEvent, 'method' | 'requestId'>;

export function liveModel(state: ExpectedState, id: string): ExpectedModel {
  const model = anyModel(state, id);
  if (model.deleted) throw new Refusal('MODEL_DELETED');
  return model;
}

export function anyModel(state: ExpectedState, id: string): ExpectedModel {
  const model = state.models[id];
  if (!model) throw new Refusal('MODEL_NOT_FOUND');
  return model;
}

export function versionOf(model: ExpectedModel, number: number): ExpectedVersion {
  const version = model.versions[number - 1];
  if (!version) throw new Refusal('VERSION_NOT_FOUND');
  return version;
}

/** An etag that is set must be the current one. */
export function expectEtag(etag: string, { revision }: { readonly revision: number }): void {
  if (etag !== '' && etag !== String(revision)) throw new Refusal('ETAG_MISMATCH');
}
