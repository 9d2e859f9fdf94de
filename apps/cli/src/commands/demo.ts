import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import {
  DeliveryMode,
  encodedImage,
  type Face,
  type FrameInput,
  InferenceClient,
  isFrameReply,
  RegistryClient,
} from '@resmask/client';
import { contactSheet } from '@resmask/codecs';
import type { Command } from 'commander';
import { action, type Context } from '../context.js';
import { annotateFaces } from '../stream/annotate.js';
import { answerView, describeFaces } from '../stream/answer-view.js';
import type { Output } from '../terminal/output.js';
import { checkHealth } from '../up/check-health.js';
import { Platform } from '../up/platform.js';
import { registerShippedModels } from '../up/shipped-models.js';
import { temporaryFolder } from '../up/state-folder.js';

const PICTURES = ['sample1.jpg', 'sample2.jpg', 'sample3.jpg', 'sample4.jpg', 'sample5.jpg', 'sample6.jpg'];
const READY_TIMEOUT_MS = 60_000;

/** Whatever the environment says of other services: these are alone on loopback, and gone in a minute. */
const ALONE = {
  RESMASK_AUTH: 'open',
  RESMASK_TLS_CERT: '',
  RESMASK_TLS_KEY: '',
  RESMASK_TLS_CLIENT_CA: '',
  RESMASK_REGISTRY_TLS: 'off',
  RESMASK_REGISTRY_CA: '',
  RESMASK_REGISTRY_CERT: '',
  RESMASK_REGISTRY_KEY: '',
};

interface DemoOptions {
  readonly output: string;
}

/** The whole main job on a temporary state folder, which is gone afterwards. */
export function addDemoCommand(program: Command): void {
  const picture = fileURLToPath(new URL('../../../../build/demo/faces.png', import.meta.url));
  program
    .command('demo')
    .description('start everything, stream sample pictures, draw what was recognised, stop everything')
    .option('-o, --output <picture.png>', 'the annotated picture', picture)
    .action(action(demo));
}

async function demo({ output, parent }: Context, options: DemoOptions): Promise<void> {
  const folder = await mkdtemp(join(temporaryFolder(), 'resmask-demo-'));
  // The database server's user must be able to pass through.
  await chmod(folder, 0o711);
  try {
    const local = '127.0.0.1:0';
    const platform = await Platform.start({
      folder,
      listen: { registry: local, inference: local, evaluation: local },
      settings: ALONE,
      tell: (text) => output.note(text),
    });
    try {
      await streamSamples(platform, parent, output, options.output);
    } finally {
      await platform.stop();
    }
    output.note('everything is stopped');
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function streamSamples(platform: Platform, parent: string, output: Output, picture: string): Promise<void> {
  const registry = new RegistryClient(platform.address('registry'));
  for (const name of await registerShippedModels(registry, parent)) output.note(`published and promoted ${name}`);
  registry.close();
  await untilServing(platform.address('inference'));
  const inference = new InferenceClient(platform.address('inference'));
  const drawn: Buffer[] = [];
  const samples = await readSamples();
  const frames = framesOf(samples.map(({ bytes }) => bytes));
  const config = { parent, mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
  for await (const answer of inference.streamFrames(config, frames)) {
    if (answer.$case === 'accepted') output.note(`streaming to ${answer.value.model} with ${answer.value.detector}`);
    if (!isFrameReply(answer)) continue;
    const { name, bytes } = samples[answer.value.frameId - 1];
    const faces: readonly Face[] = answer.$case === 'result' ? answer.value.faces : [];
    output.line(answerView(answer, name, 0), () => `frame ${answer.value.frameId} ${name}: ${describeFaces(faces)}`);
    drawn.push(await annotateFaces(bytes, faces));
  }
  inference.close();
  await mkdir(dirname(picture), { recursive: true });
  await writeFile(picture, await contactSheet(drawn, 3, { width: 640, height: 480 }));
  output.note(`annotated picture: ${picture}`);
}

async function readSamples(): Promise<{ name: string; bytes: Buffer }[]> {
  const folder = new URL('demo/', import.meta.resolve('@vladmandic/face-api/package.json'));
  return Promise.all(
    PICTURES.map(async (file) => ({ name: basename(file), bytes: await readFile(new URL(file, folder)) })),
  );
}

async function* framesOf(images: readonly Buffer[]): AsyncGenerator<FrameInput> {
  for (const [i, bytes] of images.entries()) yield { frameId: i + 1, image: encodedImage(bytes) };
}

async function untilServing(address: string): Promise<void> {
  const deadline = Date.now() + READY_TIMEOUT_MS;
  while ((await checkHealth(address)) !== 'SERVING') {
    if (Date.now() > deadline) throw new Error(`${address} is not serving after ${READY_TIMEOUT_MS / 1000} s`);
    await delay(100);
  }
}
