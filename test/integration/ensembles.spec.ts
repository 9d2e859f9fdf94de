import { buildGraph, defaultSpec, findArchitecture, seededWeights } from '@resmask/architectures';
import { DeliveryMode, encodedImage, type Face } from '@resmask/client';
import { encodeModel } from '@resmask/onnx';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { facesOf } from '../support/answers.js';
import { eventually } from '../support/eventually.js';
import { InferenceCalls } from '../support/inference-calls.js';
import { publish } from '../support/publish.js';
import { samplePhoto } from '../support/samples.js';
import { PARENT, TestPlatform } from '../support/test-platform.js';
import { TestStream } from '../support/test-stream.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const WEIGHTS = [1, 2, 0.5];

describe('ensembles that are streamed', () => {
  let platform: TestPlatform;
  let calls: InferenceCalls;
  let members: string[];
  let broken: string;
  let photo: Buffer;

  beforeAll(async () => {
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    members = [];
    for (const [i, seed] of [11, 12, 13].entries()) members.push(await platform.publishUntrained(`member-${i}`, seed));
    broken = await publishBroken();
    photo = await samplePhoto(1);
  });
  afterAll(() => platform.stop());
  afterEach(async () => {
    calls.close();
    await platform.service('inference').stop();
  });

  const serve = async (settings: Readonly<Record<string, string>> = {}): Promise<void> => {
    await platform.startInference(settings);
    calls = new InferenceCalls(platform.service('inference').address);
  };
  const register = async (model: string, versions: readonly string[]): Promise<string> => {
    const parent = `${PARENT}/models/${model}`;
    await platform.registry.createModel(PARENT, model, 1);
    const list = versions.map((version, i) => ({ version, weight: WEIGHTS[i] }));
    return (await platform.registry.createModelVersion(parent, { members: list })).name;
  };
  /** The faces of the photo as a stream of the model gives them. */
  const streamed = async (model: string): Promise<readonly Face[]> => {
    const stream = new TestStream(calls.stub, { ...LOSSLESS, model });
    stream.send({ frameId: 1, image: encodedImage(photo) });
    expect(await stream.finish()).toBe('OK');
    return facesOf(stream.replies[0]);
  };
  const expectMean = async (faces: readonly Face[], count: number): Promise<void> => {
    expect(faces).toHaveLength(3);
    const single = await Promise.all(Array.from({ length: count }, (_, i) => streamed(`member-${i}/1`)));
    const total = WEIGHTS.slice(0, count).reduce((sum, weight) => sum + weight, 0);
    for (const [f, face] of faces.entries()) {
      expect(single.map((some) => some[f].box)).toEqual(Array(count).fill(face.box));
      for (const [l, { label, probability }] of face.probabilities.entries()) {
        const mean =
          single.reduce((sum, some, m) => sum + WEIGHTS[m] * some[f].probabilities[l].probability, 0) / total;
        expect(Math.abs(probability - mean), label).toBeLessThan(1e-6);
      }
    }
  };

  it('answer with the weighted mean of their members’ separate answers', async () => {
    const version = await register('whole', members);
    await serve();
    const faces = await streamed('whole/1');
    await expectMean(faces, 3);
    // The members differ, so the mean is none of them.
    const [first] = await streamed('member-0/1');
    expect(Math.abs(first.probabilities[0].probability - faces[0].probabilities[0].probability)).toBeGreaterThan(1e-3);
    const stream = new TestStream(calls.stub, { ...LOSSLESS, model: 'whole/1' });
    expect(await stream.accepted()).toMatchObject({ model: version });
    const names = (await calls.list())
      .filter(({ references }) => references.includes('whole/1'))
      .map((served) => served.version);
    expect(names).toEqual(members);
    await stream.finish();
  });

  it('are refused without a member, if that is the policy', async () => {
    await register('strict', [...members.slice(0, 2), broken]);
    await serve({ RESMASK_MISSING_MEMBERS: 'fail' });
    const stream = new TestStream(calls.stub, { ...LOSSLESS, model: 'strict/1' });
    expect(await stream.ended()).toMatchObject({ code: 'FAILED_PRECONDITION', reason: 'MODEL_UNLOADABLE' });
    // Nothing of it is kept in use.
    await eventually(
      () => calls.list(),
      (list) => list.every(({ version, uses }) => !version.includes('member-') || uses === 0),
    );
  });

  it('answer with the mean of the others, and say so in the log, if that is the policy', async () => {
    await register('lenient', [...members.slice(0, 2), broken]);
    await serve({ RESMASK_MISSING_MEMBERS: 'skip' });
    await expectMean(await streamed('lenient/1'), 2);
    expect(platform.service('inference').output).toContain('an ensemble serves without members');
  });

  it('cannot be explained, and a stream that wants it is told before its first frame', async () => {
    await register('mute', members.slice(0, 2));
    await serve();
    const explanation = { everyNthFrame: 1, options: undefined };
    const stream = new TestStream(calls.stub, { ...LOSSLESS, model: 'mute/1', explanation });
    expect(await stream.ended()).toMatchObject({ reason: 'EXPLANATION_UNSUPPORTED' });
  });

  /** It can be registered but not run: it has an operator nobody knows. */
  async function publishBroken(): Promise<string> {
    const architecture = findArchitecture('resmasking-compact');
    const model = buildGraph(architecture, seededWeights(14)).build();
    for (const node of model.graph?.node ?? []) if (node.opType === 'Relu') node.opType = 'NoSuchOperator';
    return publish(platform.registry, 'broken', Buffer.from(encodeModel(model)), defaultSpec(architecture));
  }
});
