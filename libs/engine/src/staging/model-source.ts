import type { GraphFacts } from './graph-facts.js';

/** What a session is opened of. */
export interface ModelSource {
  /** An ONNX file's bytes, or its path. */
  readonly model: Uint8Array | string;
  /** Whether it was optimised for this machine, so that ONNX Runtime has nothing left to do. */
  readonly optimized: boolean;
  readonly facts: GraphFacts;
}
