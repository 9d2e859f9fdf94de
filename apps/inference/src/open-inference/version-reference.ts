import { invalidField } from '@resmask/errors';
import { formatModelName, formatNamespace, parseModelReference, parseNamespace } from '@resmask/resource-names';
import { DEFAULT_NAMESPACE } from '../model/model-choice.js';

/** A namespace, and `name@alias` or `name/version` in it. */
export interface VersionReference {
  /** `namespaces/{namespace}` */
  readonly parent: string;
  readonly reference: string;
  /** Resource name of the model. */
  readonly model: string;
}

const FULL_NAME = /^(namespaces\/[^/]*)\/models\/([^/]*)$/;
const NUMBER = /^[1-9][0-9]{0,8}$/;

/**
 * What a request of the Open Inference Protocol names.
 * @param name `{model}` or `namespaces/{namespace}/models/{model}`, either with `@{alias}` behind it
 * @param version a version's number; empty for the alias, which is `production` unless it is named
 * @param repository namespace of a name without one; empty means the default namespace
 * @throws DomainError FIELD_INVALID, RESOURCE_NAME_INVALID or MODEL_REFERENCE_INVALID.
 */
export function toVersionReference(name: string, version: string, repository = ''): VersionReference {
  const [, parent, model] = FULL_NAME.exec(name) ?? [undefined, repository || DEFAULT_NAMESPACE, name];
  const namespace = parseNamespace(parent, repository && parent === repository ? 'repository_name' : 'model_name');
  if (version !== '' && !NUMBER.test(version)) {
    throw invalidField('model_version', `got "${version}"; allowed are a version's number, or nothing for its alias`);
  }
  if (version !== '' && model.includes('@')) {
    throw invalidField('model_version', `got "${version}" for "${name}"; name an alias or a version, not both`);
  }
  const reference = version === '' ? model : `${model}/${version}`;
  const parsed = parseModelReference(reference, 'model_name');
  if (version === '' && 'version' in parsed) {
    throw invalidField('model_name', `got "${name}"; put the version's number into the request's version`);
  }
  return { parent: formatNamespace(namespace), reference, model: formatModelName({ namespace, model: parsed.model }) };
}

/** The resource a request's caller needs a role for, by what it names; nothing is checked here. */
export function namedResource(name: string, repository = ''): string {
  return name.startsWith('namespaces/') ? name : repository || DEFAULT_NAMESPACE;
}

/** A model's name as clients use it: without its namespace where that is the default one. */
export function shortModelName(model: string): string {
  const prefix = `${DEFAULT_NAMESPACE}/models/`;
  return model.startsWith(prefix) ? model.slice(prefix.length) : model;
}
