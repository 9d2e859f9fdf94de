import {
  DropReason,
  type Explanation,
  ExplanationMethod,
  type Face,
  type FrameReply,
  ResmaskError,
} from '@resmask/client';
import { milliseconds, timingsView } from '../recognition/timings-view.js';

/** A face as a document for machines. @param file the picture that explains it, if there is one */
export function faceView(face: Face, file?: string) {
  const { box, detectionScore, landmarks, trackId, label, probability, probabilities, smoothed, explanation } = face;
  return {
    ...(trackId ? { trackId } : {}),
    box,
    detectionScore,
    ...(landmarks.length > 0 ? { landmarks } : {}),
    label,
    probability,
    probabilities: byLabel(probabilities),
    ...(smoothed ? { smoothed: { ...smoothed, probabilities: byLabel(smoothed.probabilities) } } : {}),
    ...(explanation ? { explanation: { ...explanationView(explanation), ...(file ? { file } : {}) } } : {}),
  };
}

function explanationView({ label, method, crop, map, masks }: Explanation) {
  const name = ExplanationMethod[method].replace('EXPLANATION_METHOD_', '').toLowerCase();
  return { label, method: name, crop, map, ...(masks.length > 0 ? { masks } : {}) };
}

/** An object's own order of keys is kept, so it is the order of the answer: with top-k, best first. */
function byLabel(probabilities: Face['probabilities']): Record<string, number> {
  return Object.fromEntries(probabilities.map(({ label, probability }) => [label, probability]));
}

/** The answer to one frame as a document for machines. @param files the pictures that explain its faces */
export function answerView(
  answer: FrameReply,
  source: string,
  latencyMs: number,
  files: readonly (string | undefined)[] = [],
) {
  const { frameId } = answer.value;
  const common = { frameId, source, latencyMs: Math.round(latencyMs * 1000) / 1000 };
  if (answer.$case === 'result') {
    const { width, height, faces, serverDuration, timings, model } = answer.value;
    return {
      type: 'result',
      ...common,
      serverMs: milliseconds(serverDuration),
      ...(timings && { timings: timingsView(timings) }),
      model,
      width,
      height,
      faces: faces.map((face, i) => faceView(face, files[i])),
    };
  }
  if (answer.$case === 'dropped') return { type: 'dropped', ...common, reason: dropReason(answer.value) };
  const { code, reason, message } = ResmaskError.fromStatus(
    answer.value.status ?? { code: 2, message: '', details: [] },
  );
  return { type: 'error', ...common, code, reason, message };
}

/** Why a frame was dropped, by the service or by the client itself. */
export function dropReason({ local, reason }: Extract<FrameReply, { $case: 'dropped' }>['value']): string {
  return local ?? DropReason[reason].replace('DROP_REASON_', '').toLowerCase();
}

/** One line for people: where each face is and what it shows, smoothed over its track where that was asked for. */
export function describeFaces(faces: readonly Face[]): string {
  if (faces.length === 0) return 'no face';
  return faces.map(describeFace).join(', ');
}

function describeFace(face: Face): string {
  const { label, probability } = face.smoothed ?? face;
  // Ids are random: their beginning tells the few faces of a stream apart.
  const id = face.trackId ? `${face.trackId.slice(0, 4)} ` : '';
  return `${id}${label} ${percent(probability)} at ${place(face)}`;
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

function place({ box }: Face): string {
  if (!box) return '?';
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${x},${y} ${width}×${height}`;
}
