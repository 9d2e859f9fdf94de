import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { answersToPictures, expectSameAnswers } from '../support/client-documents.js';
import { run } from '../support/command-line.js';
import { writeStreamPictures } from '../support/stream-pictures.js';
import { TestPlatform } from '../support/test-platform.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = `
import { readdir, readFile } from 'node:fs/promises';
import { DeliveryMode, encodedImage, InferenceClient, isFrameReply } from '@resmask/client';
const [address, folder] = process.argv.slice(2);
const client = new InferenceClient(address);
async function* frames() {
  const names = (await readdir(folder)).sort();
  for (const [i, name] of names.entries())
    yield { frameId: i + 1, image: async () => encodedImage(await readFile(folder + '/' + name)) };
}
for await (const answer of client.streamFrames({ mode: DeliveryMode.DELIVERY_MODE_LOSSLESS }, frames())) {
  if (!isFrameReply(answer)) continue;
  const { frameId, faces } = answer.value;
  const documents = faces?.map(({ box, label, probability, probabilities }) => ({
    box, label, probability,
    probabilities: Object.fromEntries(probabilities.map((entry) => [entry.label, entry.probability])),
  }));
  console.log(JSON.stringify({ frameId, type: answer.$case, faces: documents }));
}
client.close();
`;
/** What a reader of its types sees: the package's own declarations must be whole. */
const TYPED = `
import { DeliveryMode, encodedImage, type FrameInput, InferenceClient } from '@resmask/client';
async function* frames(): AsyncGenerator<FrameInput> {
  yield { frameId: 1, image: ({ maxSide }) => encodedImage(new Uint8Array(maxSide)) };
}
const client = new InferenceClient('127.0.0.1:50051', { timeoutMs: 1000 });
export async function labels(): Promise<string[]> {
  const found: string[] = [];
  const options = { mode: DeliveryMode.DELIVERY_MODE_LATEST, tracking: true };
  for await (const answer of client.streamFrames(options, frames(), { attempts: 3 })) {
    if (answer.$case === 'result') found.push(...answer.value.faces.map(({ label }) => label));
    if (answer.$case === 'dropped') found.push(answer.value.local ?? 'by the service');
  }
  return found;
}
`;

let platform: TestPlatform;
let folder: string;

beforeAll(async () => {
  platform = await TestPlatform.start();
  await platform.publishShippedModels();
  await platform.startInference();
  folder = await mkdtemp(join(tmpdir(), 'resmask-packed-'));
});
afterAll(async () => {
  await platform.stop();
  await rm(folder, { recursive: true });
});

it('a folder with only the packed client installed streams pictures, with the answers of the client that was packed', async () => {
  const packed = await run('npm', ['pack', '--workspace', '@resmask/client', '--pack-destination', folder, '--json'], {
    cwd: ROOT,
  });
  expect(packed.code, packed.stderr).toBe(0);
  const [{ filename, files }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[')));
  expect(files.map(({ path }: { path: string }) => path)).toContain('README.md');
  const app = join(folder, 'app');
  await mkdir(join(app, 'frames'), { recursive: true });
  await writeStreamPictures(join(app, 'frames'));
  await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  const installed = await run('npm', ['install', '--prefer-offline', join(folder, filename)], { cwd: app });
  expect(installed.code, installed.stderr).toBe(0);
  await writeFile(join(app, 'stream.js'), SCRIPT);
  const streamed = await run(process.execPath, ['stream.js', platform.service('inference').address, 'frames'], {
    cwd: app,
  });
  expect(streamed.code, streamed.stderr).toBe(0);
  const expected = await answersToPictures(platform.inference, join(app, 'frames'));
  expect(expected.flatMap(({ faces = [] }) => faces).length).toBeGreaterThan(5);
  expectSameAnswers(streamed.stdout, expected);

  await writeFile(join(app, 'typed.ts'), TYPED);
  const options = ['--noEmit', '--strict', '--skipLibCheck', '--module', 'nodenext', '--target', 'es2022'];
  const types = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules/@types')];
  const checked = await run(join(ROOT, 'node_modules/.bin/tsc'), [...options, ...types, 'typed.ts'], { cwd: app });
  expect(checked.code, checked.stdout).toBe(0);
});
