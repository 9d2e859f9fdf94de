import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Metadata } from '@grpc/grpc-js';
import { formatApiToken, generateApiToken, hashSecret, type RoleTable } from '@resmask/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { codeOf, OpenInferenceCalls } from '../support/open-inference-calls.js';
import { publish } from '../support/publish.js';
import { TestPlatform } from '../support/test-platform.js';
import { TINY_SPEC, tinyModel } from '../support/tiny-model.js';

const OTHER = 'namespaces/other/models/tiny';
const REQUEST = {
  inputs: [{ name: 'input', datatype: 'FP32', shape: [1n, 1n, 8n, 8n] }],
  rawInputContents: [Buffer.alloc(256)],
};

describe('callers of the Open Inference Protocol', () => {
  let platform: TestPlatform;
  const clients: OpenInferenceCalls[] = [];
  const tokens: object[] = [];

  function token(subject: string, roles: RoleTable): string {
    const made = generateApiToken();
    tokens.push({ id: made.id, secretSha256: hashSecret(made.secret).toString('hex'), subject, roles });
    return formatApiToken(made);
  }

  const [viewer, promoter, admin] = [
    token('viewer', { default: 'viewer' }),
    token('promoter', { default: 'promoter' }),
    token('admin', { '*': 'admin' }),
  ];

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await publish(platform.registry, 'tiny', tinyModel(1), TINY_SPEC, 'production');
    const principals = join(platform.folder, 'principals.json');
    await writeFile(principals, JSON.stringify({ tokens }));
    await platform.startInference({ RESMASK_PRINCIPALS: principals });
  });
  afterAll(async () => {
    for (const client of clients) client.close();
    await platform.stop();
  });

  function callsOf(bearer?: string): OpenInferenceCalls {
    const metadata = new Metadata();
    if (bearer) metadata.set('authorization', `Bearer ${bearer}`);
    const calls = new OpenInferenceCalls(platform.service('inference').address, metadata);
    clients.push(calls);
    return calls;
  }

  it('are nobody without a token, not even for what the server tells of itself', async () => {
    const calls = callsOf();
    expect(await codeOf(calls.call((stub) => stub.serverLive, {}))).toBe('UNAUTHENTICATED');
    expect(await codeOf(calls.infer({ modelName: 'tiny', ...REQUEST }))).toBe('UNAUTHENTICATED');
  });

  it('may use the models of their own namespace and see the server', async () => {
    const calls = callsOf(viewer);
    expect(await codeOf(calls.call((stub) => stub.serverLive, {}))).toBe('OK');
    expect(await codeOf(calls.infer({ modelName: 'tiny', ...REQUEST }))).toBe('OK');
    expect(await codeOf(calls.infer({ modelName: OTHER, ...REQUEST }))).toBe('PERMISSION_DENIED');
    expect(await codeOf(calls.call((stub) => stub.modelMetadata, { name: OTHER, version: '' }))).toBe(
      'PERMISSION_DENIED',
    );
    const index = { repositoryName: 'namespaces/other', ready: false };
    expect(await codeOf(calls.call((stub) => stub.repositoryIndex, index))).toBe('PERMISSION_DENIED');
  });

  it('see the statistics of all namespaces only with a role in all of them', async () => {
    const every = { name: '', version: '' };
    expect(await codeOf(callsOf(viewer).call((stub) => stub.modelStatistics, every))).toBe('PERMISSION_DENIED');
    expect(await codeOf(callsOf(admin).call((stub) => stub.modelStatistics, every))).toBe('OK');
    expect(await codeOf(callsOf(viewer).call((stub) => stub.modelStatistics, { name: 'tiny', version: '' }))).toBe(
      'OK',
    );
  });

  it('load and unload models only as promoters', async () => {
    const change = { repositoryName: '', modelName: 'tiny', parameters: {} };
    for (const [bearer, code] of [
      [viewer, 'PERMISSION_DENIED'],
      [promoter, 'OK'],
    ]) {
      expect(await codeOf(callsOf(bearer).call((stub) => stub.repositoryModelLoad, change))).toBe(code);
      expect(await codeOf(callsOf(bearer).call((stub) => stub.repositoryModelUnload, change))).toBe(code);
    }
  });

  it('are checked at every request of a stream, not only at the first', async () => {
    const requests = ['tiny', OTHER, 'tiny'].map((modelName, i) => ({ id: String(i), modelName, ...REQUEST }));
    const calls = callsOf(viewer);
    const { answers, code } = await calls.stream(calls.metadata, requests);
    expect(code).toBe('OK');
    expect(answers.map(({ errorMessage }) => errorMessage)).toEqual([
      '',
      expect.stringContaining('the role caller in namespaces/other is needed'),
      '',
    ]);
    expect((await calls.stream(calls.metadata, requests.slice(1))).code).toBe('PERMISSION_DENIED');
  });
});
