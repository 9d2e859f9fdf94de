import { DomainError } from '@resmask/errors';
import { type AnyTensor, Session, type SessionOptions } from '@resmask/runtime';
import type { ModelSignature } from '../native/native-messages.js';
import type { ModelSource } from '../staging/model-source.js';

/** A session of an artifact as it was published, without an input stage: fed and read by its own tensors. */
export class NativeModel {
  private constructor(
    readonly name: string,
    readonly session: Session,
    readonly signature: ModelSignature,
  ) {}

  /** @throws DomainError MODEL_UNLOADABLE. */
  static async open(name: string, { model, optimized }: ModelSource, options: SessionOptions): Promise<NativeModel> {
    const session = await Session.open(model, { ...options, optimized });
    return new NativeModel(name, session, { inputs: session.inputs, outputs: session.outputs });
  }

  /**
   * Outputs in the order asked for.
   * @throws DomainError MODEL_RUN_FAILED with ONNX Runtime's reason: the graph was loaded, so it is about these tensors.
   */
  async run(feeds: Readonly<Record<string, AnyTensor>>, outputs: readonly string[]): Promise<AnyTensor[]> {
    try {
      return await this.session.runNative(feeds, outputs);
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new DomainError('MODEL_RUN_FAILED', `${this.name} cannot be run with these tensors: ${reason}`, { cause });
    }
  }

  release(): Promise<void> {
    return this.session.release();
  }
}
