import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodedImage } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { annotateFaces } from '../stream/annotate.js';
import { describeFaces, faceView } from '../stream/answer-view.js';
import { readPictures } from '../stream/pictures.js';

interface RecognizeOptions {
  readonly model: string;
  readonly detector: string;
  readonly annotate?: string;
}

export function addRecognizeCommand(program: Command): void {
  program
    .command('recognize')
    .argument('<images...>', 'pictures, or folders of pictures')
    .description('recognise the faces of pictures, one call each')
    .option('--model <ref>', 'classifier: "name", "name@alias" or "name/version"', '')
    .option('--detector <ref>', 'face detector', '')
    .option('--annotate <folder>', 'write a copy of each picture with the faces drawn on it')
    .action(action(recognize));
}

async function recognize(context: Context, options: RecognizeOptions, images: string[]): Promise<void> {
  const { output, inference, parent } = context;
  const views = [];
  for await (const { bytes, source } of readPictures(images)) {
    const { model, detector } = options;
    const found = await inference.recognize({ parent, model, detector, image: encodedImage(bytes) });
    if (options.annotate) await writeAnnotated(options.annotate, source, await annotateFaces(bytes, found.faces));
    views.push({ source, ...found, faces: found.faces.map(faceView) });
    if (!output.json) output.line(undefined, () => `${source}: ${describeFaces(found.faces)}`);
  }
  if (output.json) output.result(views, () => '');
}

async function writeAnnotated(folder: string, source: string, picture: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${basename(source)}.annotated.png`), picture);
}
