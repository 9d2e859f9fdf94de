import type { SessionOptions } from './session.js';
import type { SessionRequest, SessionResponse } from './session-messages.js';
import type { SessionTensor } from './session-tensor.js';
import { WorkerPool } from './worker-pool.js';

/**
 * A session in a thread of its own, fed with tensors as they are: for checks and measurements of a graph. Serving goes through the
 * engine, whose workers prepare images too.
 */
export class SessionThread {
  private constructor(readonly pool: WorkerPool<SessionRequest, SessionResponse>) {}

  /**
   * @param model an ONNX file's bytes, or its path, which a model with external data needs
   * @throws DomainError MODEL_UNLOADABLE.
   */
  static async open(model: Uint8Array | string, options: SessionOptions): Promise<SessionThread> {
    const entry = new URL('./session-worker.js', import.meta.url);
    const pool = new WorkerPool<SessionRequest, SessionResponse>({ entry, size: 1, workerData: { model, options } });
    try {
      await pool.run({ kind: 'open' });
      return new SessionThread(pool);
    } catch (error) {
      await pool.close();
      throw error;
    }
  }

  /** The outputs in the order asked for, and what the run took without the way to the thread. */
  run(feeds: Readonly<Record<string, SessionTensor>>, outputs: readonly string[]): Promise<SessionResponse> {
    return this.pool.run({ kind: 'run', feeds, outputs });
  }

  close(): Promise<void> {
    return this.pool.close();
  }
}
