import type { StreamHint } from '@resmask/contracts/inference.v1';
import type { ResmaskError } from '../resmask-error.js';

/** How the client carries a stream over lost connections and follows the service's hints; everything has a default. */
export interface StreamControls {
  /** How many times in a row a lost stream is opened again without a single answer, 20 by default; 0 never does. */
  readonly attempts?: number;
  /** Wait before the first of these attempts, in milliseconds, 200 by default; it doubles with each, less up to half by chance. */
  readonly firstDelayMs?: number;
  /** Longest such wait, in milliseconds, 5,000 by default; a service that asks for a longer one gets it. */
  readonly maxDelayMs?: number;
  /** Called before each attempt. */
  readonly onResume?: (error: ResmaskError, attempt: number) => void;
  /** Skip frames of a live stream beyond the rate the service could do well, true by default. */
  readonly followHints?: boolean;
  /** Called when the service wishes for other frames; all 0 takes a wish back. */
  readonly onHint?: (hint: StreamHint) => void;
  /** Ends the stream: frames without an answer stay without one, and nothing is thrown. */
  readonly signal?: AbortSignal;
}
