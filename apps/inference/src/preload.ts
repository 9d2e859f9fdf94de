import { setTimeout as delay } from 'node:timers/promises';
import { DomainError } from '@resmask/errors';
import type { Logger, Readiness } from '@resmask/service-kit';
import { DEFAULT_NAMESPACE, type DefaultModels } from './model/model-choice.js';
import type { PinnedModels } from './model/pinned-models.js';

const RETRY_MS = 1000;

/**
 * Loads and warms the default models and keeps them, then says the service is ready. Waits for a registry that is away; models that
 * nobody has registered yet are loaded at their first use, and looked for until they are there.
 */
export async function preload(
  pins: PinnedModels,
  defaults: DefaultModels,
  readiness: Readiness,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  let missing = [defaults.classifier, defaults.detector];
  while (!signal.aborted && missing.length > 0) {
    const states = await Promise.all(missing.map((reference) => pinDefault(pins, reference, logger)));
    missing = missing.filter((_, i) => states[i] !== 'loaded');
    if (!states.includes('unreachable') && !signal.aborted) readiness.set(true);
    if (missing.length > 0) await delay(RETRY_MS, undefined, { signal }).catch(() => {});
  }
}

async function pinDefault(
  pins: PinnedModels,
  reference: string,
  logger: Logger,
): Promise<'loaded' | 'absent' | 'unreachable'> {
  try {
    const version = await pins.pin('', reference);
    logger.info({ reference, version }, 'model loaded and warm');
    return 'loaded';
  } catch (error) {
    if (error instanceof DomainError && error.code === 'NOT_FOUND') {
      logger.debug({ reference, reason: error.message }, 'no default model yet; it is loaded when it is there');
      // Only of defaults: what clients name could fill any disk.
      await pins.source.rememberAbsent(DEFAULT_NAMESPACE, reference);
      return 'absent';
    }
    logger.warn({ reference, err: error }, 'a default model cannot be loaded yet');
    return 'unreachable';
  }
}
