import { readFile, writeFile } from 'node:fs/promises';
import { DomainError } from '@resmask/errors';
import { type ModelSpec, parseModelSpec } from '@resmask/model-spec';
import { parse, stringify, YAMLParseError } from 'yaml';

/** Where the specification of a model file lies unless one is named: `model.onnx` → `model.spec.yaml`. */
export function specPathOf(modelFile: string): string {
  return modelFile.replace(/\.onnx$/i, '') + '.spec.yaml';
}

/** @throws DomainError FILE_UNREADABLE or SPEC_INVALID. */
export async function readSpecFile(path: string): Promise<ModelSpec> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    const message = `the specification ${path} cannot be read; give one with --spec FILE (docs/model-spec.md says what it holds)`;
    throw new DomainError('FILE_UNREADABLE', message, { cause });
  }
  try {
    return parseModelSpec(parse(text));
  } catch (error) {
    if (!(error instanceof YAMLParseError)) throw error;
    throw new DomainError('SPEC_INVALID', `${path} is no YAML: ${error.message}`, { cause: error });
  }
}

export async function writeSpecFile(path: string, spec: ModelSpec): Promise<void> {
  await writeFile(path, stringify(spec));
}
