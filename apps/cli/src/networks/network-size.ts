import { type Architecture, buildGraph, countParameters, shapesOnly, stateDict } from '@resmask/architectures';

/** How large a network is, beside what the paper prints. */
export interface NetworkSize {
  readonly name: string;
  readonly task: string;
  readonly summary: string;
  /** Side of the input that `macs` is counted at. */
  readonly size: number;
  /** Trained parameters, each once. */
  readonly parameters: number;
  /** Trained parameters as often as a PyTorch state dict names them. */
  readonly namedParameters: number;
  /** Multiply-accumulates of one image. */
  readonly macs: number;
  readonly nativeSize?: number;
  readonly nativeMacs?: number;
  readonly paper?: { readonly millions: number; readonly counted?: number; readonly why: string };
}

export function networkSize(architecture: Architecture): NetworkSize {
  const { name, summary, defaults, nativeSize, published, spec } = architecture;
  const { unique, named } = countParameters(stateDict(architecture));
  return {
    name,
    task: spec(defaults).output.task,
    summary,
    size: defaults.size,
    parameters: unique,
    namedParameters: named,
    macs: macsAt(architecture, defaults.size),
    ...(nativeSize && { nativeSize, nativeMacs: macsAt(architecture, nativeSize) }),
    ...(published && { paper: published }),
  };
}

function macsAt(architecture: Architecture, size: number): number {
  const { layers } = buildGraph(architecture, shapesOnly, { size });
  return layers.reduce((sum, { macs }) => sum + macs, 0);
}
