import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, resmask as runResmask } from '../support/command-line.js';
import { reencode } from '../support/pictures.js';
import { samplePhoto } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47]);

describe('commands that recognise faces', () => {
  let platform: TestPlatform;
  let folder: string;
  let photo: string;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    await platform.startInference();
    folder = await mkdtemp(join(tmpdir(), 'resmask-recognise-'));
    photo = join(folder, 'people.jpg');
    await writeFile(photo, await reencode(await samplePhoto(1), 'jpeg', 640));
  });
  afterAll(async () => {
    await platform.stop();
    await rm(folder, { recursive: true });
  });

  const resmask = (...args: string[]): Promise<CommandResult> =>
    runResmask(args, { RESMASK_INFERENCE: platform.service('inference').address });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await resmask(...args, '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };
  const lines = async (...args: string[]) => {
    const { code, stdout, stderr } = await resmask('stream', ...args, '--json');
    expect(code, stderr).toBe(0);
    return stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
  };

  it('recognises only the faces and labels that are asked for, and says where the time went', async () => {
    const [all] = await json('recognize', photo);
    expect(all.faces).toHaveLength(3);
    expect(Object.keys(all.faces[0].probabilities)).toHaveLength(7);
    expect(all.timings).toMatchObject({ decodeMs: expect.any(Number), inferMs: expect.any(Number), batchSize: 3 });
    const [fewer] = await json('recognize', photo, '--top-k', '2', '--max-faces', '1');
    const [best, second] = Object.values(all.faces[0].probabilities as Record<string, number>).sort((a, b) => b - a);
    expect(fewer.faces).toHaveLength(1);
    expect(Object.values(fewer.faces[0].probabilities)).toEqual([best, second]);
    const widths = all.faces.map(({ box }: { box: { width: number; height: number } }) =>
      Math.min(box.width, box.height),
    );
    const size = Math.ceil((Math.min(...widths) + Math.max(...widths)) / 2);
    const [large] = await json('recognize', photo, '--min-face-size', String(size));
    expect(large.faces.length).toBe(widths.filter((width: number) => width >= size).length);
    expect(large.faces.length).toBeLessThan(3);
    const aligned = await resmask('recognize', photo, '--align');
    expect(aligned).toMatchObject({ code: 1, stderr: expect.stringContaining('landmarks') });
  });

  it('writes why each face has its label, and tells the files', async () => {
    const pictures = join(folder, 'why');
    const [{ faces }] = await json('recognize', photo, '--explain', pictures);
    const files = faces.map(({ explanation }: { explanation: { file: string } }) => basename(explanation.file));
    expect(files).toEqual(
      faces.map(({ label }: { label: string }, i: number) => `people.jpg.face${i + 1}.${label}.png`),
    );
    expect((await readdir(pictures)).sort()).toEqual([...files].sort());
    for (const file of files) expect((await readFile(join(pictures, file))).subarray(0, 4)).toEqual(PNG);
    expect(faces[0].explanation).toMatchObject({ method: 'class_activation', label: faces[0].label });
    expect(faces[0].explanation.map.values).toHaveLength(faces[0].explanation.map.width ** 2);
  });

  it('explains the label that is asked for, by the method that is asked for', async () => {
    const picture = join(folder, 'new', 'heat.png');
    const found = await json(
      'explain',
      photo,
      '--class',
      'sad',
      '--method',
      'occlusion',
      '--max-faces',
      '2',
      '-o',
      picture,
    );
    expect(found).toMatchObject({ file: picture, source: photo });
    for (const { explanation } of found.faces) expect(explanation).toMatchObject({ label: 'sad', method: 'occlusion' });
    expect(found.faces).toHaveLength(2);
    expect((await readFile(picture)).subarray(0, 4)).toEqual(PNG);
    const unknown = await resmask('explain', photo, '--class', 'bored', '-o', picture);
    expect(unknown).toMatchObject({ code: 1, stderr: expect.stringContaining('bored') });
    expect(await resmask('explain', photo)).toMatchObject({ code: 2 });
    const { stdout } = await resmask('explain', photo, '-o', picture);
    expect(stdout).toMatch(/^people\.jpg: \w+ \d+ % at .*\n.*heat\.png\n$/);
  });

  it('follows faces through a stream, smooths and explains them, and tells the times of each frame', async () => {
    const options = ['--tracking', '--smoothing', 'median:3', '--top-k', '1', '--explain', join(folder, 'stream')];
    const frames = await lines(photo, photo, photo, photo, ...options, '--explain-every', '2');
    expect(frames.map(({ frameId, type }) => `${frameId} ${type}`)).toEqual([1, 2, 3, 4].map((id) => `${id} result`));
    const ids = frames.map(({ faces }) =>
      faces
        .map(({ trackId }: { trackId: string }) => trackId)
        .sort()
        .join(),
    );
    expect(new Set(ids).size).toBe(1);
    for (const { faces, timings, model } of frames) {
      expect(model).toMatch(/resmasking-compact\/versions\/1$/);
      expect(timings).toMatchObject({ queueMs: expect.any(Number), sendMs: expect.any(Number) });
      for (const { smoothed, label, probability } of faces) {
        expect(smoothed).toMatchObject({ label, probability: expect.closeTo(probability, 5) });
        expect(Object.keys(smoothed.probabilities)).toEqual([label]);
      }
    }
    expect(frames.map(({ faces }) => faces.every(({ explanation }: { explanation?: unknown }) => explanation))).toEqual(
      [true, false, true, false],
    );
    const { stdout } = await resmask('stream', photo, '--smoothing', '300ms');
    expect(stdout).toMatch(/^ {5}1 {2}[\w-]{4} \w+ \d+ % at /);
  });

  it('says of dropped frames why', async () => {
    const frames = await lines(...Array.from({ length: 30 }, () => photo), '--mode', 'latest', '--fps', '500');
    expect(frames).toHaveLength(30);
    const dropped = frames.filter(({ type }) => type === 'dropped');
    expect(dropped.length).toBeGreaterThan(0);
    for (const { reason } of dropped) expect(['superseded', 'paced']).toContain(reason);
  });

  it('loads a version, shows it among what is served, and lets go of it', async () => {
    const version = await platform.publishUntrained('spare', 3, 'trial');
    expect(await json('models', 'load', 'spare@trial')).toMatchObject({ version, state: 'ready', pinned: true });
    const served = await json('models', 'served');
    expect(served.find(({ version: name }: { version: string }) => name === version)).toMatchObject({
      pinned: true,
      references: ['spare@trial'],
      sessions: expect.any(Number),
    });
    const { stdout } = await resmask('models', 'served');
    expect(stdout).toMatch(/spare\/1 +ready +\d+ +\d+ +\d+ +\d+ +yes +spare@trial/);
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(100);
    expect(await resmask('models', 'unload', 'spare@trial')).toMatchObject({
      code: 0,
      stdout: 'spare@trial is kept no longer\n',
    });
    const after = await json('models', 'served');
    expect(
      after.some(({ version: name, pinned }: { version: string; pinned: boolean }) => name === version && pinned),
    ).toBe(false);
    expect(await resmask('models', 'load', 'nobody')).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('MODEL_NOT_FOUND'),
    });
  });

  it.each([
    [['stream', 'x', '--smoothing', 'fast']],
    [['stream', 'x', '--explain-every', '0']],
    [['recognize', 'x', '--top-k', 'two']],
    [['explain', 'x', '-o', 'y', '--method', 'magic']],
    [['models', 'load']],
  ])('ends with 2 when used wrongly: %j', async (args) => {
    expect(await resmask(...args)).toMatchObject({ code: 2, stdout: '' });
  });
});
