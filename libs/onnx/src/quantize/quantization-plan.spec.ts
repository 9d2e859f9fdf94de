import { tensor } from '@resmask/tensor';
import { describe, expect, it } from 'vitest';
import { GraphBuilder, type Value } from '../graph-builder.js';
import { graphOf } from '../graph-signature.js';
import { calibrationNeeds } from './calibration.js';
import { quantizableModel } from './quantizable-model.js';
import { quantizationPlan } from './quantization-plan.js';
import { quantizeModel } from './quantize-model.js';

const zeros = (...shape: number[]) => tensor(shape, new Float32Array(shape.reduce((a, b) => a * b, 1)));

class Net extends GraphBuilder {
  readonly x: Value = this.input('x', ['n', 4, 8, 8]);

  layer(name: string, x: Value): Value {
    return this.conv(name, x, zeros(4, 4, 1, 1), zeros(4));
  }

  planned(output: Value): [string, string][] {
    this.output('y', output);
    return [...quantizationPlan(graphOf(this.build())).scaleOf];
  }
}

describe('quantizationPlan', () => {
  it('has no bytes between a convolution and its rectifier', () => {
    const net = new Net('g');
    const inner = net.relu('r', net.layer('a', net.x));
    const tensors = net.planned(
      net.linear('fc', net.globalAveragePool('mean', net.layer('b', inner)), zeros(7, 4), zeros(7)),
    );
    expect(tensors.map(([name]) => name)).toEqual(['x', 'r', 'b', 'mean', 'mean.flatten']);
  });

  it('keeps logits, and a convolution that only leaves the graph, in float32', () => {
    const net = new Net('g');
    expect(net.planned(net.layer('b', net.relu('r', net.layer('a', net.x)))).map(([name]) => name)).toEqual(['x', 'r']);
  });

  it('gives what only moves values the scale they had', () => {
    const net = new Net('g');
    const pooled = net.maxPool('pool', net.layer('a', net.x), { kernel: 2, stride: 2 });
    expect(net.planned(net.layer('c', net.layer('b', pooled)))).toContainEqual(['pool', 'a']);
  });

  it('leaves what has no integer kernel alone, up to where bytes are wanted again', () => {
    const net = new Net('g');
    const statistics = { weight: zeros(4), bias: zeros(4), runningMean: zeros(4), runningVar: zeros(4) };
    const normalised = net.relu('r', net.batchNorm('bn', net.layer('a', net.x), statistics, 1e-5));
    expect(net.planned(net.layer('c', net.layer('b', normalised))).map(([name]) => name)).toEqual(['x', 'a', 'r', 'b']);
  });

  it('says so where there is nothing to gain', () => {
    const net = new Net('g');
    expect(() => net.planned(net.relu('r', net.x))).toThrow('nothing to quantise');
  });
});

describe('quantizableModel', () => {
  it('refuses what is quantised already, and operator sets without scales per channel', () => {
    const net = new Net('g');
    net.output('y', net.layer('b', net.layer('a', net.x)));
    const model = quantizableModel(net.build());
    const needs = calibrationNeeds(model);
    expect(needs).toEqual({ ranges: ['x', 'a'], means: ['x'] });
    const quantized = quantizeModel(model, {
      ranges: new Map(needs.ranges.map((name) => [name, { min: 0, max: 1 }])),
      means: new Map([['x', [0, 0, 0, 0]]]),
    });
    expect(() => quantizableModel(quantized)).toThrow('quantised already');
    const old = { ...net.build(), opsetImport: [{ domain: '', version: 12n }] };
    expect(() => quantizableModel(old)).toThrow('uses operator set 12, quantising needs 13 or later');
  });
});
