import { deleteAlias, rollbackAlias, setAlias, updateAlias } from './expected-aliases.js';
import { createModel, deleteModel, undeleteModel, updateModel } from './expected-models.js';
import { type ExpectedState, Refusal, type Told } from './expected-state.js';
import { moveVersion, publish, updateVersion } from './expected-versions.js';
import type { Method, RegistryCall, Requests } from './registry-call.js';

/** What must come of a call. */
export type Outcome =
  | { readonly kind: 'done' | 'validated' }
  | { readonly kind: 'refused'; readonly reason: string }
  /** Answered as the call before, and nothing done. */
  | { readonly kind: 'repeated'; readonly answer: unknown };

const CHANGES: { readonly [M in Method]: (state: ExpectedState, request: Requests[M]) => Told } = {
  CreateModel: createModel,
  UpdateModel: updateModel,
  DeleteModel: deleteModel,
  UndeleteModel: undeleteModel,
  UploadModelVersion: publish,
  UpdateModelVersion: updateVersion,
  ArchiveModelVersion: (state, request) => moveVersion(state, request, ['ready'], 'archived'),
  UnarchiveModelVersion: (state, request) => moveVersion(state, request, ['archived'], 'ready'),
  DeleteModelVersion: (state, request) => moveVersion(state, request, ['ready', 'archived'], 'deleted'),
  UndeleteModelVersion: (state, request) => moveVersion(state, request, ['deleted'], 'ready'),
  SetAlias: setAlias,
  UpdateAlias: updateAlias,
  RollbackAlias: rollbackAlias,
  DeleteAlias: deleteAlias,
};

interface Made {
  readonly call: RegistryCall;
  readonly body: string;
  readonly answer: unknown;
}

/** The registry as it should be: one namespace in memory, without concurrency, databases or files. */
export class ExpectedRegistry {
  state: ExpectedState = { models: {}, events: [] };
  /** Calls with a request id that were done. */
  readonly made: Made[] = [];

  constructor(readonly parent: string) {}

  /** Does what the call does. */
  apply(call: RegistryCall): Outcome {
    const { requestId } = call.request;
    const validateOnly = 'validateOnly' in call.request && call.request.validateOnly;
    const before = validateOnly ? undefined : this.#madeWith(call.method, requestId);
    if (before && before.body !== bodyOf(call)) return { kind: 'refused', reason: 'REQUEST_ID_REUSED' };
    if (before) return { kind: 'repeated', answer: before.answer };
    try {
      const state = structuredCopy(this.state);
      const told = change(state, call.method, call.request);
      if (validateOnly) return { kind: 'validated' };
      state.events.push({ ...told, method: call.method, requestId });
      this.state = state;
      return { kind: 'done' };
    } catch (error) {
      if (error instanceof Refusal) return { kind: 'refused', reason: error.reason };
      throw error;
    }
  }

  /** Keeps what the service answered, for when the call is repeated. */
  answered(call: RegistryCall, answer: unknown): void {
    if (call.request.requestId !== '') this.made.push({ call, body: bodyOf(call), answer });
  }

  #madeWith(method: Method, requestId: string): Made | undefined {
    return this.made.find(({ call }) => call.method === method && call.request.requestId === requestId);
  }
}

function change<M extends Method>(state: ExpectedState, method: M, request: Requests[M]): Told {
  return CHANGES[method](state, request);
}

/** Of what changes; events stay as they are. */
function structuredCopy({ models, events }: ExpectedState): ExpectedState {
  return { models: structuredClone(models), events: [...events] };
}

function bodyOf({ request }: RegistryCall): string {
  return JSON.stringify({ ...request, requestId: '' });
}
