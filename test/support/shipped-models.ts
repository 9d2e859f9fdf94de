import { readFile } from 'node:fs/promises';

const MODELS = new URL('../../build/models/', import.meta.url);

/** The ONNX file of a shipped network, as the build step writes it. */
export function shippedModelFile(network: string): Promise<Buffer> {
  return readFile(new URL(`${network}.onnx`, MODELS));
}
