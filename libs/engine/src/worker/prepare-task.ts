import type { ImageLimits } from '@resmask/codecs';
import type { InputSpec } from '@resmask/model-spec';
import type { Detection, Pixels } from '@resmask/vision';
import type { ImageInput, RegionInput } from '../image-input.js';
import type { PlacedFace } from '../recognition.js';

/** What a thread that prepares images is started with. */
export interface PrepareWorkerData {
  readonly limits: ImageLimits;
}

/** How crops are made. */
export interface CropRequest {
  /** Inputs of the classifiers, each different. */
  readonly classifiers: readonly InputSpec[];
  /** Turn faces upright by their landmarks. */
  readonly alignment: boolean;
  /** Also give the crops of so many faces as pictures. */
  readonly pictures: number;
  /** Also give the scene's signature, by which cuts are told. */
  readonly scene: boolean;
}

export type PrepareRequest =
  /** Decodes an image, keeps its pixels under the number, and prepares the detector's input. */
  | {
      readonly kind: 'open';
      readonly frame: number;
      readonly image: ImageInput;
      readonly detector: InputSpec;
    }
  /** Cuts faces out of a kept image, which is then forgotten. */
  | ({
      readonly kind: 'crop';
      readonly frame: number;
      /** In pixels of the detector's input. */
      readonly detections: readonly Detection[];
      readonly maxFaces: number;
      /** In pixels of the image. */
      readonly minFaceSize: number;
    } & CropRequest)
  /** Decodes an image and cuts regions out of it. */
  | ({ readonly kind: 'regions'; readonly image: ImageInput; readonly regions: readonly RegionInput[] } & CropRequest)
  /** Forgets a kept image. */
  | { readonly kind: 'forget'; readonly frame: number };

export type PrepareResponse =
  | { readonly kind: 'opened'; readonly input: Uint8Array; readonly milliseconds: number }
  | {
      readonly kind: 'cropped';
      readonly width: number;
      readonly height: number;
      readonly faces: readonly PlacedFace[];
      /** For each classifier, the inputs of all faces one after the other. */
      readonly inputs: readonly Uint8Array[];
      readonly pictures: readonly Pixels[];
      readonly scene: Float32Array | undefined;
      readonly milliseconds: number;
    }
  | { readonly kind: 'forgotten' };
