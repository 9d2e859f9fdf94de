import sharp from 'sharp';

const GAP = 8;
const BACKGROUND = { r: 24, g: 24, b: 28 };

/**
 * Pictures side by side on one sheet.
 * @param images encoded images
 * @param columns pictures per row
 * @param cell width and height of the place for each picture in pixels
 * @returns a PNG
 */
export async function contactSheet(
  images: readonly Uint8Array[],
  columns: number,
  cell: { readonly width: number; readonly height: number },
): Promise<Buffer> {
  const rows = Math.ceil(images.length / columns);
  const tiles = await Promise.all(
    images.map(async (image, i) => ({
      input: await sharp(image)
        .resize(cell.width, cell.height, { fit: 'contain', background: BACKGROUND })
        .png()
        .toBuffer(),
      left: GAP + (i % columns) * (cell.width + GAP),
      top: GAP + Math.floor(i / columns) * (cell.height + GAP),
    })),
  );
  const width = GAP + columns * (cell.width + GAP);
  const height = GAP + rows * (cell.height + GAP);
  return sharp({ create: { width, height, channels: 3, background: BACKGROUND } })
    .composite(tiles)
    .png()
    .toBuffer();
}
