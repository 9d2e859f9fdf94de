import { basename } from 'node:path';
import { DomainError } from '@resmask/errors';
import { InferenceSession } from 'onnxruntime-node';

/** Shorter tensors stay in the graph's file: shapes and axes are read while it is loaded. */
const MIN_DATA_BYTES = 1024;

/**
 * Writes a graph as the CPU provider of this machine would run it, its weights in `<target>.data` beside it, and opens it once to be sure
 * that it can be loaded. Sessions of such a file map the weights instead of copying them, so that all of a machine share them, and need
 * not optimise again. Blocks the thread for seconds and takes twice the weights: a process of its own is the place for it.
 * @throws DomainError MODEL_UNLOADABLE with ONNX Runtime's reason.
 */
export async function writeOptimizedModel(source: string, target: string): Promise<void> {
  try {
    const optimizing = await InferenceSession.create(source, {
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
      optimizedModelFilePath: target,
      extra: {
        session: {
          optimized_model_external_initializers_file_name: `${basename(target)}.data`,
          optimized_model_external_initializers_min_size_in_bytes: String(MIN_DATA_BYTES),
        },
      },
      logSeverityLevel: 3,
    });
    await optimizing.release();
    const check = await InferenceSession.create(target, { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
    await check.release();
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError('MODEL_UNLOADABLE', `ONNX Runtime cannot optimise the model: ${reason}`, { cause });
  }
}
