import { createHash } from 'node:crypto';
import type { UploadModelVersionStart } from '@resmask/contracts/registry.v1alpha1';
import { invalidField } from '@resmask/errors';
import type { ModelSpec } from '@resmask/model-spec';
import { type ModelName, parseModelName } from '@resmask/resource-names';
import { specFromMessages } from '@resmask/spec-messages';
import { checkText } from '../model/model.service.js';
import { readLineage, readTags, type Tags, type VersionLineage } from './version-facts.js';

export interface NewFile {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** What an upload announced, checked. */
export interface NewVersion {
  readonly model: ModelName;
  readonly spec: ModelSpec;
  readonly description: string;
  readonly file: NewFile;
  readonly licence: string;
  readonly lineage: VersionLineage;
  readonly modelCard: string;
  readonly tags: Tags;
}

const SHA256 = /^[0-9a-f]{64}$/;
const PATH = /^[\w.-]+(\/[\w.-]+)*$/;
const MAX_PATH = 255;
const MAX_LICENCE = 63;
const MAX_CARD = 65_536;

/** @throws DomainError FIELD_INVALID, RESOURCE_NAME_INVALID or SPEC_INVALID. */
export function readNewVersion(start: UploadModelVersionStart, maxBytes: number): NewVersion {
  const model = parseModelName(start.parent, 'start.parent');
  if (!start.modelVersion) throw invalidField('start.model_version', 'it is not set');
  const { files, description, licence, lineage, modelCard, tags } = start.modelVersion;
  if (files.length !== 1) {
    throw invalidField(
      'start.model_version.files',
      `there are ${files.length}; exactly one is allowed, the ONNX graph with its weights inside`,
    );
  }
  return {
    model,
    spec: specFromMessages(start.modelVersion),
    description: checkText(description, 'start.model_version.description'),
    licence: checkText(licence, 'start.model_version.licence', MAX_LICENCE),
    lineage: readLineage(lineage, 'start.model_version.lineage'),
    modelCard: checkText(modelCard, 'start.model_version.model_card', MAX_CARD),
    tags: readTags(tags, 'start.model_version.tags'),
    file: checkFile(files[0], maxBytes),
  };
}

/** Equal digests compute the same: what is run, how it is fed, how it is read. */
export function versionDigest({ spec, file }: NewVersion): Buffer {
  const { path, sizeBytes, sha256 } = file;
  const content = { files: [{ path, sizeBytes, sha256 }], input: spec.input, output: spec.output };
  return createHash('sha256').update(JSON.stringify(content)).digest();
}

function checkFile({ path, sizeBytes, sha256 }: NewFile, maxBytes: number): NewFile {
  const field = 'start.model_version.files[0]';
  if (!PATH.test(path) || path.length > MAX_PATH || path.split('/').some((part) => part === '.' || part === '..')) {
    throw invalidField(
      `${field}.path`,
      `got "${path}"; a relative path of letters, digits, "_", "-", "." and "/" is needed`,
    );
  }
  if (sizeBytes < 1 || sizeBytes > maxBytes) {
    throw invalidField(`${field}.size_bytes`, `got ${sizeBytes}; allowed are 1 to ${maxBytes}`, 'ARTIFACT_TOO_LARGE');
  }
  if (!SHA256.test(sha256))
    throw invalidField(`${field}.sha256`, `got "${sha256}"; 64 lower-case hexadecimal digits are needed`);
  return { path, sizeBytes, sha256 };
}
