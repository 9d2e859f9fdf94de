import './disable-telemetry.js';
import { isMainThread } from 'node:worker_threads';
import { DomainError } from '@resmask/errors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Provider } from './provider.js';

/** A tensor as a session takes and gives it. */
export interface SessionTensor {
  readonly type: 'float32' | 'uint8';
  readonly dims: readonly number[];
  readonly data: Float32Array | Uint8Array;
}

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads one run may use inside its operators. */
  readonly threads: number;
}

/**
 * An ONNX Runtime session. `run` blocks its thread whatever its promise says, so sessions live in worker threads only.
 */
export class Session {
  private constructor(
    readonly inner: InferenceSession,
    readonly provider: Provider,
  ) {}

  /**
   * @param model an ONNX file's bytes, or its path, which a model with external data needs
   * @throws DomainError MODEL_UNLOADABLE with ONNX Runtime's reason, or TypeError on the main thread.
   */
  static async open(model: Uint8Array | string, { provider, threads }: SessionOptions): Promise<Session> {
    if (isMainThread) throw new TypeError('sessions belong in worker threads: run() blocks the thread it is called on');
    const options: InferenceSession.SessionOptions = {
      executionProviders: [provider],
      graphOptimizationLevel: 'all',
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      // A spinning thread takes a core from the next worker.
      extra: { session: { intra_op: { allow_spinning: '0' } } },
      logSeverityLevel: 3,
    };
    try {
      const inner = await (typeof model === 'string'
        ? InferenceSession.create(model, options)
        : InferenceSession.create(model, options));
      return new Session(inner, provider);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DomainError(
        'MODEL_UNLOADABLE',
        `ONNX Runtime cannot load the model with provider ${provider}: ${reason}`,
        { cause },
      );
    }
  }

  async run(feeds: Readonly<Record<string, SessionTensor>>, outputs: readonly string[]): Promise<SessionTensor[]> {
    const tensors = Object.entries(feeds).map(
      ([name, { type, data, dims }]) => [name, new Tensor(type, data, dims)] as const,
    );
    const results = await this.inner.run(Object.fromEntries(tensors), [...outputs]);
    return outputs.map((name) => {
      const { type, data, dims } = results[name];
      if (type === 'float32' && data instanceof Float32Array) return { type, data, dims };
      throw new DomainError('MODEL_UNLOADABLE', `output "${name}" is ${type}; float32 outputs can be read`);
    });
  }

  release(): Promise<void> {
    return this.inner.release();
  }
}
