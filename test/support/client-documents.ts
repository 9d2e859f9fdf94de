import { DeliveryMode, type Face, type FrameReply, InferenceClient, isFrameReply } from '@resmask/client';
import { expect } from 'vitest';
import { pictureFrames } from './stream-pictures.js';

interface FaceDocument {
  readonly box: Record<'x' | 'y' | 'width' | 'height', number>;
  readonly label: string;
  readonly probability: number;
  readonly probabilities: Readonly<Record<string, number>>;
}

/** What each of the example clients prints for an answer to a frame. */
export interface AnswerDocument {
  readonly frameId: number;
  readonly type: FrameReply['$case'];
  readonly faces?: readonly FaceDocument[];
}

/** The answers to the pictures of a folder, by the client of this repository. */
export async function answersToPictures(inference: InferenceClient, folder: string): Promise<AnswerDocument[]> {
  const documents: AnswerDocument[] = [];
  const config = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
  for await (const answer of inference.streamFrames(config, pictureFrames(folder)))
    if (isFrameReply(answer)) documents.push(documentOf(answer));
  return documents;
}

/** Faces, places, labels and probabilities, to 1e-6 (pixels to 1e-3), from the lines a client has printed. */
export function expectSameAnswers(stdout: string, expected: readonly AnswerDocument[]): void {
  const lines = stdout.trim().split('\n');
  const got: AnswerDocument[] = lines.map((line) => JSON.parse(line));
  expect(got.map(({ frameId, type }) => `${frameId} ${type}`)).toEqual(
    expected.map(({ frameId, type }) => `${frameId} ${type}`),
  );
  for (const [i, { frameId, faces = [] }] of expected.entries()) {
    const others = got[i].faces ?? [];
    expect(
      others.map(({ label }) => label),
      `labels of frame ${frameId}`,
    ).toEqual(faces.map(({ label }) => label));
    for (const [j, face] of faces.entries()) expectSameFace(others[j], face);
  }
}

function expectSameFace(got: FaceDocument, expected: FaceDocument): void {
  for (const side of ['x', 'y', 'width', 'height'] as const)
    expect(Math.abs(got.box[side] - expected.box[side])).toBeLessThan(1e-3);
  expect(Math.abs(got.probability - expected.probability)).toBeLessThan(1e-6);
  expect(Object.keys(got.probabilities).sort()).toEqual(Object.keys(expected.probabilities).sort());
  for (const [label, probability] of Object.entries(expected.probabilities))
    expect(Math.abs(got.probabilities[label] - probability), label).toBeLessThan(1e-6);
}

function documentOf(answer: FrameReply): AnswerDocument {
  const { $case: type, value } = answer;
  return { frameId: value.frameId, type, ...(type === 'result' ? { faces: value.faces.map(faceDocument) } : {}) };
}

function faceDocument({ box, label, probability, probabilities }: Face): FaceDocument {
  const { x = 0, y = 0, width = 0, height = 0 } = box ?? {};
  const byLabel = Object.fromEntries(probabilities.map((entry) => [entry.label, entry.probability]));
  return { box: { x, y, width, height }, label, probability, probabilities: byLabel };
}
