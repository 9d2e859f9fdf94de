import { createHash } from 'node:crypto';
import type { UploadModelVersionStart } from '@resmask/contracts/registry.v1alpha1';
import { invalidField } from '@resmask/errors';
import type { ModelSpec } from '@resmask/model-spec';
import { type ModelName, parseModelName } from '@resmask/resource-names';
import { specFromMessages } from '@resmask/spec-messages';
import { checkDescription } from '../model/model.service.js';

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
}

const SHA256 = /^[0-9a-f]{64}$/;
const PATH = /^[\w.-]+(\/[\w.-]+)*$/;
const MAX_PATH = 255;

/** @throws DomainError FIELD_INVALID, RESOURCE_NAME_INVALID or SPEC_INVALID. */
export function readNewVersion(start: UploadModelVersionStart, maxBytes: number): NewVersion {
  const model = parseModelName(start.parent, 'start.parent');
  if (!start.modelVersion) throw invalidField('start.model_version', 'it is not set');
  const { files, description } = start.modelVersion;
  if (files.length !== 1) {
    throw invalidField(
      'start.model_version.files',
      `there are ${files.length}; exactly one is allowed, the ONNX graph with its weights inside`,
    );
  }
  return {
    model,
    spec: specFromMessages(start.modelVersion),
    description: checkDescription(description, 'start.model_version.description'),
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
