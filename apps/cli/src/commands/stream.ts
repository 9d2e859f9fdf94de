import {
  DeliveryMode,
  encodedImage,
  type FrameAnswer,
  type FrameInput,
  type FrameReply,
  isFrameReply,
  type Smoothing,
  type StreamConfig,
  type StreamHint,
} from '@resmask/client';
import { DomainError } from '@resmask/errors';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { action, type Context } from '../context.js';
import { writeExplanations } from '../recognition/explanation-pictures.js';
import { addFaceOptions, type FaceOptions, faceRequest } from '../recognition/face-options.js';
import { parseSmoothing, toDuration } from '../recognition/parse-smoothing.js';
import { wholeNumber } from '../recognition/whole-number.js';
import { answerView, describeFaces, dropReason } from '../stream/answer-view.js';
import { pace } from '../stream/pace.js';
import { readPictures, type SourceFrame } from '../stream/pictures.js';
import { StreamSummary } from '../stream/stream-summary.js';
import { isVideo, readVideo, videoFrameRate } from '../stream/video.js';

interface StreamOptions extends FaceOptions {
  readonly mode: keyof typeof MODES;
  readonly speed: number;
  readonly fps: number;
  readonly maxInFlight: number;
  readonly tracking: boolean;
  readonly smoothing?: Smoothing;
  readonly explain?: string;
  readonly explainEvery: number;
  readonly frameDeadline?: number;
  readonly hints: boolean;
}

interface SentFrame {
  readonly source: string;
  readonly at: number;
}

const MODES = { latest: DeliveryMode.DELIVERY_MODE_LATEST, lossless: DeliveryMode.DELIVERY_MODE_LOSSLESS } as const;

export function addStreamCommand(program: Command): void {
  const command = program
    .command('stream')
    .argument('<sources...>', 'a video, or pictures and folders of pictures')
    .description('stream frames and print one line per frame, in order');
  addFaceOptions(command)
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
    .option('--max-in-flight <frames>', 'frames recognised at once; 0 lets the service choose', wholeNumber(0), 0)
    .option('--tracking', 'follow faces from frame to frame and give them ids', false)
    .option('--smoothing <method>', 'smooth each face over time: a half-life ("300ms") or "median:15"', parseSmoothing)
    .option('--explain <folder>', 'write each face with the pixels that spoke for its label in colours over it')
    .option('--explain-every <n>', 'explain every n-th frame only', wholeNumber(1), 1)
    .option('--frame-deadline <ms>', 'drop a frame that is not being recognised this soon', wholeNumber(1))
    .option('--no-hints', 'do not skip frames of a live stream when the service wishes for fewer')
    .action(action(stream));
}

async function stream(context: Context, options: StreamOptions, sources: string[]): Promise<void> {
  const { output, inference, parent } = context;
  const sent = new Map<number, SentFrame>();
  const summary = new StreamSummary();
  const rate = await frameRate(sources, options);
  const frames = numberedFrames(pacedFrames(sources, options, rate), rate, sent);
  const controls = {
    followHints: options.hints,
    onHint: (hint: StreamHint) => output.note(hintText(hint)),
    onResume: (error: Error) => output.note(`the stream was lost (${error.message}); going on`),
  };
  for await (const answer of inference.streamFrames({ parent, ...configOf(options) }, frames, controls)) {
    if (answer.$case === 'accepted') output.note(acceptedText(answer, options));
    if (!isFrameReply(answer)) continue;
    const { source, at } = sent.get(answer.value.frameId) ?? { source: '', at: performance.now() };
    sent.delete(answer.value.frameId);
    const latencyMs = performance.now() - at;
    summary.add(answer.$case, latencyMs);
    const view = answerView(answer, source, latencyMs, await explanationFiles(options, source, answer));
    output.line(view, () => `${String(view.frameId).padStart(6)}  ${describe(view, answer)}  ${source}`);
  }
  output.note(summary.toString());
}

/** The stream's configuration; smoothing follows tracks, so it asks for them too. */
function configOf(options: StreamOptions): Partial<StreamConfig> {
  const { mode, maxInFlight, tracking, smoothing, explain, explainEvery, frameDeadline } = options;
  return {
    ...faceRequest(options),
    mode: MODES[mode],
    maxInFlight,
    tracking: tracking || smoothing !== undefined,
    smoothing,
    explanation: explain
      ? { everyNthFrame: explainEvery, options: { method: 0, label: '', overlay: true, masks: false } }
      : undefined,
    frameDeadline: frameDeadline === undefined ? undefined : toDuration(frameDeadline),
  };
}

function acceptedText({ value }: Extract<FrameAnswer, { $case: 'accepted' }>, { mode }: StreamOptions): string {
  const { model, detector, executionProvider, maxInFlight } = value;
  return `${model} with ${detector || 'no detector'} on ${executionProvider}, ${mode}, ${maxInFlight} frames at once`;
}

function hintText({ targetFps, maxSide, jpegQuality }: StreamHint): string {
  const wishes = [
    ...(targetFps > 0 ? [`${targetFps} frames a second`] : []),
    ...(maxSide > 0 ? [`images of at most ${maxSide} pixels a side`] : []),
    ...(jpegQuality > 0 ? [`JPEG quality ${jpegQuality}`] : []),
  ];
  return wishes.length > 0 ? `the service could do well: ${wishes.join(', ')}` : 'the service can do everything again';
}

async function explanationFiles(
  { explain }: StreamOptions,
  source: string,
  answer: FrameReply,
): Promise<(string | undefined)[]> {
  return explain && answer.$case === 'result' ? writeExplanations(explain, source, answer.value.faces) : [];
}

function describe(view: ReturnType<typeof answerView>, answer: FrameReply): string {
  if (answer.$case === 'result') return describeFaces(answer.value.faces);
  if (answer.$case === 'dropped') return `dropped (${dropReason(answer.value)})`;
  return 'message' in view ? `error ${view.code}: ${view.message}` : '';
}

async function* numberedFrames(
  frames: AsyncIterable<SourceFrame>,
  rate: number,
  sent: Map<number, SentFrame>,
): AsyncGenerator<FrameInput> {
  const startedAt = Date.now();
  let frameId = 0;
  for await (const { bytes, source } of frames) {
    // By the source's own time, so that faces are followed alike at any speed.
    const takenAt = startedAt + (frameId * 1000) / rate;
    frameId += 1;
    sent.set(frameId, { source, at: performance.now() });
    yield { frameId, image: encodedImage(bytes), captureTime: toDuration(takenAt) };
  }
}

/** Frames a second of the source. @throws DomainError FIELD_INVALID for a video among others */
async function frameRate(sources: readonly string[], { fps }: StreamOptions): Promise<number> {
  const videos = sources.filter(isVideo);
  if (videos.length === 0) return fps;
  if (sources.length === 1) return videoFrameRate(videos[0]);
  throw new DomainError('FIELD_INVALID', 'one video at a time can be streamed; give a single video, or only pictures');
}

function pacedFrames(
  sources: readonly string[],
  { mode, speed }: StreamOptions,
  rate: number,
): AsyncIterable<SourceFrame> {
  const factor = speed ?? (mode === 'latest' ? 1 : Number.POSITIVE_INFINITY);
  const frames = isVideo(sources[0]) ? readVideo(sources[0]) : readPictures(sources);
  return Number.isFinite(factor) ? pace(frames, rate * factor) : frames;
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
