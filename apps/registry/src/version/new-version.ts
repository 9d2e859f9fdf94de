import type { ModelFile, ModelVersion } from '@resmask/contracts/registry.v1';
import { invalidField } from '@resmask/errors';
import type { ModelSpec } from '@resmask/model-spec';
import { formatVersionName, type ModelName, parseVersionName, type VersionName } from '@resmask/resource-names';
import { specFromMessages } from '@resmask/spec-messages';
import { checkText } from '../change/check-text.js';
import { checkSha256 } from '../upload/check-sha256.js';
import { readLineage, readTags, type Tags, type VersionLineage } from './version-facts.js';

export interface NewFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface NewMember {
  readonly version: VersionName;
  readonly weight: number;
}

/** What is told of a version whatever it is made of. */
export interface NewFacts {
  readonly model: ModelName;
  readonly description: string;
  readonly licence: string;
  readonly lineage: VersionLineage;
  readonly modelCard: string;
  readonly tags: Tags;
}

/** A graph with its files, the graph's first. */
export interface NewSingle extends NewFacts {
  readonly kind: 'single';
  readonly spec: ModelSpec;
  readonly files: readonly NewFile[];
}

export interface NewEnsemble extends NewFacts {
  readonly kind: 'ensemble';
  readonly architecture: string;
  readonly members: readonly NewMember[];
}

export type NewVersion = NewSingle | NewEnsemble;

const PATH = /^[\w.-]+(\/[\w.-]+)*$/;
const MAX_PATH = 255;
const MAX_LICENCE = 63;
const MAX_CARD = 65_536;
const MAX_FILES = 16;
const MIN_MEMBERS = 2;
const MAX_MEMBERS = 64;

/** @throws DomainError FIELD_INVALID, RESOURCE_NAME_INVALID or SPEC_INVALID; `field` names the version in the request. */
export function readNewVersion(model: ModelName, version: ModelVersion, maxBytes: number, field: string): NewVersion {
  const facts = {
    model,
    description: checkText(version.description, `${field}.description`),
    licence: checkText(version.licence, `${field}.licence`, MAX_LICENCE),
    lineage: readLineage(version.lineage, `${field}.lineage`),
    modelCard: checkText(version.modelCard, `${field}.model_card`, MAX_CARD),
    tags: readTags(version.tags, `${field}.tags`),
  };
  if (version.members.length === 0) {
    const files = readFiles(version.files, maxBytes, `${field}.files`);
    return { ...facts, kind: 'single', spec: specFromMessages(version), files };
  }
  if (version.files.length > 0 || version.inputSpec || version.outputSpec) {
    throw invalidField(`${field}.members`, 'an ensemble has no files and no specifications of its own; leave them out');
  }
  const architecture = checkText(version.architecture, `${field}.architecture`, MAX_LICENCE);
  return { ...facts, kind: 'ensemble', architecture, members: readMembers(model, version, `${field}.members`) };
}

function readFiles(files: readonly ModelFile[], maxBytes: number, field: string): NewFile[] {
  if (files.length < 1 || files.length > MAX_FILES) {
    const what = 'the ONNX graph first, then the files with its weights';
    throw invalidField(field, `there are ${files.length}; allowed are 1 to ${MAX_FILES}: ${what}`);
  }
  const read = files.map((file, i) => readFile(file, maxBytes, `${field}[${i}]`));
  const paths = new Set(read.map(({ path }) => path));
  if (paths.size < read.length) throw invalidField(field, 'two files have one path; paths must be unique in a version');
  return read;
}

function readFile({ path, sizeBytes, sha256 }: ModelFile, maxBytes: number, field: string): NewFile {
  if (!PATH.test(path) || path.length > MAX_PATH || path.split('/').some((part) => part === '.' || part === '..')) {
    const allowed = 'a relative path of letters, digits, "_", "-", "." and "/" is needed';
    throw invalidField(`${field}.path`, `got "${path.slice(0, MAX_PATH)}"; ${allowed}`);
  }
  if (sizeBytes < 1 || sizeBytes > maxBytes) {
    throw invalidField(`${field}.size_bytes`, `got ${sizeBytes}; allowed are 1 to ${maxBytes}`, 'ARTIFACT_TOO_LARGE');
  }
  return { path, sizeBytes, sha256: checkSha256(sha256, `${field}.sha256`) };
}

function readMembers({ namespace }: ModelName, { members }: ModelVersion, field: string): NewMember[] {
  if (members.length < MIN_MEMBERS || members.length > MAX_MEMBERS) {
    throw invalidField(field, `there are ${members.length}; allowed are ${MIN_MEMBERS} to ${MAX_MEMBERS}`);
  }
  const read = members.map(({ version, weight }, i) => {
    const name = parseVersionName(version, `${field}[${i}].version`);
    if (name.namespace !== namespace)
      throw invalidField(`${field}[${i}].version`, `got ${version}; a version of namespace "${namespace}" is needed`);
    if (!(weight >= 0 && Number.isFinite(weight)))
      throw invalidField(`${field}[${i}].weight`, `got ${weight}; a number above 0 is needed, or 0 for 1`);
    return { version: name, weight: weight === 0 ? 1 : weight };
  });
  const names = new Set(read.map(({ version }) => formatVersionName(version)));
  if (names.size < read.length)
    throw invalidField(field, 'a version is a member twice; give it a larger weight instead');
  return read;
}
