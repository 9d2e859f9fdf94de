// How well faces are followed through a video, and what smoothing does to their labels, by each detector:
//   node test/support/track-clip.ts VIDEO OUT [STEP]
// Needs ffmpeg, the built packages and models, and the shared data. Takes every STEP-th frame; writes a contact sheet per detector into OUT.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { annotateImage, contactSheet, decodeImage } from '@resmask/codecs';
import { type ModelSpec, parseModelSpec } from '@resmask/model-spec';
import { decodeModel, encodeModel, PIXELS_INPUT, withInputStage } from '@resmask/onnx';
import { type SessionTensor, SessionThread } from '@resmask/runtime';
import { argmax, softmax } from '@resmask/tensor';
import {
  crop,
  type Detection,
  ExponentialSmoothing,
  FaceTracker,
  MedianSmoothing,
  type Pixels,
  type ProbabilitySmoothing,
  sceneSignature,
  squareAround,
} from '@resmask/vision';
import { parse } from 'yaml';
import { decodeFaces } from '../../libs/engine/dist/worker/decode-faces.js';
import { inputStageOf } from '../../libs/engine/dist/worker/input-stage-of.js';
import { prepareInput, sourcePlanes } from '../../libs/engine/dist/worker/prepare-input.js';
import { SHARED } from './samples.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const BUILT = `${ROOT}/build/models`;
const DETECTORS: Readonly<Record<string, readonly [model: string, spec: string]>> = {
  'tiny-face': [`${BUILT}/tiny-face-detector.onnx`, `${BUILT}/tiny-face-detector.spec.yaml`],
  yunet: [`${SHARED}/data/detectors/yunet_s_640_640.onnx`, `${ROOT}/docs/detectors/yunet.spec.yaml`],
  ultraface: [`${SHARED}/data/detectors/ultraface_version-RFB-320.onnx`, `${ROOT}/docs/detectors/ultraface.spec.yaml`],
};
const SMOOTHINGS: Readonly<Record<string, () => ProbabilitySmoothing>> = {
  'half-life 200 ms': () => new ExponentialSmoothing(200),
  'half-life 300 ms': () => new ExponentialSmoothing(300),
  'half-life 500 ms': () => new ExponentialSmoothing(500),
  'half-life 800 ms': () => new ExponentialSmoothing(800),
  'median of 9': () => new MedianSmoothing(9),
  'median of 15': () => new MedianSmoothing(15),
};
/** Shorter tracks have no rate of flips worth the name. */
const MIN_FLIP_MS = 1000;

interface Frame {
  readonly timeMs: number;
  readonly encoded: Buffer;
  readonly image: Pixels;
}
interface Sighting {
  readonly frame: number;
  readonly timeMs: number;
  readonly box: Detection['box'];
  readonly probabilities: number[];
}

interface Network {
  readonly spec: ModelSpec;
  readonly thread: SessionThread;
}

async function openNetwork(model: string, specFile: string): Promise<Network> {
  const spec = parseModelSpec(parse(readFileSync(specFile, 'utf8')));
  const staged = withInputStage(decodeModel(readFileSync(model)), inputStageOf(spec.input));
  return { spec, thread: await SessionThread.open(encodeModel(staged), { provider: 'cpu', threads: 1 }) };
}

async function run({ spec: { input, output }, thread }: Network, data: Uint8Array): Promise<readonly SessionTensor[]> {
  const dims = [1, input.height, input.width, sourcePlanes(input)];
  const names = output.task === 'face' ? output.tensors : [output.tensor];
  return (await thread.run({ [PIXELS_INPUT]: { type: 'uint8', dims, data } }, names)).tensors;
}

async function boxes(detector: Network, image: Pixels): Promise<Pick<Detection, 'box'>[]> {
  const { input, output } = detector.spec;
  if (output.task !== 'face') throw new TypeError('a detector is needed');
  const { data, scaleX, scaleY } = prepareInput(image, input);
  return decodeFaces(await run(detector, data), output, input).map(({ box: { x, y, width, height } }) => ({
    box: { x: x * scaleX, y: y * scaleY, width: width * scaleX, height: height * scaleY },
  }));
}

async function classify(classifier: Network, image: Pixels, box: Detection['box']): Promise<number[]> {
  const { input } = classifier.spec;
  const face = crop(image, squareAround(box, input.cropMargin)) ?? image;
  const [logits] = await run(classifier, prepareInput(face, input).data);
  return softmax(logits.data);
}

async function readFrames(video: string, step: number): Promise<Frame[]> {
  const folder = mkdtempSync(join(tmpdir(), 'resmask-clip-'));
  execFileSync('ffmpeg', ['-v', 'error', '-i', video, '-fps_mode', 'passthrough', join(folder, '%06d.png')]);
  const rate = execFileSync('ffprobe', [
    '-v',
    'error',
    '-select_streams',
    'v',
    '-show_entries',
    'stream=r_frame_rate',
    '-of',
    'csv=p=0',
    video,
  ]);
  const [frames, seconds] = rate.toString().split('/').map(Number);
  const read: Frame[] = [];
  for (const [i, file] of readdirSync(folder).sort().entries()) {
    if (i % step !== 0) continue;
    const encoded = readFileSync(join(folder, file));
    const { pixels: image } = await decodeImage(encoded, { maxPixels: 1e8, minSide: 1 });
    read.push({ timeMs: (i * 1000 * seconds) / frames, encoded, image });
  }
  rmSync(folder, { recursive: true });
  return read;
}

/** What was seen of each track, by its id. */
async function follow(
  frames: readonly Frame[],
  detector: Network,
  classifier: Network,
): Promise<Map<string, Sighting[]>> {
  let made = 0;
  const tracker = new FaceTracker({ newId: () => String(++made) });
  const tracks = new Map<string, Sighting[]>();
  for (const [frame, { timeMs, image }] of frames.entries()) {
    const faces = await boxes(detector, image);
    for (const [i, id] of tracker.update(timeMs, faces, sceneSignature(image)).entries()) {
      const { box } = faces[i];
      const sighting = { frame, timeMs, box, probabilities: await classify(classifier, image, box) };
      tracks.set(id, [...(tracks.get(id) ?? []), sighting]);
    }
  }
  return tracks;
}

/** How often the label changes, per second, over all tracks that are long enough. */
function flipRate(tracks: Iterable<readonly Sighting[]>, smoothing?: () => ProbabilitySmoothing): number {
  let flips = 0;
  let lastedMs = 0;
  for (const sightings of tracks) {
    const duration = sightings[sightings.length - 1].timeMs - sightings[0].timeMs;
    if (duration < MIN_FLIP_MS) continue;
    const smooth = smoothing?.();
    const labels = sightings.map(({ timeMs, probabilities }) =>
      argmax(smooth?.add(timeMs, probabilities) ?? probabilities),
    );
    flips += labels.filter((label, i) => i > 0 && label !== labels[i - 1]).length;
    lastedMs += duration;
  }
  return (flips * 1000) / lastedMs;
}

async function drawSheet(
  frames: readonly Frame[],
  tracks: ReadonlyMap<string, readonly Sighting[]>,
  labels: readonly string[],
): Promise<Buffer> {
  const every = Math.max(1, Math.ceil(frames.length / 35));
  const chosen = frames.map((_, i) => i).filter((i) => i % every === 0);
  const drawn = chosen.map((index) => {
    const seen = [...tracks].flatMap(([id, sightings]) =>
      sightings
        .filter(({ frame }) => frame === index)
        .map(({ box, probabilities }) => ({
          box,
          text: `${id} ${labels[argmax(probabilities)]}`,
          colour: colourOf(id),
        })),
    );
    return annotateImage(frames[index].encoded, seen, 'jpeg');
  });
  return contactSheet(await Promise.all(drawn), 5, { width: 480, height: 270 });
}

function colourOf(id: string): string {
  return `hsl(${(Number(id) * 137) % 360}, 90%, 60%)`;
}

const [video, out, step = '1'] = process.argv.slice(2);
const frames = await readFrames(video, Number(step));
const classifier = await openNetwork(`${BUILT}/resmasking-compact.onnx`, `${BUILT}/resmasking-compact.spec.yaml`);
const { output } = classifier.spec;
mkdirSync(out, { recursive: true });
for (const [name, files] of Object.entries(DETECTORS)) {
  const detector = await openNetwork(...files);
  const tracks = await follow(frames, detector, classifier);
  console.log(`\n${name}: ${[...tracks.values()].flat().length} faces in ${frames.length} frames, ${tracks.size} ids`);
  for (const [id, sightings] of tracks) {
    const [first, last] = [sightings[0], sightings[sightings.length - 1]];
    const at = ({ frame, box }: Sighting): string => `frame ${frame} at ${Math.round(box.x)}, ${Math.round(box.y)}`;
    console.log(`  ${id}: ${at(first)} to ${at(last)}, seen in ${sightings.length}`);
  }
  console.log(`  flips per second and track: ${flipRate(tracks.values()).toFixed(2)} raw`);
  for (const [method, create] of Object.entries(SMOOTHINGS))
    console.log(`    ${flipRate(tracks.values(), create).toFixed(2)} ${method}`);
  writeFileSync(
    join(out, `${name}.png`),
    await drawSheet(frames, tracks, output.task === 'expression' ? output.labels : []),
  );
  await detector.thread.close();
}
await classifier.thread.close();
