import { crc32, deflateSync } from 'node:zlib';
import { noiseJpeg, noisePng, reencode } from './pictures.js';

const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** Small files that would become huge, or that are not what they begin like; each with how its frame is answered. */
export async function pictureBombs(): Promise<readonly [name: string, bytes: Buffer, answer: string][]> {
  const jpeg = await noiseJpeg(64, 48);
  const webp = await reencode(await noisePng(64, 48), 'webp');
  const gif = Buffer.concat([Buffer.from('GIF89a'), Buffer.from([0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0x3b])]);
  return [
    ['a PNG of 20000 × 20000', png(20_000, 20_000), 'error FRAME_TOO_LARGE'],
    ['a PNG of 2³¹ − 1 × 2³¹ − 1', png(2 ** 31 - 1, 2 ** 31 - 1), 'error FRAME_UNDECODABLE'],
    // Its text is nobody's business and stays packed.
    ['a PNG whose text unpacks to 200 MB', png(64, 48, textBomb(200_000_000)), 'result'],
    ['a JPEG whose header says 65500 × 65500', resizedJpeg(jpeg, 65_500, 65_500), 'error FRAME_TOO_LARGE'],
    ['a WebP whose canvas is 16384 × 16384', canvas(webp, 16_384, 16_384), 'error FRAME_UNDECODABLE'],
    ['an animated GIF that begins like a PNG', Buffer.concat([PNG, gif]), 'error FRAME_UNDECODABLE'],
    ['a GIF', gif, 'error FRAME_UNDECODABLE'],
    [
      'an SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="99999" height="99999"/>'),
      'error FRAME_UNDECODABLE',
    ],
  ];
}

function png(width: number, height: number, extra: Buffer = Buffer.alloc(0)): Buffer {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2, 0, 0, 0], 8);
  const rows = deflateSync(Buffer.alloc(10_000));
  return Buffer.concat([PNG, chunk('IHDR', header), extra, chunk('IDAT', rows), chunk('IEND', Buffer.alloc(0))]);
}

function textBomb(bytes: number): Buffer {
  return chunk('zTXt', Buffer.concat([Buffer.from('Comment\0\0'), deflateSync(Buffer.alloc(bytes), { level: 9 })]));
}

function chunk(type: string, data: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type), data]);
  const whole = Buffer.alloc(body.length + 8);
  whole.writeUInt32BE(data.length, 0);
  body.copy(whole, 4);
  whole.writeUInt32BE(crc32(body), body.length + 4);
  return whole;
}

/** The frame header of a baseline JPEG begins with FF C0, its length and 8 bits; then come height and width. */
function resizedJpeg(jpeg: Buffer, width: number, height: number): Buffer {
  const copy = Buffer.from(jpeg);
  const at = copy.indexOf(Buffer.from([0xff, 0xc0, 0x00, 0x11, 0x08]));
  copy.writeUInt16BE(height, at + 5);
  copy.writeUInt16BE(width, at + 7);
  return copy;
}

/** The same picture behind an extended header that says another size. */
function canvas(webp: Buffer, width: number, height: number): Buffer {
  const extended = Buffer.alloc(18);
  extended.write('VP8X', 0);
  extended.writeUInt32LE(10, 4);
  extended.writeUIntLE(width - 1, 12, 3);
  extended.writeUIntLE(height - 1, 15, 3);
  const whole = Buffer.concat([webp.subarray(0, 12), extended, webp.subarray(12)]);
  whole.writeUInt32LE(whole.length - 8, 4);
  return whole;
}
