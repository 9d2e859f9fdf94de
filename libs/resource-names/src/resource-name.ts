import { DomainError } from '@resmask/errors';

/** Ids of resources: 1 to 63 lower-case letters, digits, `-`, `_` and `.`, starting with a letter or digit. */
const ID = '[a-z0-9][a-z0-9._-]{0,62}';
const ID_PATTERN = new RegExp(`^${ID}$`);
const ALIAS_PATTERN = /^[a-z][a-z0-9-]{0,62}$/;
const UUID_PATTERN = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const NUMBER_PATTERN = /^[1-9][0-9]{0,8}$/;
/** Largest number a name can end with. */
export const MAX_VERSION = 999_999_999;

export interface ModelName {
  readonly namespace: string;
  readonly model: string;
}

export interface VersionName extends ModelName {
  readonly version: number;
}

export interface AliasName extends ModelName {
  readonly alias: string;
}

export interface UploadName {
  readonly namespace: string;
  /** A UUID. */
  readonly upload: string;
}

export interface DatasetName {
  readonly namespace: string;
  readonly dataset: string;
}

export interface RunName {
  readonly namespace: string;
  readonly run: number;
}

export function formatNamespace(namespace: string): string {
  return `namespaces/${namespace}`;
}

export function formatModelName({ namespace, model }: ModelName): string {
  return `namespaces/${namespace}/models/${model}`;
}

export function formatVersionName({ version, ...model }: VersionName): string {
  return `${formatModelName(model)}/versions/${version}`;
}

export function formatAliasName({ alias, ...model }: AliasName): string {
  return `${formatModelName(model)}/aliases/${alias}`;
}

export function formatUploadName({ namespace, upload }: UploadName): string {
  return `namespaces/${namespace}/uploads/${upload}`;
}

export function formatDatasetName({ namespace, dataset }: DatasetName): string {
  return `namespaces/${namespace}/datasets/${dataset}`;
}

export function formatRunName({ namespace, run }: RunName): string {
  return `namespaces/${namespace}/runs/${run}`;
}

/** @throws DomainError RESOURCE_NAME_INVALID, as all parsers here do. `field` names the request's field in the error. */
export function parseNamespace(name: string, field = 'parent'): string {
  const [namespace] = parts(name, ['namespaces'], field, 'namespaces/{namespace}');
  return namespace;
}

export function parseModelName(name: string, field = 'name'): ModelName {
  const [namespace, model] = parts(name, ['namespaces', 'models'], field, 'namespaces/{namespace}/models/{model}');
  return { namespace, model };
}

export function parseVersionName(name: string, field = 'name'): VersionName {
  const pattern = 'namespaces/{namespace}/models/{model}/versions/{version}';
  const [namespace, model, version] = parts(name, ['namespaces', 'models', 'versions'], field, pattern);
  return { namespace, model, version: parseNumber(version, name, field, pattern) };
}

export function parseAliasName(name: string, field = 'name'): AliasName {
  const pattern = 'namespaces/{namespace}/models/{model}/aliases/{alias}';
  const [namespace, model, alias] = parts(name, ['namespaces', 'models', 'aliases'], field, pattern);
  return { namespace, model, alias: parseAliasId(alias, field) };
}

export function parseUploadName(name: string, field = 'name'): UploadName {
  const pattern = 'namespaces/{namespace}/uploads/{upload}';
  const [namespace, upload] = parts(name, ['namespaces', 'uploads'], field, pattern);
  if (!UUID_PATTERN.test(upload)) throw invalidName(field, `got "${name}"; the last part of ${pattern} is a UUID`);
  return { namespace, upload };
}

export function parseDatasetName(name: string, field = 'name'): DatasetName {
  const [namespace, dataset] = parts(
    name,
    ['namespaces', 'datasets'],
    field,
    'namespaces/{namespace}/datasets/{dataset}',
  );
  return { namespace, dataset };
}

export function parseRunName(name: string, field = 'name'): RunName {
  const pattern = 'namespaces/{namespace}/runs/{run}';
  const [namespace, run] = parts(name, ['namespaces', 'runs'], field, pattern);
  return { namespace, run: parseNumber(run, name, field, pattern) };
}

export function parseResourceId(id: string, field: string): string {
  if (!ID_PATTERN.test(id)) {
    throw invalidName(
      field,
      `got "${id}"; allowed are 1 to 63 lower-case letters, digits, "-", "_" and ".", starting with a letter or digit`,
    );
  }
  return id;
}

/** Aliases are never numbers and never `latest`, so that a reference means one thing. */
export function parseAliasId(alias: string, field: string): string {
  if (!ALIAS_PATTERN.test(alias) || alias === 'latest') {
    throw invalidName(
      field,
      `got the alias "${alias}"; allowed are 1 to 63 lower-case letters, digits and "-", starting with a letter, except "latest"`,
    );
  }
  return alias;
}

function parts(name: string, collections: readonly string[], field: string, pattern: string): string[] {
  const words = name.split('/');
  const fits =
    words.length === collections.length * 2 &&
    collections.every((collection, i) => words[i * 2] === collection && ID_PATTERN.test(words[i * 2 + 1]));
  if (!fits) throw invalidName(field, `got "${name}"; the form is ${pattern}`);
  return collections.map((_, i) => words[i * 2 + 1]);
}

function parseNumber(text: string, name: string, field: string, pattern: string): number {
  if (!NUMBER_PATTERN.test(text))
    throw invalidName(field, `got "${name}"; the last part of ${pattern} is a number from 1`);
  return Number(text);
}

function invalidName(field: string, description: string): DomainError {
  return new DomainError('RESOURCE_NAME_INVALID', `${field}: ${description}`, { violations: [{ field, description }] });
}
