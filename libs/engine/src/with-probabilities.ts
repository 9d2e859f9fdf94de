import type { PlacedFace, RecognizedFace } from './recognition.js';

/** Faces with their rows of probabilities. @param rows one after the other, in the order of the faces */
export function withProbabilities(faces: readonly PlacedFace[], rows: Float32Array): RecognizedFace[] {
  const labels = rows.length / Math.max(1, faces.length);
  return faces.map((face, i) => ({ ...face, probabilities: rows.subarray(i * labels, (i + 1) * labels) }));
}
