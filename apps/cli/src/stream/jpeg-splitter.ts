const START = Buffer.from([0xff, 0xd8]);
const END = Buffer.from([0xff, 0xd9]);
/** A stream without an end marker for this long is no motion JPEG. */
const MAX_IMAGE_BYTES = 64 * 1024 * 1024;

/**
 * Cuts a motion JPEG stream into images. Inside an image's data every 0xFF is followed by 0x00 or a restart marker, so the end
 * marker is found by its bytes alone (ITU-T T.81, B.1.1.5); encoders that embed thumbnails are not fed here.
 */
export async function* splitJpegs(bytes: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of bytes) {
    // The end marker may straddle two chunks.
    let searchFrom = Math.max(0, rest.length - 1);
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = rest.indexOf(END, searchFrom); end >= 0; end = rest.indexOf(END)) {
      const image = rest.subarray(0, end + END.length);
      rest = rest.subarray(end + END.length);
      searchFrom = 0;
      if (image.subarray(0, START.length).equals(START)) yield image;
    }
    if (rest.length > MAX_IMAGE_BYTES)
      throw new RangeError('the stream is no motion JPEG: no image ends within 64 MiB');
  }
}
