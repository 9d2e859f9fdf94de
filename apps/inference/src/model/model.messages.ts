import { type ServedModel, ServedModel_State } from '@resmask/contracts/inference.v1';
import type { CachedModel, LoadState } from '@resmask/engine';
import type { CallErrors } from '@resmask/service-kit';

const STATES: Readonly<Record<LoadState, ServedModel_State>> = {
  loading: ServedModel_State.STATE_LOADING,
  ready: ServedModel_State.STATE_READY,
  failed: ServedModel_State.STATE_FAILED,
};

/** @param references that lead to the version now @param pinned those of them that are kept */
export function toServedModel(
  { version, state, plan, maxBatch, uses, error }: CachedModel,
  references: readonly string[],
  pinned: boolean,
  errors: CallErrors,
): ServedModel {
  return {
    version: version.name,
    references: references.toSorted(),
    state: STATES[state],
    digest: version.digest,
    memoryBytes: plan.memoryBytes,
    sessions: plan.sessions,
    maxBatchSize: maxBatch,
    uses,
    pinned,
    error: error === undefined ? undefined : errors.toStatus(error),
  };
}
