import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkpointWeights, findArchitecture, namedWeights, type WeightSource } from '@resmask/architectures';
import { float32Tensors, readCheckpoint, readTfjsWeights } from '@resmask/checkpoints';
import { DomainError } from '@resmask/errors';

/** Weights that come with the project, by network. */
const SHIPPED: Readonly<Record<string, () => Promise<WeightSource>>> = {
  'resmasking-compact': async () =>
    readWeightFile(
      'resmasking-compact',
      fileURLToPath(new URL('../../../../models/resmasking-compact.safetensors', import.meta.url)),
    ),
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

/** The weights of any checkpoint, for a network. @throws DomainError FILE_UNREADABLE, WEIGHTS_INVALID, CHECKPOINT_… */
export async function readWeightFile(network: string, path: string): Promise<WeightSource> {
  const { tensors } = await readCheckpoint(await readInput(path));
  return checkpointWeights(findArchitecture(network), float32Tensors(tensors));
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
