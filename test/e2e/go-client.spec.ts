import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersToPictures, expectSameAnswers } from '../support/client-documents.js';
import { run } from '../support/command-line.js';
import { writeStreamPictures } from '../support/stream-pictures.js';
import { TestPlatform } from '../support/test-platform.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const CLIENT = join(ROOT, 'clients/go');
const PROTO = join(ROOT, 'proto');
const BUF = join(ROOT, 'node_modules/.bin/buf');
const PATH = [join(ROOT, 'build/tools'), process.env['PATH']].join(delimiter);

/** Whether Go, its modules and the generators of stubs (scripts/install-go-tools.sh) can be had here. */
function toolsAreThere(): boolean {
  const works = (command: string, ...args: string[]): boolean =>
    spawnSync(command, args, { cwd: CLIENT, env: { ...process.env, PATH } }).status === 0;
  const there =
    works('protoc-gen-go', '--version') && works('protoc-gen-go-grpc', '--version') && works('go', 'mod', 'download');
  if (!there) process.stderr.write('SKIPPED: Go, its modules or its protoc plugins are not there\n');
  return there;
}

describe.skipIf(!toolsAreThere())('the Go example, outside the repository, with stubs made of the protos', () => {
  let platform: TestPlatform;
  let folder: string;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    folder = await mkdtemp(join(tmpdir(), 'resmask-go-'));
    await mkdir(join(folder, 'frames'));
    await writeStreamPictures(join(folder, 'frames'));
    for (const file of ['main.go', 'go.mod', 'go.sum', 'buf.gen.yaml'])
      await cp(join(CLIENT, file), join(folder, file));
    const inFolder = { cwd: folder, env: { PATH } };
    const generated = await run(BUF, ['generate', PROTO, '--path', join(PROTO, 'resmask/inference')], inFolder);
    expect(generated.code, generated.stderr).toBe(0);
    for (const args of [
      ['vet', '.'],
      ['build', '-o', 'resmask-stream', '.'],
    ]) {
      const built = await run('go', args, inFolder);
      expect(built.code, built.stderr).toBe(0);
    }
  }, 300_000);
  afterAll(async () => {
    await platform.stop();
    await rm(folder, { recursive: true });
  });

  const stream = (...args: string[]) => run(join(folder, 'resmask-stream'), [...args, 'frames'], { cwd: folder });

  it('streams pictures and gets the answers the TypeScript client gets', async () => {
    const expected = await answersToPictures(platform.inference, join(folder, 'frames'));
    expect(expected.flatMap(({ faces = [] }) => faces).length).toBeGreaterThan(5);
    const { code, stdout, stderr } = await stream('-address', platform.service('inference').address);
    expect(code, stderr).toBe(0);
    expectSameAnswers(stdout, expected);
  });

  it('ends with the code and the message of the service when the stream is refused', async () => {
    const { code, stderr } = await stream('-address', platform.service('inference').address, '-model', 'nobody');
    expect(code).toBe(1);
    expect(stderr).toMatch(/NotFound.*there is no model "nobody"/);
  });
});
