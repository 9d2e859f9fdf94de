import { readFileSync } from 'node:fs';
import { arch, cpus, platform } from 'node:os';
import { env } from 'onnxruntime-node';

/** What a graph optimised here depends on: ONNX Runtime's version, and what this machine's processor can do. */
export function machineFingerprint(): string {
  return JSON.stringify([env.versions, platform(), arch(), processorFeatures()]);
}

/** On Linux what the kernel lists, since virtual machines hide features of a processor; elsewhere the processor's name. */
function processorFeatures(): string {
  try {
    const [line] = /^(flags|Features)\s*:.*$/m.exec(readFileSync('/proc/cpuinfo', 'utf8')) ?? [];
    if (line) return line;
  } catch {
    // There is no such file elsewhere.
  }
  return cpus()[0]?.model ?? '';
}
