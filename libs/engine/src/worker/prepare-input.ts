import type { InputSpec } from '@resmask/model-spec';
import { letterbox, type Pixels, resizeBilinear, toGray } from '@resmask/vision';

/** Bytes in the form a model's input stage takes, and how coordinates of the input come back to the image. */
export interface PreparedInput {
  /** height × width × planes, row-major. */
  readonly data: Uint8Array;
  readonly scaleX: number;
  readonly scaleY: number;
}

/** Colour planes the input stage is given: grey alone, or red, green, blue. */
export function sourcePlanes({ source }: InputSpec): 1 | 3 {
  return source === 'gray' ? 1 : 3;
}

/** Brings an image or crop to the model's size and colours. */
export function prepareInput(image: Pixels, input: InputSpec): PreparedInput {
  const { width, height } = input;
  const coloured = input.source === 'gray' ? toGray(image) : toColour(image);
  if (input.resize === 'letterbox') {
    const { image: boxed, scaleX, scaleY } = letterbox(coloured, width, height);
    return { data: boxed.data, scaleX, scaleY };
  }
  const { data } = resizeBilinear(coloured, width, height);
  return { data, scaleX: image.width / width, scaleY: image.height / height };
}

function toColour(image: Pixels): Pixels {
  if (image.channels === 3) return image;
  const data = new Uint8Array(image.data.length * 3);
  for (let i = 0; i < image.data.length; i += 1) data.fill(image.data[i], i * 3, i * 3 + 3);
  return { ...image, channels: 3, data };
}
