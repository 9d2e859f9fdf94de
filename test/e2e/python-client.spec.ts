import { globSync } from 'node:fs';
import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersToPictures, expectSameAnswers } from '../support/client-documents.js';
import { run } from '../support/command-line.js';
import { pythonVenv } from '../support/python-venv.js';
import { writeStreamPictures } from '../support/stream-pictures.js';
import { TestPlatform } from '../support/test-platform.js';

const CLIENT = fileURLToPath(new URL('../../clients/python', import.meta.url));
const PROTO = fileURLToPath(new URL('../../proto', import.meta.url));
const PYTHON = pythonVenv(join(CLIENT, 'requirements.txt'));

describe.skipIf(!PYTHON)('the Python example, outside the repository, with stubs made of the protos', () => {
  const python = PYTHON ?? '';
  let platform: TestPlatform;
  let folder: string;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    folder = await mkdtemp(join(tmpdir(), 'resmask-python-'));
    for (const name of ['stubs', 'frames']) await mkdir(join(folder, name));
    await writeStreamPictures(join(folder, 'frames'));
    await cp(join(CLIENT, 'stream_frames.py'), join(folder, 'stream_frames.py'));
    const out = ['--python_out', '--grpc_python_out'].map((flag) => `${flag}=${join(folder, 'stubs')}`);
    const protos = globSync('resmask/inference/v1/*.proto', { cwd: PROTO });
    const generated = await run(python, ['-m', 'grpc_tools.protoc', '-I', '.', ...out, ...protos], { cwd: PROTO });
    expect(generated.code, generated.stderr).toBe(0);
  });
  afterAll(async () => {
    await platform.stop();
    await rm(folder, { recursive: true });
  });

  const stream = (...args: string[]) =>
    run(python, ['stream_frames.py', 'frames', ...args], {
      cwd: folder,
      env: { PYTHONPATH: join(folder, 'stubs'), PYTHONDONTWRITEBYTECODE: '1' },
    });

  it('streams pictures and gets the answers the TypeScript client gets', async () => {
    const expected = await answersToPictures(platform.inference, join(folder, 'frames'));
    expect(expected.flatMap(({ faces = [] }) => faces).length).toBeGreaterThan(5);
    const { code, stdout, stderr } = await stream('--address', platform.service('inference').address);
    expect(code, stderr).toBe(0);
    expectSameAnswers(stdout, expected);
  });

  it('ends with the code and the message of the service when the stream is refused', async () => {
    const { code, stderr } = await stream('--address', platform.service('inference').address, '--model', 'nobody');
    expect(code).toBe(1);
    expect(stderr).toContain('NOT_FOUND: there is no model "nobody"');
  });
});
