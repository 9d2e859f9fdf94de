import './disable-telemetry.js';
import { isMainThread } from 'node:worker_threads';
import { DomainError } from '@resmask/errors';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { Provider } from './provider.js';
import type { AnyTensor, SessionTensor } from './session-tensor.js';
import { type TensorSignature, toTensorSignature } from './tensor-signature.js';

export interface SessionOptions {
  readonly provider: Provider;
  /** Threads one run may use inside its operators. */
  readonly threads: number;
  /** The model is a file of `writeOptimizedModel`, made on this machine. */
  readonly optimized?: boolean;
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
  static async open(model: Uint8Array | string, { provider, threads, optimized }: SessionOptions): Promise<Session> {
    if (isMainThread) throw new TypeError('sessions belong in worker threads: run() blocks the thread it is called on');
    const options: InferenceSession.SessionOptions = {
      executionProviders: [provider],
      graphOptimizationLevel: optimized ? 'disabled' : 'all',
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

  /** What the graph takes. @throws DomainError MODEL_UNLOADABLE for what is no tensor of a known type. */
  get inputs(): TensorSignature[] {
    return this.inner.inputMetadata.map(toTensorSignature);
  }

  /** What the graph gives. @throws DomainError MODEL_UNLOADABLE for what is no tensor of a known type. */
  get outputs(): TensorSignature[] {
    return this.inner.outputMetadata.map(toTensorSignature);
  }

  /** Outputs in the order asked for. @throws DomainError MODEL_UNLOADABLE for one that is not float32. */
  async run(
    feeds: Readonly<Record<string, AnyTensor>>,
    outputs: readonly string[],
  ): Promise<SessionTensor<'float32'>[]> {
    const results = await this.#results(feeds, outputs);
    return outputs.map((name) => {
      const { type, data, dims } = results[name];
      if (type === 'float32' && data instanceof Float32Array) return { type, data, dims };
      throw new DomainError('MODEL_UNLOADABLE', `output "${name}" is ${type}; float32 outputs can be read`);
    });
  }

  /** Outputs in the order asked for, of whatever type they are. */
  async runNative(feeds: Readonly<Record<string, AnyTensor>>, outputs: readonly string[]): Promise<AnyTensor[]> {
    const results = await this.#results(feeds, outputs);
    return outputs.map((name) => toAnyTensor(results[name]));
  }

  release(): Promise<void> {
    return this.inner.release();
  }

  #results(
    feeds: Readonly<Record<string, AnyTensor>>,
    outputs: readonly string[],
  ): Promise<InferenceSession.ReturnType> {
    const tensors = Object.entries(feeds).map(([name, tensor]) => [name, toTensor(tensor)] as const);
    return this.inner.run(Object.fromEntries(tensors), [...outputs]);
  }
}

function toTensor({ type, data, dims }: AnyTensor): Tensor {
  const tensor = new Tensor(type, data as Tensor['data'], dims);
  // Where the engine has Float16Array, ONNX Runtime puts one in place of what its binding can read.
  if (type === 'float16') Object.assign(tensor, { cpuData: data });
  return tensor;
}

function toAnyTensor({ type, data, dims }: Tensor): AnyTensor {
  // Where the engine has Float16Array, ONNX Runtime gives one.
  const isHalf = type === 'float16' && ArrayBuffer.isView(data);
  const elements = isHalf ? new Uint16Array(data.buffer, data.byteOffset, data.length) : data;
  return { type, data: elements, dims } as AnyTensor;
}
