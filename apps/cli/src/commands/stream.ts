import { DeliveryMode, encodedImage, type FrameInput, isFrameReply } from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action, type Context } from '../context.js';
import { answerView, describeFaces } from '../stream/answer-view.js';
import { pace } from '../stream/pace.js';
import { readPictures, type SourceFrame } from '../stream/pictures.js';
import { StreamSummary } from '../stream/stream-summary.js';
import { isVideo, readVideo, videoFrameRate } from '../stream/video.js';

interface StreamOptions {
  readonly model: string;
  readonly detector: string;
  readonly mode: keyof typeof MODES;
  readonly speed: number;
  readonly fps: number;
  readonly maxInFlight: number;
}

const MODES = { latest: DeliveryMode.DELIVERY_MODE_LATEST, lossless: DeliveryMode.DELIVERY_MODE_LOSSLESS } as const;

export function addStreamCommand(program: Command): void {
  program
    .command('stream')
    .argument('<sources...>', 'a video, or pictures and folders of pictures')
    .description('stream frames and print one line per frame, in order')
    .option('--model <ref>', 'classifier: "name", "name@alias" or "name/version"', '')
    .option('--detector <ref>', 'face detector', '')
    .addOption(
      new Option('--mode <mode>', 'drop frames that come too fast, or slow the sender')
        .choices(['latest', 'lossless'])
        .default('lossless'),
    )
    .option(
      '--speed <factor>',
      'times the frame rate of the source, or "max" for no pacing (default: 1 for latest, max for lossless)',
      parseSpeed,
    )
    .option('--fps <rate>', 'frame rate of pictures', parseRate, 25)
    .option('--max-in-flight <frames>', 'frames recognised at once; 0 lets the service choose', Number, 0)
    .action(action(stream));
}

async function stream(
  { output, inference, parent }: Context,
  options: StreamOptions,
  sources: string[],
): Promise<void> {
  const { model, detector, maxInFlight } = options;
  const mode = MODES[options.mode];
  const sent = new Map<number, { source: string; at: number }>();
  const summary = new StreamSummary();
  const frames = numbered(await pacedFrames(sources, options), sent);
  const onResume = (error: Error): void => output.note(`the stream was lost (${error.message}); going on`);
  for await (const answer of inference.streamFrames({ parent, model, detector, mode, maxInFlight }, frames, {
    onResume,
  })) {
    if (answer.$case === 'accepted') {
      const { value } = answer;
      output.note(
        `${value.model} with ${value.detector || 'no detector'} on ${value.executionProvider}, ${options.mode}, ${value.maxInFlight} frames at once`,
      );
      continue;
    }
    if (!isFrameReply(answer)) continue;
    const { source, at } = sent.get(answer.value.frameId) ?? { source: '', at: performance.now() };
    sent.delete(answer.value.frameId);
    const latencyMs = performance.now() - at;
    summary.add(answer.$case, latencyMs);
    const view = answerView(answer, source, latencyMs);
    output.line(view, () => `${String(view.frameId).padStart(6)}  ${describe(view, answer)}  ${source}`);
  }
  output.note(summary.toString());
}

function describe(view: ReturnType<typeof answerView>, answer: Parameters<typeof answerView>[0]): string {
  if (answer.$case === 'result') return describeFaces(answer.value.faces);
  return 'message' in view ? `error ${view.code}: ${view.message}` : 'dropped';
}

async function pacedFrames(
  sources: readonly string[],
  { mode, speed, fps }: StreamOptions,
): Promise<AsyncIterable<SourceFrame>> {
  const videos = sources.filter(isVideo);
  if (videos.length > 0 && sources.length > 1) {
    throw new DomainError(
      'FIELD_INVALID',
      'one video at a time can be streamed; give a single video, or only pictures',
    );
  }
  const factor = speed ?? (mode === 'latest' ? 1 : Number.POSITIVE_INFINITY);
  const rate = videos.length > 0 ? await videoFrameRate(videos[0]) : fps;
  const frames = videos.length > 0 ? readVideo(videos[0]) : readPictures(sources);
  return Number.isFinite(factor) ? pace(frames, rate * factor) : frames;
}

async function* numbered(
  frames: AsyncIterable<SourceFrame>,
  sent: Map<number, { source: string; at: number }>,
): AsyncGenerator<FrameInput> {
  let frameId = 0;
  for await (const { bytes, source } of frames) {
    frameId += 1;
    const now = Date.now();
    sent.set(frameId, { source, at: performance.now() });
    const captureTime = { seconds: Math.floor(now / 1000), nanos: (now % 1000) * 1_000_000 };
    yield { frameId, image: encodedImage(bytes), captureTime };
  }
}

function parseSpeed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  return parseRate(text);
}

function parseRate(text: string): number {
  const rate = Number(text);
  if (!(rate > 0) || !Number.isFinite(rate)) throw new InvalidArgumentError('a number above 0 is needed.');
  return rate;
}
