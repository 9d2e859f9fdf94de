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
