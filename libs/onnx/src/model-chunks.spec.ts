import { tensor } from '@resmask/tensor';
import { describe, expect, it } from 'vitest';
import { encodeModelFiles } from './external-data.js';
import { ModelProto } from './gen/onnx/onnx.js';
import { GraphBuilder } from './graph-builder.js';
import { graphOf } from './graph-signature.js';
import { externalDataFiles, withInternalData } from './internal-data.js';
import { encodeModelChunks } from './model-chunks.js';
import { decodeModel, encodeModel } from './model-file.js';

const weights = Float32Array.from({ length: 3 * 1000 }, (_, i) => i / 7);

function model() {
  const graph = new GraphBuilder('g');
  const x = graph.input('x', ['n', 1000]);
  graph.output('y', graph.linear('fc', x, tensor([3, 1000], weights), tensor([3], Float32Array.of(1, 2, 3))));
  return graph.build();
}

describe('encodeModelChunks', () => {
  it('is the message the generated codec writes, with the weights as views', () => {
    const chunks = encodeModelChunks(model());
    const generated = ModelProto.encode(model()).finish();
    const again = (bytes: Uint8Array): Uint8Array => ModelProto.encode(ModelProto.decode(bytes)).finish();
    expect(again(Buffer.concat(chunks))).toEqual(again(generated));
    expect(Buffer.concat(chunks)).toHaveLength(generated.length);
    expect(chunks.some(({ buffer, byteLength }) => buffer === weights.buffer && byteLength === 12_000)).toBe(true);
  });

  it('keeps fields it does not know, of the model and of a tensor', () => {
    const known = model();
    known._unknownFields = { 7994: [Uint8Array.of(1, 42)] };
    graphOf(known).initializer[0]._unknownFields = { 7994: [Uint8Array.of(1, 43)] };
    const read = decodeModel(Buffer.concat(encodeModelChunks(known)));
    expect([read._unknownFields, graphOf(read).initializer[0]._unknownFields]).toEqual([
      { 7994: [Buffer.of(1, 42)] },
      { 7994: [Buffer.of(1, 43)] },
    ]);
  });

  it('refuses what a protobuf message cannot hold, before anything is written', () => {
    const large = model();
    const half = { ...graphOf(large).initializer[0], rawData: { byteLength: 2 ** 30 } as Uint8Array };
    graphOf(large).initializer.push(half, half);
    expect(() => encodeModelChunks(large)).toThrow(
      expect.objectContaining({ reason: 'ARTIFACT_TOO_LARGE', message: expect.stringContaining('external data') }),
    );
  });
});

describe('encodeModelFiles', () => {
  it('is one file up to the limit', () => {
    expect(encodeModelFiles(model(), { dataFile: 'm.data', aboveBytes: 12_012 }).data).toBeUndefined();
  });

  it('moves large initialisers above it, each to the start of a page, and gives them back', () => {
    const twice = model();
    graphOf(twice).initializer.push({ ...graphOf(twice).initializer[0], name: 'again' });
    const files = encodeModelFiles(twice, { dataFile: 'm.data', aboveBytes: 24_011 });
    const data = Buffer.concat(files.data ?? []);
    const outside = decodeModel(Buffer.concat(files.model));
    const places = graphOf(outside).initializer.map(({ externalData }) => externalData.map(({ value }) => value));
    expect(places).toEqual([['m.data', '0', '12000'], [], ['m.data', '12288', '12000']]);
    expect(externalDataFiles(outside)).toEqual(['m.data']);
    expect(encodeModel(withInternalData(outside, new Map([['m.data', data]])))).toEqual(encodeModel(twice));
    const short = new Map([['m.data', data.subarray(1)]]);
    expect(() => withInternalData(outside, short)).toThrow(
      '"again" is bytes 12288 to 24288 of "m.data", which has 24287',
    );
    expect(() => withInternalData(outside, new Map())).toThrow('"fc.weight" lies in "m.data", which was not given');
  });

  it.each(['../m.data', '/etc/passwd', 'a\\b', '', '..'])('refuses the data file "%s"', (dataFile) => {
    expect(() => encodeModelFiles(model(), { dataFile })).toThrow(expect.objectContaining({ reason: 'FIELD_INVALID' }));
  });
});
