import { mkdir, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { encodedImage } from '@resmask/client';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { explainFaces, writeExplanations } from '../recognition/explanation-pictures.js';
import { addFaceOptions, type FaceOptions, faceRequest } from '../recognition/face-options.js';
import { timingsView } from '../recognition/timings-view.js';
import { annotateFaces } from '../stream/annotate.js';
import { describeFaces, faceView } from '../stream/answer-view.js';
import { readPictures, type SourceFrame } from '../stream/pictures.js';

interface RecognizeOptions extends FaceOptions {
  readonly annotate?: string;
  readonly explain?: string;
}

export function addRecognizeCommand(program: Command): void {
  const command = program
    .command('recognize')
    .argument('<images...>', 'pictures, or folders of pictures')
    .description('recognise the faces of pictures, one call each');
  addFaceOptions(command)
    .option('--annotate <folder>', 'write a copy of each picture with the faces drawn on it')
    .option('--explain <folder>', 'write each face with the pixels that spoke for its label in colours over it')
    .action(action(recognize));
}

async function recognize(context: Context, options: RecognizeOptions, images: string[]): Promise<void> {
  const { output } = context;
  const views = [];
  for await (const picture of readPictures(images)) {
    const { view, text } = await recognizePicture(context, options, picture);
    views.push(view);
    if (!output.json) output.line(undefined, () => text);
  }
  if (output.json) output.result(views, () => '');
}

async function recognizePicture(
  { inference, parent }: Context,
  options: RecognizeOptions,
  { bytes, source }: SourceFrame,
) {
  const image = encodedImage(bytes);
  const { timings, ...found } = await inference.recognize({ parent, image, ...faceRequest(options) });
  const { annotate, explain } = options;
  if (annotate) await writeAnnotated(annotate, source, await annotateFaces(bytes, found.faces));
  const faces = explain ? await explainFaces(inference, parent, options, image, found.faces) : found.faces;
  const files = explain ? await writeExplanations(explain, source, faces) : [];
  const view = {
    source,
    ...found,
    ...(timings && { timings: timingsView(timings) }),
    faces: faces.map((face, i) => faceView(face, files[i])),
  };
  return { view, text: `${source}: ${describeFaces(faces)}` };
}

async function writeAnnotated(folder: string, source: string, picture: Buffer): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, `${basename(source)}.annotated.png`), picture);
}
