import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describedMethods } from '../support/fuzz/described-methods.js';
import { fuzzService } from '../support/fuzz/fuzz-service.js';
import type { Vocabulary } from '../support/fuzz/text-values.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { stormSize } from '../support/storm.js';
import { IMAGE_ENVIRONMENT, PARENT, TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';

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
    const { address } = await platform.startInference(IMAGE_ENVIRONMENT);
    await loadEverything(new InferenceCalls(address));
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

/** What calls with luck would load: that is no growth. */
async function loadEverything(calls: InferenceCalls): Promise<void> {
  for (const model of ['untrained', 'resmasking-compact']) {
    await calls.load(model);
    const explanation = { everyNthFrame: 1, options: undefined };
    const stream = new TestStream(calls.stub, { model, explanation });
    await stream.accepted();
    await stream.finish();
  }
  calls.close();
}
