import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client, credentials } from '@grpc/grpc-js';
import {
  DeliveryMode,
  encodedImage,
  type FrameInput,
  type InferenceClient,
  PixelFormat,
  rawImage,
} from '@resmask/client';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { answersTo, summary } from '../support/answers.js';
import { Needle } from '../support/needle.js';
import { OtlpCollector } from '../support/otlp-collector.js';
import { samplePhoto } from '../support/samples.js';
import { Scrape } from '../support/scrape.js';
import { TestPlatform } from '../support/test-platform.js';
import type { TestService } from '../support/test-service.js';

const LOSSLESS = { mode: DeliveryMode.DELIVERY_MODE_LOSSLESS };
const LATEST = { mode: DeliveryMode.DELIVERY_MODE_LATEST };
const SIDE = 96;
const WHOLE_FRAME = [{ area: { $case: 'wholeFrame' as const, value: {} } }];
const SERVER_SPAN = 2;
/** Flags of an open file: written or both read and written. */
const WRITABLE = 0o3;

describe('frames', () => {
  const needle = new Needle(randomBytes(48));
  const pixels = Buffer.alloc(SIDE * SIDE, needle.bytes);
  let platform: TestPlatform;
  let service: TestService;
  let inference: InferenceClient;
  let collector: OtlpCollector;
  let temporary: string;
  let jpeg: Buffer;
  let metrics = '';

  beforeAll(async () => {
    collector = await OtlpCollector.start();
    temporary = await mkdtemp(join(tmpdir(), 'resmask-temporary-'));
    jpeg = withComment(await samplePhoto(1), needle.bytes);
    platform = await TestPlatform.start();
    await platform.publishShippedModels();
    service = await platform.startInference({
      ...collector.environment,
      RESMASK_METRICS_LISTEN: '127.0.0.1:0',
      RESMASK_LOG_LEVEL: 'debug',
      // ONNX Runtime's library would report home, and keeps what it has to say there.
      ...{ TMPDIR: temporary, HOME: temporary, XDG_CACHE_HOME: temporary, CI: '' },
    });
    inference = platform.inference;
    await answersTo(inference, LOSSLESS, [frame(1, encodedImage(await samplePhoto(2)))]);
    await sendEverything();
    metrics = (await Scrape.of(service)).text;
    await delay(1000);
  });
  afterAll(async () => {
    await platform.stop();
    collector.close();
    await rm(temporary, { recursive: true });
  });

  const frame = (frameId: number, image: FrameInput['image'], more: Partial<FrameInput> = {}): FrameInput => ({
    frameId,
    image,
    ...more,
  });

  /** The marker as pixels, in a JPEG's comment, as no picture at all, in the wrong place, and as no message at all. */
  async function sendEverything(): Promise<void> {
    const raw = rawImage(PixelFormat.PIXEL_FORMAT_GRAY8, SIDE, SIDE, pixels);
    const colour = rawImage(PixelFormat.PIXEL_FORMAT_RGB24, 32, SIDE, pixels.subarray(0, 32 * SIDE * 3));
    const pictures = [raw, colour, encodedImage(jpeg)];
    const served = Array.from({ length: 30 }, (_, i) => frame(i + 1, pictures[i % 3], { regions: regionsOf(i) }));
    const refused = [
      frame(31, encodedImage(pixels)),
      frame(32, rawImage(PixelFormat.PIXEL_FORMAT_GRAY8, SIDE + 1, SIDE, pixels)),
      frame(32, raw),
    ];
    const answers = await answersTo(inference, LOSSLESS, [...served, ...refused]);
    expect(answers.map(summary).slice(-4)).toEqual([
      '30 result',
      '31 error FRAME_UNDECODABLE',
      '32 error FRAME_SIZE_MISMATCH',
      '32 error FRAME_ID_NOT_INCREASING',
    ]);
    await answersTo(inference, LATEST, served);
    const explained = { ...LOSSLESS, explanation: { everyNthFrame: 1, options: { masks: true, overlay: true } } };
    await answersTo(inference, explained as never, [frame(1, raw, { regions: WHOLE_FRAME })]);
    await inference.recognize({ image: encodedImage(jpeg) });
    await inference.recognize({ image: encodedImage(pixels) }).catch(() => {});
    await sendNoMessage();
  }

  function regionsOf(i: number): FrameInput['regions'] {
    return i % 2 === 0 ? WHOLE_FRAME : [];
  }

  async function sendNoMessage(): Promise<void> {
    const client = new Client(service.address, credentials.createInsecure());
    const bytes = (message: Buffer): Buffer => message;
    const path = '/resmask.inference.v1.InferenceService/Recognize';
    await new Promise<void>((resolve) => client.makeUnaryRequest(path, bytes, bytes, needle.bytes, () => resolve()));
    client.close();
  }

  it('are found by this search wherever they were', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'resmask-needle-'));
    const { bytes } = needle;
    const around = (text: string): string => `x${text}y`;
    for (const [name, content] of Object.entries({
      raw: Buffer.concat([randomBytes(7), pixels.subarray(11)]),
      jpeg,
      hex: around(bytes.toString('hex')),
      json: JSON.stringify({ frame: Buffer.concat([randomBytes(3), bytes]) }),
      base64: around(Buffer.concat([randomBytes(4), bytes, randomBytes(5)]).toString('base64')),
      base64url: Buffer.concat([randomBytes(2), bytes]).toString('base64'),
    }))
      await writeFile(join(folder, name), content);
    const found = await needle.filesWith(folder);
    for (const name of ['raw', 'jpeg', 'hex', 'json', 'base64', 'base64url'])
      expect(
        found.some((file) => file.startsWith(`${join(folder, name)}: `)),
        name,
      ).toBe(true);
    await rm(folder, { recursive: true });
  });

  it('are in no file of the state or the cache, and nothing at all is left in the temporary or the home folder', async () => {
    expect(await needle.filesWith(platform.folder)).toEqual([]);
    expect(await readdir(temporary, { recursive: true })).toEqual([]);
  });

  it('are in no file that the service has open for writing, not even one without a name', async () => {
    const open = await filesOpenForWriting(service.pid);
    expect(open.filter((file) => !/^(\/dev\/|pipe:|socket:|anon_inode:)/.test(file))).toEqual([]);
  });

  it('are in no log, however much is logged', () => {
    expect(service.output).toContain('"level":20');
    expect(service.output.length).toBeLessThan(200_000);
    expect(needle.formsIn(service.output)).toEqual([]);
  });

  it('are in no trace, in no metric, and in nothing else that is sent to a collector', () => {
    const paths = new Set(collector.exports.map(({ path }) => path));
    expect([...paths].sort()).toEqual(['/v1/metrics', '/v1/traces']);
    for (const name of ['resmask.frame.phase.duration', 'rpc.server.call.duration', 'process.memory.usage'])
      expect(collector.metrics).toContain(name);
    for (const { path, body } of collector.exports) expect(needle.formsIn(body), path).toEqual([]);
  });

  it('are in no metric that is scraped', () => {
    expect(metrics).toContain('resmask_frames_recognized_total');
    expect(needle.formsIn(metrics)).toEqual([]);
  });

  it('have no spans of their own: a stream has one, without events, however many frames it carries', () => {
    const streams = collector.spans.filter(({ name, kind }) => kind === SERVER_SPAN && name.includes('StreamFrames'));
    expect(streams).toHaveLength(4);
    for (const { traceId, events = [] } of streams) {
      expect(events).toEqual([]);
      const others = collector.spans.filter((span) => span.traceId === traceId && span.kind === SERVER_SPAN);
      expect(others).toHaveLength(1);
    }
    expect(collector.spans.length).toBeLessThan(40);
  });

  it('leave the limit of core dumps to whoever runs the service', async () => {
    expect(await coreLimit(service.pid)).toBe(await coreLimit(process.pid));
  });
});

/** A JPEG with a comment, which decoders skip. */
function withComment(jpeg: Buffer, comment: Buffer): Buffer {
  const header = Buffer.from([0xff, 0xfe, 0, comment.length + 2]);
  return Buffer.concat([jpeg.subarray(0, 2), header, comment, jpeg.subarray(2)]);
}

async function filesOpenForWriting(pid: number): Promise<string[]> {
  const folder = `/proc/${pid}`;
  const open = await Promise.all(
    (await readdir(`${folder}/fd`)).map(async (fd) => {
      const [target, info] = await Promise.all([
        readlink(`${folder}/fd/${fd}`).catch(() => ''),
        readFile(`${folder}/fdinfo/${fd}`, 'utf8').catch(() => ''),
      ]);
      const flags = Number.parseInt(/^flags:\s+(\d+)/m.exec(info)?.[1] ?? '0', 8);
      return (flags & WRITABLE) === 0 ? [] : [target];
    }),
  );
  return open.flat().filter((target) => target !== '');
}

async function coreLimit(pid: number): Promise<string | undefined> {
  return /^Max core file size.*$/m.exec(await readFile(`/proc/${pid}/limits`, 'utf8'))?.[0];
}
