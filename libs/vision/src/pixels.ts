/** An image as bytes: row-major, interleaved; 1 channel is grey, 3 are red, green, blue. */
export interface Pixels {
  readonly width: number;
  readonly height: number;
  readonly channels: 1 | 3;
  readonly data: Uint8Array;
}

/** @throws RangeError if the bytes are not width × height × channels. */
export function pixels(width: number, height: number, channels: 1 | 3, data: Uint8Array): Pixels {
  if (data.length !== width * height * channels) {
    throw new RangeError(
      `${width}×${height}×${channels} pixels are ${width * height * channels} bytes, got ${data.length}`,
    );
  }
  return { width, height, channels, data };
}
