import type { ImageLimits } from '@resmask/codecs';
import type { ModelSpec } from '@resmask/model-spec';
import type { Failure, Provider } from '@resmask/runtime';
import type { Detection, Pixels } from '@resmask/vision';
import type { RawImage, RegionInput } from '../image-input.js';
import type { LoadableFile } from '../loadable-version.js';
import type { FaceExplanation, PlacedFace } from '../recognition.js';
import type { ExplainOptions as ExplainModelOptions } from './explainable-model.js';

/** What a thread that holds one version is started with. */
export interface ModelWorkerData {
  /** The artifact cache; files are verified by digest when they are read. */
  readonly cacheFolder: string;
  readonly provider: Provider;
  /** Threads one run may use. */
  readonly threads: number;
  readonly limits: ImageLimits;
  readonly name: string;
  readonly files: readonly LoadableFile[];
  readonly spec: ModelSpec;
  /** What its sessions do: classify or find faces, or explain. */
  readonly role: SessionRole;
  /** Images of a run at most. */
  readonly maxBatch: number;
  /** A batch that takes longer is not grown any further, in milliseconds. */
  readonly maxBatchMs: number;
}

/** What a version's sessions are for: to serve; or to explain, with outputs that make a run slower. */
export type SessionRole = 'serve' | 'explain';

/** Images for one batch: inputs that are ready, or a small raw image and where its faces are. */
export type ClassifyItem =
  | { readonly kind: 'prepared'; readonly inputs: Uint8Array }
  | { readonly kind: 'raw'; readonly image: RawImage; readonly regions: readonly RegionInput[] };

/** Probabilities of an item's images, one row after the other; for a raw image also its faces. */
export type ClassifiedItem =
  | { readonly rows: Float32Array; readonly faces: readonly PlacedFace[] }
  | { readonly failure: Failure };

export type ModelRequest =
  | { readonly kind: 'open' }
  | { readonly kind: 'classify'; readonly items: readonly ClassifyItem[] }
  /** One prepared input. */
  | { readonly kind: 'detect'; readonly input: Uint8Array }
  /** Whole grey images, one after the other. */
  /** One prepared input, and its crop if the map shall be drawn over it; only where the role is to explain. */
  | {
      readonly kind: 'explain';
      readonly input: Uint8Array;
      readonly picture: Pixels | undefined;
      readonly options: ExplainModelOptions;
    }
  | { readonly kind: 'samples'; readonly images: Uint8Array; readonly width: number; readonly height: number };

export type ModelResponse =
  | { readonly kind: 'opened'; readonly maxBatch: number }
  | {
      readonly kind: 'classified';
      readonly items: readonly ClassifiedItem[];
      readonly prepareMs: number;
      readonly inferMs: number;
      readonly batchSize: number;
    }
  /** Faces in pixels of the input. */
  | { readonly kind: 'detected'; readonly detections: readonly Detection[]; readonly inferMs: number }
  | { readonly kind: 'explained'; readonly explanation: FaceExplanation }
  | { readonly kind: 'probabilities'; readonly rows: Float32Array };
