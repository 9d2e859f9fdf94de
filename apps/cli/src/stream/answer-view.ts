import { type Face, type FrameReply, ResmaskError } from '@resmask/client';

/** A face as a document for machines. */
export function faceView(face: Face) {
  const { box, detectionScore, landmarks, label, probability, probabilities } = face;
  return {
    box,
    detectionScore,
    ...(landmarks.length > 0 ? { landmarks } : {}),
    label,
    probability,
    probabilities: Object.fromEntries(probabilities.map((entry) => [entry.label, entry.probability])),
  };
}

/** The answer to one frame as a document for machines. */
export function answerView(answer: FrameReply, source: string, latencyMs: number) {
  const { frameId } = answer.value;
  const common = { frameId, source, latencyMs: Math.round(latencyMs * 1000) / 1000 };
  if (answer.$case === 'result') {
    const { width, height, faces, serverDuration } = answer.value;
    const serverMs = serverDuration && serverDuration.seconds * 1000 + serverDuration.nanos / 1e6;
    return { type: 'result', ...common, serverMs, width, height, faces: faces.map(faceView) };
  }
  if (answer.$case === 'dropped') return { type: 'dropped', ...common };
  const { code, reason, message } = ResmaskError.fromStatus(
    answer.value.status ?? { code: 2, message: '', details: [] },
  );
  return { type: 'error', ...common, code, reason, message };
}

/** One line for people: where each face is and what it shows. */
export function describeFaces(faces: readonly Face[]): string {
  if (faces.length === 0) return 'no face';
  return faces.map((face) => `${face.label} ${percent(face.probability)} at ${place(face)}`).join(', ');
}

export function percent(fraction: number): string {
  return `${Math.round(fraction * 100)} %`;
}

function place({ box }: Face): string {
  if (!box) return '?';
  const [x, y, width, height] = [box.x, box.y, box.width, box.height].map(Math.round);
  return `${x},${y} ${width}×${height}`;
}
