import type { ImageLimits } from '@resmask/codecs';
import type { ModelSpec } from '@resmask/model-spec';
import type { Provider, ProviderChoice } from '@resmask/runtime';
import type { Box, Point } from '@resmask/vision';
import type { LoadableFile } from './loadable-version.js';

/** What every worker is started with. */
export interface EngineWorkerData {
  readonly cacheFolder: string;
  readonly provider: ProviderChoice;
  readonly threads: number;
  readonly limits: ImageLimits;
}

/** An image as it came: encoded, or pixels in one of three orders. */
export type ImageInput =
  | { readonly kind: 'encoded'; readonly bytes: Uint8Array }
  | {
      readonly kind: 'raw';
      readonly format: 'gray8' | 'rgb24' | 'bgr24';
      readonly width: number;
      readonly height: number;
      readonly bytes: Uint8Array;
    };

/** Where a face is, said by the client: a detector's box, exactly these pixels, or the whole image. */
export type RegionInput =
  | { readonly kind: 'face'; readonly box: Box }
  | { readonly kind: 'crop'; readonly box: Box }
  | { readonly kind: 'whole' };

/** A face and its probabilities in the order of the classifier's labels. */
export interface RecognizedFace {
  readonly box: Box;
  readonly score: number;
  readonly landmarks: readonly Point[];
  readonly probabilities: readonly number[];
}

export interface Recognition {
  readonly width: number;
  readonly height: number;
  readonly faces: readonly RecognizedFace[];
}

export interface RecognizeTask {
  readonly image: ImageInput;
  /** Digest of a loaded classifier. */
  readonly classifier: string;
  /** Digest of a loaded detector; used when there are no regions. */
  readonly detector: string;
  readonly regions: readonly RegionInput[];
  readonly maxFaces: number;
}

export interface ClassifyTask {
  readonly classifier: string;
  /** Images of the data set: grey, one after the other. */
  readonly images: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export interface LoadTask {
  readonly digest: string;
  readonly name: string;
  readonly files: readonly LoadableFile[];
  readonly spec: ModelSpec;
}

export type EngineRequest =
  | { readonly kind: 'provider' }
  | ({ readonly kind: 'load' } & LoadTask)
  | { readonly kind: 'unload'; readonly digest: string }
  | ({ readonly kind: 'recognize' } & RecognizeTask)
  | ({ readonly kind: 'classify' } & ClassifyTask);

export type EngineResponse =
  | { readonly kind: 'provider'; readonly provider: Provider }
  | { readonly kind: 'done' }
  | { readonly kind: 'recognition'; readonly recognition: Recognition }
  | { readonly kind: 'probabilities'; readonly probabilities: readonly (readonly number[])[] };
