import type { SessionTensor } from './session-tensor.js';

export interface SessionRun {
  readonly feeds: Readonly<Record<string, SessionTensor>>;
  readonly outputs: readonly string[];
}

/** What a session's thread is asked: to open it, which is asked again of a thread that takes a lost one's place, or to run it. */
export type SessionRequest = { readonly kind: 'open' } | ({ readonly kind: 'run' } & SessionRun);

export interface SessionResponse {
  readonly tensors: readonly SessionTensor[];
  /** What the run itself took. */
  readonly milliseconds: number;
}
