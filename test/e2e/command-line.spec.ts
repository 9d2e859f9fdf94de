import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Upload_State } from '@resmask/client';
import { decodeModel, graphSignature } from '@resmask/onnx';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type CommandResult, resmask as runResmask } from '../support/command-line.js';
import { syntheticCsv } from '../support/fer2013-csv.js';
import { plainPng } from '../support/pictures.js';
import { sha256 } from '../support/publish.js';
import { samplePhoto } from '../support/samples.js';
import { TestPlatform } from '../support/test-platform.js';

describe('the resmask command', () => {
  let platform: TestPlatform;
  let folder: string;
  let environment: Record<string, string>;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'resmask-cli-'));
    platform = await TestPlatform.start();
    await platform.startInference();
    await platform.startEvaluation();
    environment = {
      RESMASK_REGISTRY: platform.service('registry').address,
      RESMASK_INFERENCE: platform.service('inference').address,
      RESMASK_EVALUATION: platform.service('evaluation').address,
    };
    for (const i of [1, 2, 3]) await writeFile(join(folder, `empty-${i}.png`), await plainPng(96, 96));
    await writeFile(join(folder, 'people.jpg'), await samplePhoto(1));
    await writeFile(join(folder, 'fer2013.csv'), syntheticCsv(40));
  });
  afterAll(async () => {
    await platform.stop();
    await rm(folder, { recursive: true });
  });

  const resmask = (...args: string[]): Promise<CommandResult> => runResmask(args, environment);
  const expectWrongUse = async (message: string, ...args: string[]): Promise<void> =>
    expect(await resmask(...args)).toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  const json = async (...args: string[]) => {
    const { code, stdout, stderr } = await resmask(...args, '--json');
    expect(code, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  it('builds, registers, promotes and lists the shipped networks', async () => {
    for (const network of ['resmasking-compact', 'tiny-face-detector']) {
      const file = join(folder, `${network}.onnx`);
      expect(await json('networks', 'build', network, '-o', file)).toMatchObject({
        file,
        sizeBytes: (await stat(file)).size,
      });
      expect(await json('models', 'register', network, '--file', file)).toMatchObject({
        version: 1,
        spec: { architecture: network },
      });
      expect(await json('models', 'promote', network, '1', '--reason', 'first')).toMatchObject({
        version: expect.stringContaining('/versions/1'),
      });
    }
    expect(await json('models', 'list')).toMatchObject([
      { id: 'resmasking-compact', task: 'expression', latestVersion: 1, aliases: { production: 1 } },
      { id: 'tiny-face-detector', task: 'face', latestVersion: 1, aliases: { production: 1 } },
    ]);
    const text = await resmask('models', 'show', 'resmasking-compact');
    expect(text.stdout).toContain('production=1');
    expect(Math.max(...text.stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(120);
  });

  it('promotes, rolls back, deletes and brings back, and tells it all', async () => {
    const file = join(folder, 'lived.onnx');
    await json('networks', 'build', 'resmasking-compact', '--seed', '1', '--width', '0.25', '-o', file);
    const facts = ['--licence', 'MIT', '--tag', 'stage=trial', '--code-revision', 'abc123'];
    for (const version of [1, 2]) {
      expect(await json('models', 'register', 'lived', '--file', file, ...facts)).toMatchObject({
        version,
        state: 'ready',
        licence: 'MIT',
        tags: { stage: 'trial' },
        lineage: { codeRevision: 'abc123' },
      });
      await json('models', 'promote', 'lived', String(version), '--reason', `try ${version}`);
    }
    expect(await json('models', 'rollback', 'lived', '--reason', 'it was worse')).toMatchObject({
      version: expect.stringContaining('/versions/1'),
    });
    expect(await json('models', 'history', 'lived')).toMatchObject([
      { kind: 'set', to: 1, reason: 'try 1' },
      { kind: 'set', from: 1, to: 2, reason: 'try 2' },
      { kind: 'rollback', from: 2, to: 1, reason: 'it was worse' },
    ]);
    expect((await resmask('models', 'delete', 'lived', '1')).stderr).toContain('has the aliases production');
    expect((await json('models', 'delete', 'lived', '2', '--dry-run')).state).toBe('deleted');
    expect((await json('models', 'delete', 'lived', '2')).state).toBe('deleted');
    expect((await json('models', 'undelete', 'lived', '2')).state).toBe('ready');
    expect((await json('models', 'archive', 'lived', '2')).state).toBe('archived');
    const target = join(folder, 'fetched');
    await json('models', 'download', 'lived@production', '-o', target);
    expect(await readFile(join(target, 'lived.onnx'))).toEqual(await readFile(file));
    const { stdout } = await resmask('events', '--model', 'lived', '--json');
    expect(
      stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line).method),
    ).toEqual([
      'CreateModel',
      'CreateModelVersion',
      'SetAlias',
      'CreateModelVersion',
      'SetAlias',
      'RollbackAlias',
      'DeleteModelVersion',
      'UndeleteModelVersion',
      'ArchiveModelVersion',
    ]);
    const numbers = async (...options: string[]): Promise<number[]> => {
      const shown: { versions: { version: number }[] } = await json('models', 'show', 'lived', ...options);
      return shown.versions.map(({ version }) => version);
    };
    expect(await numbers('--order-by', 'version')).toEqual([1, 2]);
    expect(await numbers('--filter', 'aliases:production')).toEqual([1]);
    expect(await json('models', 'list', '--filter', 'model_id = lived')).toMatchObject([{ id: 'lived' }]);
    for (const command of [
      ['models', 'history', 'lived'],
      ['models', 'show', 'lived'],
      ['models', 'list'],
    ]) {
      const lines = (await resmask(...command)).stdout.split('\n');
      expect(Math.max(...lines.map((line) => line.length)), command.join(' ')).toBeLessThanOrEqual(100);
    }
  });

  it('makes a model with labels, changes them one by one, and finds and shows it by them', async () => {
    const made = await json(
      'models',
      'create',
      'labelled',
      '--task',
      'face',
      '--label',
      'team=vision',
      '--label',
      'a/b=1',
    );
    expect(made).toMatchObject({ task: 'face', latestVersion: 0, labels: { team: 'vision', 'a/b': '1' } });
    const changes = ['--label', 'stage=trial', '--label', 'team=x=y', '--remove-label', 'a/b'];
    const labels = { team: 'x=y', stage: 'trial' };
    expect(await json('models', 'update', 'labelled', ...changes)).toMatchObject({ description: '', labels });
    expect(await json('models', 'update', 'labelled', '--description', 'new')).toMatchObject({
      description: 'new',
      labels,
    });
    await expectWrongUse('labels are of a model', 'models', 'update', 'labelled', '--tag', 'a=b');
    await expectWrongUse('labels are of a model', 'models', 'update', 'labelled', '1', '--label', 'a=b');
    expect(await json('models', 'list', '--filter', 'labels.stage = trial')).toMatchObject([
      { id: 'labelled', labels },
    ]);
    expect((await resmask('models', 'show', 'labelled')).stdout).toContain('stage=trial, team=x=y');
    await expectWrongUse('nothing to change was given', 'models', 'update', 'labelled');
    expect((await resmask('models', 'update', 'labelled', '--label', 'Team=x')).stderr).toContain('got the key "Team"');
    await json('models', 'delete', 'labelled');
  });

  it('changes the tags of a version one by one', async () => {
    const changes = ['--tag', 'run=7', '--remove-tag', 'stage', '--description', 'again'];
    expect(await json('models', 'update', 'lived', '1', ...changes)).toMatchObject({
      description: 'again',
      tags: { run: '7' },
    });
    expect((await resmask('models', 'update', 'lived', '1', '--tag', 'a=b')).stdout).toContain('a=b, run=7');
  });

  it('lets a version serve part of the streams and another be compared, shows it all, and takes it back', async () => {
    const file = join(folder, 'tried.onnx');
    await json('networks', 'build', 'resmasking-compact', '--seed', '3', '--width', '0.25', '-o', file);
    for (let i = 0; i < 3; i += 1) await json('models', 'register', 'tried', '--file', file);
    await json('models', 'promote', 'tried', '1');
    const canary = { version: 2, percent: 10 };
    const why = ['--reason', 'how does it do where it is used'];
    expect(await json('models', 'canary', 'tried', '2', '--percent', '10', ...why)).toMatchObject({ canary });
    expect(await json('models', 'shadow', 'tried', '3')).toMatchObject({ canary, shadowVersion: 3 });
    expect(await json('models', 'show', 'tried')).toMatchObject({
      aliases: { production: 1 },
      canaries: { production: canary },
      shadows: { production: 3 },
    });
    const shown = (await resmask('models', 'show', 'tried')).stdout;
    expect(shown).toMatch(/canaries +production=2 \(10 %\)\nshadows +production=3\n/);
    expect((await resmask('models', 'delete', 'tried', '2')).stderr).toContain('has the aliases production (canary)');
    expect((await resmask('models', 'canary', 'tried', '3', '--percent', '5')).stderr).toContain(
      'allowed is one of them',
    );
    expect((await resmask('models', 'shadow', 'tried', '--clear')).stdout).toContain('tried@production has no shadow');
    expect(await json('models', 'promote', 'tried', '2')).not.toHaveProperty('canary');
    expect((await resmask('models', 'canary', 'tried', '3', '--percent', '99')).stdout).toContain(
      'version 3 serves 99 % of the streams of tried@production',
    );
    expect(await json('models', 'canary', 'tried', '--clear')).not.toHaveProperty('canary');
    expect(await json('models', 'history', 'tried')).toMatchObject([
      { kind: 'set', to: 1 },
      { kind: 'traffic', from: 1, to: 1, canary },
      { kind: 'traffic', oldCanary: canary, canary, shadowVersion: 3 },
      { kind: 'traffic', canary, oldShadowVersion: 3 },
      { kind: 'set', from: 1, to: 2, oldCanary: canary },
      { kind: 'traffic', canary: { version: 3, percent: 99 } },
      { kind: 'traffic', oldCanary: { version: 3, percent: 99 } },
    ]);
    const ledger = (await resmask('models', 'history', 'tried')).stdout.split('\n');
    expect(ledger[0].split(/\s{2,}/)).toEqual(['WHEN', 'WHAT', 'FROM', 'TO', 'CANARY', 'SHADOW', 'WHO', 'WHY']);
    expect(ledger[2]).toMatch(/traffic +1 +1 +2 \(10 %\) +- +anonymous +how does it do wher…/);
    expect(Math.max(...ledger.map((line) => line.length))).toBeLessThanOrEqual(100);
    await expectWrongUse('a whole number from 1 to 99', 'models', 'canary', 'tried', '3', '--percent', '100');
    await expectWrongUse('a VERSION and --percent', 'models', 'canary', 'tried', '3');
    await expectWrongUse('a VERSION is needed', 'models', 'shadow', 'tried');
    await expectWrongUse('a VERSION is needed', 'models', 'shadow', 'tried', '3', '--clear');
  });

  it('sets what an alias demands, is refused, records what was found, and gets through', async () => {
    const file = join(folder, 'gated.onnx');
    await json('networks', 'build', 'resmasking-compact', '--seed', '2', '--width', '0.25', '-o', file);
    const { digest } = await json('models', 'register', 'gated', '--file', file);
    const written = join(folder, 'gate.yaml');
    await writeFile(
      written,
      '- minimumAccuracy: {dataset: fer2013, split: validation, minimum: 0.6}\n- approvals: 1\n',
    );
    const rules = [
      { minimumAccuracy: { dataset: 'namespaces/default/datasets/fer2013', split: 'validation', minimum: 0.6 } },
      { approvals: 1 },
    ];
    expect(await json('models', 'gate', 'gated', '--set', written)).toMatchObject({ rules });
    expect((await resmask('models', 'gate', 'gated')).stdout).toContain('minimum: 0.6');
    const refused = await resmask('models', 'promote', 'gated', '1');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('GATE_NOT_PASSED') });
    const [digests, of] = [['--dataset-digest', '--protocol-digest', '--predictions-digest'], 'a'.repeat(64)];
    const facts = ['--dataset', 'fer2013', '--split', 'validation', ...digests.flatMap((flag) => [flag, of])];
    const counts = ['--samples', '3589', '--correct', '2438', '--digest', digest];
    expect(await json('models', 'record-evaluation', 'gated', '1', ...facts, ...counts)).toMatchObject({
      correctCount: 2438,
    });
    expect((await resmask('models', 'evaluations', 'gated', '1')).stdout).toContain('67.93 %');
    // On an open service everybody is the same one, so nobody may approve.
    expect((await resmask('models', 'approve', 'gated', '1')).stderr).toContain('APPROVAL_REFUSED');
    await writeFile(written, '- minimumAccuracy: {dataset: fer2013, split: validation, minimum: 0.6}\n');
    await json('models', 'gate', 'gated', '--set', written);
    await json('models', 'promote', 'gated', '1');
    expect(await json('models', 'gate-results', 'gated')).toMatchObject([{ passed: true }, { passed: false }]);
    expect((await resmask('models', 'gate-results', 'gated')).stdout).toContain('minimum_accuracy, approvals');
    await writeFile(written, '- maximumAccuracy: 1\n');
    expect(await resmask('models', 'gate', 'gated', '--set', written)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no list of gate rules'),
    });
    expect(await json('models', 'gate', 'gated', '--clear')).toMatchObject({ rules: [] });
  });

  it('records comparisons of versions and shows them, of the newest version where none is said', async () => {
    const [digests, of] = [['--dataset-digest', '--protocol-digest', '--predictions-digest'], 'a'.repeat(64)];
    const facts = ['--dataset', 'a-set-with-a-long-name', '--split', 'validation'];
    const counts = ['--samples', '3589', '--only-version', '100', '--only-baseline', '90'];
    const said = [...digests, '--baseline-predictions-digest'].flatMap((flag) => [flag, of]);
    await json('models', 'record-comparison', 'lived', '2', '1', ...facts, ...said, ...counts);
    const recorded = {
      version: 'namespaces/default/models/lived/versions/2',
      baseline: 'namespaces/default/models/lived/versions/1',
      dataset: 'namespaces/default/datasets/a-set-with-a-long-name',
      sampleCount: 3589,
      onlyVersionCorrectCount: 100,
      onlyBaselineCorrectCount: 90,
    };
    expect(await json('models', 'comparisons', 'lived')).toMatchObject([recorded]);
    expect(await json('models', 'comparisons', 'lived', '1')).toEqual([]);
    const { stdout } = await resmask('models', 'comparisons', 'lived', '2');
    const [head, row] = stdout.split('\n');
    expect(head.split(/\s{2,}/)).toEqual(expect.arrayContaining(['BASELINE', 'BETTER ON', 'WORSE ON']));
    expect(row).toMatch(/lived\/1 +a-set-with-… {2}validation +100 +90 +3589/);
    expect(Math.max(head.length, row.length)).toBeLessThanOrEqual(100);
  });

  it('publishes an ensemble of versions, and keeps what an alias means now', async () => {
    expect(await json('models', 'ensemble', 'both', 'gated@production', 'lived/1=2')).toMatchObject({
      version: 1,
      files: [],
      members: [
        { version: 'namespaces/default/models/gated/versions/1', weight: 1 },
        { version: 'namespaces/default/models/lived/versions/1', weight: 2 },
      ],
    });
    expect(await resmask('models', 'ensemble', 'both', 'gated=0', 'lived')).toMatchObject({ code: 2 });
  });

  it('goes on with an upload that was interrupted', async () => {
    const file = join(folder, 'resumed.onnx');
    await json('networks', 'build', 'resmasking-compact', '--seed', '9', '-o', file);
    const bytes = await readFile(file);
    let upload = '';
    async function* read(offset: number, length: number): AsyncGenerator<Buffer> {
      if (offset > 0) throw new Error('the connection is lost');
      yield bytes.subarray(offset, offset + length);
    }
    const source = { sizeBytes: bytes.length, sha256: sha256(bytes), read };
    const options = {
      partBytes: 5 * 1024 * 1024,
      onBegun: (name: string) => {
        upload = name;
      },
    };
    await expect(platform.registry.uploadFile('namespaces/default', source, options)).rejects.toThrow('is lost');
    expect((await platform.registry.getUpload(upload)).state).toBe(Upload_State.STATE_ACTIVE);
    expect(await json('models', 'register', 'resumed', '--file', file, '--resume', upload)).toMatchObject({
      version: 1,
    });
    expect((await platform.registry.getUpload(upload)).state).toBe(Upload_State.STATE_COMPLETE);
  });

  it('builds a network from a seed, whose graph is what its specification says', async () => {
    const file = join(folder, 'seeded.onnx');
    await json('networks', 'build', 'resmasking-compact', '--seed', '3', '-o', file);
    expect(graphSignature(decodeModel(await readFile(file)))).toEqual({
      inputs: [{ name: 'input', type: 'float32', shape: ['batch', 1, 48, 48] }],
      outputs: [{ name: 'logits', type: 'float32', shape: ['batch', 7] }],
    });
    const list: { name: string }[] = await json('networks', 'list');
    const listed = (name: string) => list.find((network) => network.name === name);
    expect(listed('resmasking-compact')).toMatchObject({ parameters: 2_546_895, macs: 67_633_536 });
    expect(listed('resmasking_dropout1')).toMatchObject({
      parameters: 137_796_423,
      namedParameters: 142_943_431,
      paper: { millions: 142.9, counted: 142_943_431 },
    });
    expect(listed('inception_v3')).toMatchObject({ size: 224, nativeSize: 299, nativeMacs: 5_711_182_432 });
    expect(await json('networks', 'show', 'resmasking-compact')).toMatchObject({
      parameters: 2_546_895,
      spec: { input: { height: 48 } },
    });
  });

  it('recognises pictures and draws what it saw', async () => {
    const [view] = await json('recognize', join(folder, 'people.jpg'), '--annotate', join(folder, 'drawn'));
    expect(view.faces).toHaveLength(3);
    const drawn = await readFile(join(folder, 'drawn/people.jpg.annotated.png'));
    expect(drawn.subarray(1, 4).toString()).toBe('PNG');
  });

  it('streams a folder: one line per picture in order, everything else on standard error', async () => {
    const { code, stdout, stderr } = await resmask('stream', folder, '--json');
    expect(code).toBe(0);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ frameId, type }) => `${frameId} ${type}`)).toEqual([
      '1 result',
      '2 result',
      '3 result',
      '4 result',
    ]);
    expect(lines.map(({ source, faces }) => `${source.split('/').at(-1)} ${faces.length}`)).toEqual([
      'empty-1.png 0',
      'empty-2.png 0',
      'empty-3.png 0',
      'people.jpg 3',
    ]);
    expect(stderr).toContain('resmasking-compact/versions/1');
    expect(stderr).toContain('4 served');
  });

  it('imports a data set, evaluates a model on it and shows the run', async () => {
    expect(await json('datasets', 'import', 'fer2013', join(folder, 'fer2013.csv'))).toMatchObject({
      id: 'fer2013',
      skippedRowCount: 0,
    });
    expect(await json('datasets', 'list')).toMatchObject([{ id: 'fer2013' }]);
    const run = await json('evaluate', 'resmasking-compact', '--split', 'validation', '--watch');
    expect(run).toMatchObject({ state: 'succeeded', split: 'validation', samplesDone: 40, accuracy: { n: 40 } });
    expect(await json('runs', 'list')).toMatchObject([{ id: run.id, state: 'succeeded' }]);
    const text = await resmask('runs', 'show', String(run.id));
    expect(text.stdout).toContain('rows are true labels, columns predicted ones');
    expect(text.stdout).toContain(`${run.accuracy.k} of 40`);
  });

  it('shows health, and fails when a service does not answer', async () => {
    expect((await json('status')).map(({ health }: { health: string }) => health)).toEqual([
      'SERVING',
      'SERVING',
      'SERVING',
    ]);
    const down = await resmask('status', '--evaluation', '127.0.0.1:1', '--json');
    expect(down.code).toBe(1);
    expect(JSON.parse(down.stdout)[2]).toMatchObject({ service: 'evaluation', health: 'UNREACHABLE' });
  });

  it('ends with 1 and the reason when something fails, as JSON where asked for', async () => {
    const text = await resmask('models', 'show', 'nobody');
    expect(text).toMatchObject({ code: 1, stdout: '' });
    expect(text.stderr).toContain('resmask: NOT_FOUND (MODEL_NOT_FOUND): there is no model "nobody"');
    const asJson = await resmask('recognize', join(folder, 'missing.jpg'), '--json');
    expect(asJson.code).toBe(1);
    expect(JSON.parse(asJson.stderr).error).toMatchObject({ reason: 'FILE_UNREADABLE' });
    const unreachable = await resmask('models', 'list', '--registry', '127.0.0.1:1');
    expect(unreachable.stderr).toContain('is it running? Start everything with "resmask up"');
  });

  it.each([
    [['models', 'promote', 'resmasking-compact', 'three']],
    [['models', 'register', 'x']],
    [['stream']],
    [['stream', 'x', '--mode', 'fast']],
    [['nonsense']],
    [['evaluate', 'x', '--split', 'all']],
  ])('ends with 2 and how it is used when used wrongly: %j', async (args) => {
    const { code, stdout, stderr } = await resmask(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain('Usage: resmask');
  });
});
