import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { run } from '../support/command-line.js';
import { samplePhoto } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SCRIPT = `
import { readFile } from 'node:fs/promises';
import { DeliveryMode, encodedImage, InferenceClient } from '@resmask/client';
const client = new InferenceClient(process.argv[2]);
async function* frames() {
  yield { frameId: 1, image: encodedImage(await readFile('photo.jpg')) };
}
for await (const answer of client.streamFrames({ mode: DeliveryMode.DELIVERY_MODE_LOSSLESS }, frames())) {
  if (answer.$case === 'result') console.log(answer.value.faces.map((face) => face.label).join(' '));
}
client.close();
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

it('a folder with only the packed client installed streams a photograph', async () => {
  const packed = await run('npm', ['pack', '--workspace', '@resmask/client', '--pack-destination', folder, '--json'], {
    cwd: ROOT,
  });
  expect(packed.code, packed.stderr).toBe(0);
  const [{ filename }] = JSON.parse(packed.stdout.slice(packed.stdout.indexOf('[')));
  const app = join(folder, 'app');
  await mkdir(app);
  await writeFile(join(app, 'package.json'), '{ "name": "app", "private": true, "type": "module" }');
  const installed = await run('npm', ['install', '--prefer-offline', join(folder, filename)], { cwd: app });
  expect(installed.code, installed.stderr).toBe(0);
  await writeFile(join(app, 'stream.js'), SCRIPT);
  await writeFile(join(app, 'photo.jpg'), await samplePhoto(1));
  const streamed = await run(process.execPath, ['stream.js', platform.service('inference').address], { cwd: app });
  expect(streamed.code, streamed.stderr).toBe(0);
  expect(streamed.stdout.trim().split(' ')).toHaveLength(3);
});
