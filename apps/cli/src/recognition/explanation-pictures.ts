import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type Face, InferenceClient } from '@resmask/client';
import type { FaceOptions } from './face-options.js';

/** An image may have at most this many explained regions. */
const MAX_EXPLAINED = 16;

/** Asks why recognised faces have their labels. @returns the same faces, the first sixteen with explanations */
export async function explainFaces(
  inference: InferenceClient,
  parent: string,
  { model }: Pick<FaceOptions, 'model'>,
  image: Parameters<InferenceClient['explain']>[0]['image'],
  faces: readonly Face[],
): Promise<Face[]> {
  const regions = faces.slice(0, MAX_EXPLAINED).flatMap(({ box }) => (box ? [{ area: face(box) }] : []));
  if (regions.length === 0) return [...faces];
  const options = { method: 0, label: '', overlay: true, masks: false };
  const explained = await inference.explain({ parent, model, image, regions, options });
  return faces.map((one, i) => ({ ...one, explanation: explained.faces[i]?.explanation }));
}

/** Writes the crop of each explained face with its heat map into a folder. @returns their paths, undefined for faces without one */
export async function writeExplanations(
  folder: string,
  source: string,
  faces: readonly Face[],
): Promise<(string | undefined)[]> {
  await mkdir(folder, { recursive: true });
  return Promise.all(
    faces.map(async ({ explanation }, i) => {
      if (!explanation || explanation.overlayPng.length === 0) return undefined;
      const file = join(folder, `${basename(source)}.face${i + 1}.${explanation.label}.png`);
      await writeFile(file, explanation.overlayPng);
      return file;
    }),
  );
}

function face(value: NonNullable<Face['box']>) {
  return { $case: 'face' as const, value };
}
