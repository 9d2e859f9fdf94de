import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describedMethods } from '../support/fuzz/described-methods.js';
import { fuzzService } from '../support/fuzz/fuzz-service.js';
import type { Vocabulary } from '../support/fuzz/text-values.js';
import { stormSize } from '../support/storm.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';

const CALLS = stormSize(3000);
const VOCABULARY: Vocabulary = {
  resources: {
    'registry.resmask.dev/Model': [`${PARENT}/models/untrained`],
    'registry.resmask.dev/ModelVersion': [`${PARENT}/models/untrained/versions/1`],
    'evaluation.resmask.dev/Dataset': [`${PARENT}/datasets/none`, `${PARENT}/datasets/other`],
    'evaluation.resmask.dev/Run': [`${PARENT}/runs/1`],
  },
  words: {
    parent: [PARENT],
    model: ['untrained', 'untrained/1', 'untrained@production', 'none'],
    detector: ['tiny-face-detector', 'none'],
    dataset_id: ['new', 'another'],
    request_id: ['', '123e4567-e89b-42d3-a456-426614174000'],
    page_token: [''],
  },
  traps: ['untrained@', 'untrained/0', '@', '/'],
};

describe('the other services under random messages', () => {
  let platform: TestPlatform;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishUntrained('untrained', 7, 'production');
    await platform.publishShippedModels();
    await platform.startInference();
    await platform.startEvaluation();
  });
  afterAll(() => platform.stop());

  it.each([
    ['inference', 'resmask.inference.v1.InferenceService'],
    ['evaluation', 'resmask.evaluation.v1alpha1.EvaluationService'],
  ] as const)(`answers ${CALLS} calls without an internal error, a crash or memory kept: %s`, async (name, full) => {
    const methods = describedMethods(full);
    const service = platform.service(name);
    const outcomes = await fuzzService({ service, methods, vocabulary: VOCABULARY, calls: CALLS });
    expect(Object.keys(outcomes).sort()).toEqual(methods.map((method) => method.name).sort());
  });
});
