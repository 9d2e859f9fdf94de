import { existsSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { encodedImage, type FrameInput } from '@resmask/client';
import { run } from './command-line.js';
import { SHARED, samplePhoto } from './samples.js';

const CLIP = SHARED && `${SHARED}/data/photos/fr_short_hamilton_clip.mp4`;
/** Four a second: enough for several scenes, and few enough for a test. */
const CLIP_FRAMES = ['-vf', 'fps=4,scale=640:-2', '-q:v', '2', '-frames:v', '40'];

/** Fills a folder with what is streamed: frames of the shared clip, else the six sample photographs. */
export async function writeStreamPictures(folder: string): Promise<void> {
  if (CLIP && existsSync(CLIP)) {
    const cut = ['-v', 'error', '-i', CLIP, ...CLIP_FRAMES, join(folder, '%05d.jpg')];
    const { code } = await run('ffmpeg', cut).catch(() => ({ code: -1 }));
    if (code === 0) return;
  }
  for (const i of [1, 2, 3, 4, 5, 6]) await writeFile(join(folder, `${i}.jpg`), await samplePhoto(i));
}

/** The pictures of a folder as frames, in the order of their names. */
export async function* pictureFrames(folder: string): AsyncGenerator<FrameInput> {
  for (const [i, name] of (await readdir(folder)).sort().entries())
    yield { frameId: i + 1, image: encodedImage(await readFile(join(folder, name))) };
}
