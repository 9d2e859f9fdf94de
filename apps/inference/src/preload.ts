import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@resmask/errors';
import type { Logger, Readiness } from '@resmask/service-kit';
import type { ServingModels } from './model/serving-models.js';

const RETRY_MS = 1000;

/**
 * Loads and warms the default models, then says the service is ready. Waits for a registry that is away; models that nobody has
 * registered yet are loaded at their first use.
 */
export async function preload(
  models: ServingModels,
  readiness: Readiness,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    try {
      const served = await models.acquire({ parent: '', model: '', detector: '' });
      logger.info({ model: served.classifier.name, detector: served.detector?.name }, 'models loaded and warm');
      served.release();
      break;
    } catch (error) {
      if (error instanceof DomainError && error.code === 'NOT_FOUND') {
        logger.warn({ reason: error.message }, 'no default models yet; they are loaded at their first use');
        break;
      }
      logger.warn({ err: error }, 'models cannot be loaded yet');
      await delay(RETRY_MS, undefined, { signal }).catch(() => {});
    }
  }
  if (!signal.aborted) readiness.set(true);
}
