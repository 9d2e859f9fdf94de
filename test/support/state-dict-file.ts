import { type Architecture, type NetworkOptions, stateDict } from '@resmask/architectures';
import { ruleWeights } from './rule-weights.js';

interface Part {
  readonly key: string;
  readonly dtype: 'F32' | 'I64';
  readonly shape: readonly number[];
  readonly bytes: Uint8Array;
}

/** A network's rule-made weights as PyTorch saves a state dict: counters of batches and second names included; safetensors. */
export function stateDictFile(architecture: Architecture, options: Partial<NetworkOptions>): Buffer {
  const weights = ruleWeights();
  const parts = stateDict(architecture, options).flatMap(({ key, shape, alias }): Part[] => {
    const { data } = weights.take(key, shape);
    const bytes = new Uint8Array(data.buffer);
    const names = alias === undefined ? [key] : [key, alias];
    return names.flatMap((name): Part[] => {
      const part: Part = { key: name, dtype: 'F32', shape, bytes };
      if (!name.endsWith('running_var')) return [part];
      const counter = name.replace('running_var', 'num_batches_tracked');
      return [part, { key: counter, dtype: 'I64', shape: [], bytes: new Uint8Array(8) }];
    });
  });
  return safetensors(parts);
}

function safetensors(parts: readonly Part[]): Buffer {
  let offset = 0;
  const header = parts.map(({ key, dtype, shape, bytes }) => {
    const start = offset;
    offset += bytes.length;
    return [key, { dtype, shape, data_offsets: [start, offset] }];
  });
  const text = Buffer.from(JSON.stringify(Object.fromEntries(header)));
  const padded = Buffer.concat([text, Buffer.alloc((8 - (text.length % 8)) % 8, ' ')]);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(padded.length));
  return Buffer.concat([length, padded, ...parts.map(({ bytes }) => bytes)]);
}
