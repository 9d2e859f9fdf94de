import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { namedWeights, type WeightSource } from '@resmask/architectures';
import { readSafetensors, readTfjsWeights } from '@resmask/checkpoints';
import { DomainError } from '@resmask/errors';

/** Weights that come with the project, by network. */
const SHIPPED: Readonly<Record<string, () => Promise<WeightSource>>> = {
  'resmasking-compact': async () =>
    readWeightFile(fileURLToPath(new URL('../../../../models/resmasking-compact.safetensors', import.meta.url))),
  'tiny-face-detector': readFaceApiWeights,
};

export const SHIPPED_NETWORKS = Object.keys(SHIPPED);

/** @throws DomainError WEIGHTS_INVALID if the project ships no weights of that network. */
export async function shippedWeights(network: string): Promise<WeightSource> {
  const load = SHIPPED[network];
  if (!load)
    throw new DomainError('WEIGHTS_INVALID', `no weights of "${network}" are shipped; give --weights FILE or --seed N`);
  return load();
}

/** The weights of a safetensors file. @throws DomainError FILE_UNREADABLE or WEIGHTS_INVALID. */
export async function readWeightFile(path: string): Promise<WeightSource> {
  return namedWeights(readSafetensors(await readInput(path)));
}

/** A file's bytes. @throws DomainError FILE_UNREADABLE that names it. */
export async function readInput(path: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new DomainError(
      'FILE_UNREADABLE',
      `${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`,
      { cause },
    );
  }
}

/** TinyFaceDetector as the npm package @vladmandic/face-api ships it. */
async function readFaceApiWeights(): Promise<WeightSource> {
  const folder = new URL('model/', import.meta.resolve('@vladmandic/face-api/package.json'));
  const manifest = await readFile(new URL('tiny_face_detector_model-weights_manifest.json', folder), 'utf8');
  const bytes = await readFile(new URL('tiny_face_detector_model.bin', folder));
  return namedWeights(readTfjsWeights(JSON.parse(manifest), bytes));
}
