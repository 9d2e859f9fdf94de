export { type AlignedSquare, alignedCrop, alignedSquare } from './aligned-crop.js';
export { type Annotation, annotationSvg, type Lettering } from './annotation.js';
export { type Box, type BoxCorrection, clipBox, correctBox, intersectionOverUnion } from './box.js';
export { classActivationMap, type FeatureMaps } from './class-activation-map.js';
export { type Detection, type Point, suppressNonMaxima } from './detection.js';
export { ExponentialSmoothing } from './exponential-smoothing.js';
export { FaceTracker, type FaceTrackerOptions } from './face-tracker.js';
export { toGray } from './gray.js';
export { colourHeatMap, type HeatMap, overlayHeatMap, resizeHeatMap } from './heat-map.js';
export { type Letterboxed, letterbox } from './letterbox.js';
export { MedianSmoothing } from './median-smoothing.js';
export { OCCLUSION_GRID, type OcclusionGrid, occludedCopies, occlusionMap } from './occlusion.js';
export { type Pixels, pixels } from './pixels.js';
export type { ProbabilitySmoothing } from './probability-smoothing.js';
export { resizeBilinear } from './resize.js';
export { sceneDifference, sceneSignature } from './scene-signature.js';
export {
  estimateSimilarity,
  invertSimilarity,
  type SimilarityTransform,
  scaleOf,
  transformPoint,
} from './similarity-transform.js';
export { type Bounds, boundsOf, crop, squareAround } from './square-crop.js';
export { decodeTinyFace, TINY_FACE_CHANNELS } from './tiny-face-decoder.js';
export { decodeUltraface } from './ultraface-decoder.js';
export { viridis } from './viridis.js';
export { decodeYunet } from './yunet-decoder.js';
