import { mkdir, writeFile } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { ExplanationMethod, encodedImage, type Face } from '@resmask/client';
import { contactSheet } from '@resmask/codecs';
import { type Command, Option } from 'commander';
import { action, type Context } from '../context.js';
import { readInput } from '../networks/shipped-weights.js';
import { wholeNumber } from '../recognition/whole-number.js';
import { describeFaces, faceView } from '../stream/answer-view.js';

interface ExplainOptions {
  readonly model: string;
  readonly detector: string;
  readonly class: string;
  readonly method?: keyof typeof METHODS;
  readonly maxFaces: number;
  readonly masks: boolean;
  readonly output: string;
}

const METHODS = {
  'class-activation': ExplanationMethod.EXPLANATION_METHOD_CLASS_ACTIVATION,
  occlusion: ExplanationMethod.EXPLANATION_METHOD_OCCLUSION,
} as const;

/** Of several faces, side by side. */
const SHEET = { columns: 4, side: 256 };

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .argument('<image>', 'a picture')
    .description('draw which pixels of each face spoke for its expression')
    .option('--model <ref>', 'classifier: "name", "name@alias" or "name/version"', '')
    .option('--detector <ref>', 'face detector', '')
    .option('--class <label>', 'the label to explain, for example "happy" (default: the most probable one)', '')
    .addOption(new Option('--method <method>', 'how (default: what the network allows)').choices(Object.keys(METHODS)))
    .option('--max-faces <count>', 'at most so many, the best-scored ones; 0 for 16', wholeNumber(0), 0)
    .option('--masks', 'with --json also the attention masks of a network that has any', false)
    .requiredOption('-o, --output <heat.png>', 'the picture')
    .action(action(explain));
}

async function explain({ output, inference, parent }: Context, options: ExplainOptions, source: string): Promise<void> {
  const { model, detector, method, maxFaces, masks } = options;
  const found = await inference.explain({
    parent,
    model,
    detector,
    maxFaces,
    image: encodedImage(await readInput(source)),
    options: { method: method ? METHODS[method] : 0, label: options.class, overlay: true, masks },
  });
  const file = await draw(options.output, found.faces);
  const view = { source, ...found, file, faces: found.faces.map((face) => faceView(face)) };
  output.result(view, () => `${basename(source)}: ${describeFaces(found.faces)}${file ? `\n${file}` : ''}`);
}

async function draw(file: string, faces: readonly Face[]): Promise<string | undefined> {
  const overlays = faces.flatMap(({ explanation }) => (explanation ? [explanation.overlayPng] : []));
  if (overlays.length === 0) return undefined;
  const { columns, side } = SHEET;
  const place = { width: side, height: side };
  const [only] = overlays;
  await mkdir(dirname(file), { recursive: true });
  const sheet = overlays.length === 1 ? only : await contactSheet(overlays, Math.min(columns, overlays.length), place);
  await writeFile(file, sheet);
  return file;
}
