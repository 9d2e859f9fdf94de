import { createRequire } from 'node:module';
import { samplePhoto } from '../../support/samples.ts';
import { figure, percentile, type Row } from '../row.ts';
import { FrameLoad, latencies, type Sample } from './frame-load.ts';
import { saturate } from './throughput-rows.ts';

const sharp = createRequire(new URL('../../../libs/codecs/package.json', import.meta.url))(
  'sharp',
) as typeof import('sharp').default;

const PHASES = ['decode', 'detect', 'queue', 'infer', 'send'] as const;

/** The second table, without goals: pictures as cameras send them, decoded, searched for faces and cut. */
export async function* pictureRows(address: string, forMs: number): AsyncGenerator<Row> {
  const jpeg = await sharp(await samplePhoto(1))
    .resize(640, 360, { fit: 'cover' })
    .jpeg({ quality: 80 })
    .toBuffer();
  const load = new FrameLoad(address, { jpeg, maxInFlight: 1 });
  await load.closedLoop(1, forMs);
  await load.end();
  const times = latencies(load.samples);
  const what = `a 640×360 JPEG of ${Math.round(jpeg.length / 1000)} kB with faces to find, one at a time`;
  for (const share of [0.5, 0.95, 0.99]) yield figure(`picture.p${share * 100}`, what, percentile(times, share), 'ms');
  for (const phase of PHASES)
    yield figure(`picture.${phase}.p50`, `of it ${phase}`, phaseOf(load.samples, phase), 'ms');
  const { rate } = await saturate(address, { jpeg }, forMs, 8);
  yield figure('picture.rate', 'eight streams of it at saturation', rate, 'frames/s');
}

function phaseOf(samples: readonly Sample[], phase: (typeof PHASES)[number]): number {
  return percentile(
    samples.flatMap(({ timings }) => (timings ? [timings[phase]] : [])),
    0.5,
  );
}
