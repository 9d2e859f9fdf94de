import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { extname } from 'node:path';
import { promisify } from 'node:util';
import { DomainError } from '@resmask/errors';
import { splitJpegs } from './jpeg-splitter.js';
import type { SourceFrame } from './pictures.js';

const VIDEOS = new Set(['.mp4', '.m4v', '.mov', '.mkv', '.webm', '.avi', '.mpg', '.mpeg', '.ts']);
/** ffmpeg's scale of 2 (best) to 31: artefacts must not change expressions. */
const JPEG_QUALITY = '2';

export function isVideo(path: string): boolean {
  return VIDEOS.has(extname(path).toLowerCase());
}

/** Frames per second of a video's first picture stream. @throws DomainError TOOL_MISSING or FILE_UNREADABLE. */
export async function videoFrameRate(path: string): Promise<number> {
  const query = [
    '-v',
    'error',
    '-select_streams',
    'v:0',
    '-show_entries',
    'stream=avg_frame_rate',
    '-of',
    'csv=p=0',
    path,
  ];
  try {
    const { stdout } = await promisify(execFile)('ffprobe', query);
    const [frames, seconds] = stdout.trim().split('/').map(Number);
    if (frames > 0 && seconds > 0) return frames / seconds;
  } catch (error) {
    throw videoError(path, error);
  }
  throw new DomainError('FILE_UNREADABLE', `${path} has no picture stream with a frame rate`);
}

/** Every frame of a video as a JPEG, decoded by the system's ffmpeg. @throws DomainError TOOL_MISSING or FILE_UNREADABLE. */
export async function* readVideo(path: string): AsyncGenerator<SourceFrame> {
  // `-fps_mode passthrough`: each coded frame once, none repeated or left out to even the rate.
  const output = ['-fps_mode', 'passthrough', '-f', 'image2pipe', '-c:v', 'mjpeg', '-q:v', JPEG_QUALITY, '-'];
  const ffmpeg = spawn('ffmpeg', ['-v', 'error', '-nostdin', '-i', path, ...output], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let problem = '';
  ffmpeg.stderr.setEncoding('utf8').on('data', (text: string) => {
    problem = (problem + text).slice(-500);
  });
  const closed = once(ffmpeg, 'close').catch((error: unknown) => {
    throw videoError(path, error);
  });
  closed.catch(() => {});
  let index = 0;
  try {
    for await (const bytes of splitJpegs(ffmpeg.stdout)) {
      index += 1;
      yield { bytes, source: `${path}#${index}` };
    }
    const [code] = await closed;
    if (code !== 0)
      throw new DomainError(
        'FILE_UNREADABLE',
        `ffmpeg cannot read ${path}: ${problem.trim() || `it ended with code ${code}`}`,
      );
  } finally {
    ffmpeg.kill();
  }
}

function videoError(path: string, cause: unknown): DomainError {
  if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') {
    return new DomainError(
      'TOOL_MISSING',
      'ffmpeg and ffprobe are needed to read videos and are not on the PATH; install ffmpeg, or stream a folder of pictures',
      { cause },
    );
  }
  const text = cause instanceof Error ? cause.message.split('\n').at(-2) || cause.message : String(cause);
  return new DomainError('FILE_UNREADABLE', `${path} cannot be read: ${text}`, { cause });
}
