import type { Detection } from './detection.js';

/**
 * Turns the outputs of Ultra-Light-Fast-Generic-Face-Detector-1MB into detections in pixels of the network's input, without landmarks.
 * Its ONNX exports hold the decoding of the anchors: boxes come as corners in fractions of the input.
 * @param scores [anchors, 2]: probability of background, of a face
 * @param boxes [anchors, 4]: left, top, right, bottom, each in [0, 1] for what lies inside the image
 * @param width width of the network's input in pixels
 * @param height height of the network's input in pixels
 * @param scoreThreshold detections up to this score are left out
 * @throws RangeError if there are not two scores for each box.
 */
export function decodeUltraface(
  scores: Float32Array,
  boxes: Float32Array,
  width: number,
  height: number,
  scoreThreshold: number,
): Detection[] {
  const anchors = boxes.length / 4;
  if (scores.length !== anchors * 2)
    throw new RangeError(`${anchors} boxes have ${anchors * 2} scores, got ${scores.length}`);
  const detections: Detection[] = [];
  for (let anchor = 0; anchor < anchors; anchor += 1) {
    const score = scores[anchor * 2 + 1];
    if (score <= scoreThreshold) continue;
    const [left, top, right, bottom] = boxes.subarray(anchor * 4, anchor * 4 + 4);
    const box = { x: left * width, y: top * height, width: (right - left) * width, height: (bottom - top) * height };
    detections.push({ box, score, landmarks: [] });
  }
  return detections;
}
