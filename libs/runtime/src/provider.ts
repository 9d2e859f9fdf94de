/** What computes a session, by ONNX Runtime's names. */
export const PROVIDERS = ['cpu', 'cuda', 'tensorrt', 'webgpu'] as const;

export type Provider = (typeof PROVIDERS)[number];

/** What shall compute, and what to do where that is missing: fail, or use the CPU. */
export interface ProviderChoice {
  readonly wanted: Provider;
  readonly fallback: 'none' | 'cpu';
}
