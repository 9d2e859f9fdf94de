import type { ComparisonRecord, ModelVersion } from '@resmask/client';
import type { ListComparisonRecordsResponse } from '@resmask/contracts/registry.v1';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { comparisonOf } from '../support/recorded-facts.js';
import { RegistryCalls } from '../support/registry-calls.js';
import { TinyRegistry } from '../support/tiny-registry.js';

describe('recorded comparisons of a version', () => {
  let registry: TinyRegistry;
  let version: ModelVersion;
  let baselines: ModelVersion[];

  beforeAll(async () => {
    registry = await TinyRegistry.start();
    const model = await registry.model();
    version = await registry.publish(model, 1);
    const other = await registry.publish(model, 2);
    const foreign = await registry.publish(await registry.model(), 3);
    baselines = [other, foreign, other, foreign, other];
    for (const [i, baseline] of baselines.entries())
      await registry.gates.recordComparison(comparisonOf(version, baseline, { onlyVersionCorrectCount: i }));
    await registry.gates.recordComparison(comparisonOf(other, version));
  });
  afterAll(() => registry.stop());

  it('are listed newest first with all that was recorded, but not those in which it is the baseline', async () => {
    const { recorder } = (await Array.fromAsync(registry.gates.listComparisonRecords(version.name)))[0];
    expect(await Array.fromAsync(registry.gates.listComparisonRecords(version.name))).toEqual(
      baselines
        .map((baseline, i) => ({
          ...comparisonOf(version, baseline, { onlyVersionCorrectCount: i }),
          recorder,
          createTime: expect.objectContaining({ seconds: expect.any(Number) }),
        }))
        .reverse(),
    );
  });

  it('come page by page, each once, with a token for as long as there are more', async () => {
    const calls = new RegistryCalls(registry.platform.service('registry').address);
    const pages: ComparisonRecord[][] = [];
    let pageToken = '';
    do {
      const request = { parent: version.name, pageSize: 2, pageToken };
      const page: ListComparisonRecordsResponse = await calls.call((stub) => stub.listComparisonRecords, request);
      pages.push(page.comparisonRecords);
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    calls.close();
    expect(pages.map(({ length }) => length)).toEqual([2, 2, 1]);
    expect(pages.flat()).toEqual(await Array.fromAsync(registry.gates.listComparisonRecords(version.name)));
  });

  it('are none of a version that is not there, which is said', async () => {
    const name = version.name.replace(/\d+$/, '99');
    await expect(Array.fromAsync(registry.gates.listComparisonRecords(name))).rejects.toMatchObject({
      code: 'NOT_FOUND',
      reason: 'VERSION_NOT_FOUND',
    });
  });
});
