import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GateClient, type GateRule, type ModelVersion, RegistryClient } from '@resmask/client';
import { formatApiToken, generateApiToken, hashSecret } from '@resmask/service-kit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  comparisonOf,
  DATASET as dataset,
  daysAgo,
  digest,
  evaluationOf,
  SPLIT as split,
} from '../support/recorded-facts.js';
import { query } from '../support/test-database.js';
import { TinyRegistry } from '../support/tiny-registry.js';

const PEOPLE = ['publisher', 'ann', 'bob'] as const;
type Person = (typeof PEOPLE)[number];

const atLeast = (minimum: number, maxAgeDays = 0): GateRule => ({
  rule: { $case: 'minimumAccuracy', value: { dataset, split, minimum, maxAgeDays } },
});
const notWorse: GateRule = { rule: { $case: 'notWorse', value: { dataset, split, confidence: 0 } } };
const approvals = (count: number): GateRule => ({ rule: { $case: 'approvals', value: { count } } });

describe('what an alias demands of versions', () => {
  let folder: string;
  let registry: TinyRegistry;
  const people = {} as Record<Person, RegistryClient>;
  const gates = {} as Record<Person, GateClient>;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'resmask-test-gates-'));
    const principals = join(folder, 'principals.json');
    const tokens = PEOPLE.map((subject) => ({ subject, token: generateApiToken() }));
    const entries = tokens.map(({ subject, token: { id, secret } }) => ({
      id,
      secretSha256: hashSecret(secret).toString('hex'),
      subject,
      roles: { '*': 'admin' },
    }));
    writeFileSync(principals, JSON.stringify({ tokens: entries }));
    registry = await TinyRegistry.start({ RESMASK_PRINCIPALS: principals });
    const { address } = registry.platform.service('registry');
    for (const { subject, token } of tokens) {
      people[subject] = new RegistryClient(address, { token: formatApiToken(token) });
      gates[subject] = new GateClient(address, { token: formatApiToken(token) });
    }
  });
  afterAll(async () => {
    for (const client of [...Object.values(people), ...Object.values(gates)]) client.close();
    await registry.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  /** A model of the publisher's with so many versions, and an alias with these rules. */
  async function gated(versions: number, rules: readonly GateRule[]) {
    const { publisher } = people;
    const model = await registry.model(0, publisher);
    const published: ModelVersion[] = [];
    for (let i = 0; i < versions; i += 1) published.push(await registry.publish(model, i + 1, publisher));
    const alias = `${model}/aliases/production`;
    const policy = await gates.publisher.updateGatePolicy({ name: `${alias}/gatePolicy`, rules: [...rules], etag: '' });
    return { model, alias, versions: published, policy };
  }

  const refusal = (text: string) => ({
    code: 'FAILED_PRECONDITION',
    reason: 'GATE_NOT_PASSED',
    message: expect.stringContaining(text),
  });

  it('a version without an evaluation is refused, and let through by a good one of its own bytes', async () => {
    const { publisher } = people;
    const { alias, versions } = await gated(1, [atLeast(0.69)]);
    const [version] = versions;
    const promote = () => publisher.setAlias(alias, version.name, '');
    await expect(promote()).rejects.toMatchObject(refusal(`no evaluation of ${version.name}`));
    await expect(
      gates.publisher.recordEvaluation(evaluationOf(version, { versionDigest: digest('others') })),
    ).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', reason: 'DIGEST_MISMATCH' });
    await gates.publisher.recordEvaluation(evaluationOf(version, { correctCount: 2400 }));
    await expect(promote()).rejects.toMatchObject(refusal('got 2400 of 3589 = 66.87 %'));
    const recorded = await gates.publisher.recordEvaluation(evaluationOf(version));
    expect(recorded).toMatchObject({ recorder: 'token:publisher', metrics: { balanced_accuracy: 0.66 } });
    expect(await promote()).toMatchObject({ version: version.name });
    const results = await Array.fromAsync(gates.publisher.listGateResults(alias));
    expect(results.map(({ passed }) => passed)).toEqual([true, false, false]);
    expect(results[0]).toMatchObject({
      actor: 'token:publisher',
      outcomes: [{ passed: true, evidence: [digest(version.name)], got: expect.stringContaining('69.57 %') }],
    });
    const records = await Array.fromAsync(gates.publisher.listEvaluationRecords(version.name));
    expect(records.map(({ correctCount }) => correctCount)).toEqual([2497, 2400]);
  });

  it('an old evaluation does not speak for a version where a fresh one is demanded', async () => {
    const { publisher } = people;
    const { alias, versions } = await gated(1, [atLeast(0.5, 30)]);
    await gates.publisher.recordEvaluation(evaluationOf(versions[0], { finishTime: daysAgo(31) }));
    await expect(publisher.setAlias(alias, versions[0].name, '')).rejects.toMatchObject(refusal('31 days ago'));
    await gates.publisher.recordEvaluation(evaluationOf(versions[0], { finishTime: daysAgo(29) }));
    await publisher.setAlias(alias, versions[0].name, '');
  });

  it('a version that a comparison finds worse than the holder is refused; the first one needs none', async () => {
    const { publisher } = people;
    const { alias, versions } = await gated(2, [notWorse]);
    const [first, second] = versions;
    const { etag } = await publisher.setAlias(alias, first.name, '');
    const promote = () => publisher.setAlias(alias, second.name, etag);
    await expect(promote()).rejects.toMatchObject(refusal(`no comparison of ${second.name} with ${first.name}`));
    await gates.publisher.recordComparison(comparisonOf(second, first, { onlyBaselineCorrectCount: 160 }));
    await expect(promote()).rejects.toMatchObject(refusal('not of the newest recorded evaluations'));
    for (const version of versions) await gates.publisher.recordEvaluation(evaluationOf(version));
    await expect(promote()).rejects.toMatchObject(refusal('McNemar p = '));
    expect((await publisher.getAlias(alias)).version).toBe(first.name);
    await gates.publisher.recordComparison(comparisonOf(second, first));
    expect(await promote()).toMatchObject({ version: second.name });
  });

  it('two people other than the publisher approve, each counted once and for one alias', async () => {
    const { ann } = people;
    const { alias, versions } = await gated(1, [approvals(2)]);
    const [{ name }] = versions;
    const promote = () => ann.setAlias(alias, name, '');
    await expect(gates.publisher.approveModelVersion(name, 'production')).rejects.toMatchObject({
      code: 'FAILED_PRECONDITION',
      reason: 'APPROVAL_REFUSED',
    });
    expect(await gates.ann.approveModelVersion(name, 'production', 'looks right')).toMatchObject({
      approver: 'token:ann',
      comment: 'looks right',
    });
    await gates.ann.approveModelVersion(name, 'production');
    await gates.bob.approveModelVersion(name, 'staging');
    await expect(promote()).rejects.toMatchObject(refusal('approved by token:ann; wanted 2 people'));
    await gates.bob.approveModelVersion(name, 'production');
    expect(await promote()).toMatchObject({ version: name });
  });

  it('every rule that does not hold is told at once, and the alias stays as it was', async () => {
    const { publisher } = people;
    const { alias, versions } = await gated(1, [atLeast(0.69), approvals(1)]);
    const error = await publisher.setAlias(alias, versions[0].name, '').catch((e: unknown) => e);
    expect(error).toMatchObject(refusal('minimum_accuracy: got no evaluation'));
    expect(error).toMatchObject(refusal('approvals: got nobody has approved it'));
    expect(await Array.fromAsync(gates.publisher.listGateResults(alias))).toHaveLength(1);
    await expect(publisher.getAlias(alias)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  it('a policy changes only for who has read it, and tells whom it was changed by', async () => {
    const { publisher } = people;
    const { alias, model, policy } = await gated(0, [atLeast(0.6)]);
    const name = `${alias}/gatePolicy`;
    expect(await gates.ann.getGatePolicy(name)).toEqual(policy);
    const stale = gates.ann.updateGatePolicy({ name, rules: [], etag: '' });
    await expect(stale).rejects.toMatchObject({ reason: 'ETAG_MISMATCH', metadata: { etag: policy.etag } });
    await expect(
      gates.ann.updateGatePolicy({ name, rules: [{ rule: undefined }], etag: policy.etag }),
    ).rejects.toMatchObject({
      reason: 'FIELD_INVALID',
      message: expect.stringContaining('gate_policy.rules[0]: it is empty'),
    });
    expect(await gates.ann.updateGatePolicy({ name, rules: [], etag: policy.etag })).toMatchObject({ rules: [] });
    const events = await Array.fromAsync(publisher.listEvents('namespaces/default', model));
    expect(events.map(({ method, actor }) => `${method} ${actor}`)).toEqual([
      'CreateModel token:publisher',
      'UpdateGatePolicy token:publisher',
      'UpdateGatePolicy token:ann',
    ]);
  });

  it('facts cannot be changed, not even by SQL, and a repeated call records once', async () => {
    const { versions } = await gated(1, []);
    const requestId = randomUUID();
    const record = evaluationOf(versions[0]);
    const once = await gates.publisher.recordEvaluation(record, requestId);
    expect(await gates.publisher.recordEvaluation(record, requestId)).toEqual(once);
    expect(await Array.fromAsync(gates.publisher.listEvaluationRecords(versions[0].name))).toHaveLength(1);
    const { databaseUrl } = registry.platform;
    for (const change of [
      'UPDATE registry.evaluation_record SET correct_count = sample_count',
      'DELETE FROM registry.evaluation_record',
      'UPDATE registry.comparison_record SET only_version_correct_count = 0',
      'DELETE FROM registry.gate_result',
      "UPDATE registry.approval SET approver = 'x'",
    ])
      await expect(query(databaseUrl, change), change).rejects.toThrow();
  });

  it('a canary must get through, and again for more streams; fewer, none, and a shadow ask nothing', async () => {
    const { ann } = people;
    const { alias, versions } = await gated(3, []);
    const [first, second, third] = versions;
    const { etag } = await ann.setAlias(alias, first.name, '');
    const policy = `${alias}/gatePolicy`;
    const demand = async (...rules: GateRule[]) =>
      gates.publisher.updateGatePolicy({ name: policy, rules, etag: (await gates.ann.getGatePolicy(policy)).etag });
    await demand(atLeast(0.69));
    const canary = (percent: number) => ({ canary: { version: second.name, percent } });
    await expect(ann.updateAlias(alias, canary(10), etag)).rejects.toMatchObject(
      refusal(`no evaluation of ${second.name}`),
    );
    const shadowed = await ann.updateAlias(alias, { shadowVersion: third.name }, etag);
    await gates.publisher.recordEvaluation(evaluationOf(second));
    const tried = await ann.updateAlias(alias, canary(10), shadowed.etag);
    await demand(approvals(1));
    await expect(ann.updateAlias(alias, canary(11), tried.etag)).rejects.toMatchObject(refusal('nobody has approved'));
    const less = await ann.updateAlias(alias, canary(5), tried.etag);
    await expect(ann.setAlias(alias, second.name, less.etag)).rejects.toMatchObject(refusal('nobody has approved'));
    const results = await Array.fromAsync(gates.ann.listGateResults(alias));
    expect(results.map(({ passed, version }) => [passed, version])).toEqual(
      [false, false, true, false].map((passed) => [passed, second.name]),
    );
    expect(await ann.updateAlias(alias, { canary: null }, less.etag)).toMatchObject({ canary: undefined });
  });

  it('a canary is compared with what the alias points at', async () => {
    const { ann } = people;
    const { alias, versions } = await gated(2, [notWorse]);
    const [first, second] = versions;
    const { etag } = await ann.setAlias(alias, first.name, '');
    const canary = { version: second.name, percent: 10 };
    const start = () => ann.updateAlias(alias, { canary }, etag);
    await expect(start()).rejects.toMatchObject(refusal(`no comparison of ${second.name} with ${first.name}`));
    for (const version of versions) await gates.publisher.recordEvaluation(evaluationOf(version));
    await gates.publisher.recordComparison(comparisonOf(second, first));
    expect(await start()).toMatchObject({ version: first.name, canary });
  });

  it('a rollback asks nothing: it must work when it is needed', async () => {
    const { publisher } = people;
    const { alias, versions } = await gated(2, []);
    const name = `${alias}/gatePolicy`;
    const one = await publisher.setAlias(alias, versions[0].name, '');
    const two = await publisher.setAlias(alias, versions[1].name, one.etag);
    const { etag } = await gates.publisher.getGatePolicy(name);
    await gates.publisher.updateGatePolicy({ name, rules: [approvals(3)], etag });
    expect(await publisher.rollbackAlias(alias, two.etag)).toMatchObject({ version: versions[0].name });
  });
});
