import { DomainError } from '@resmask/errors';
import { probeModel } from './probe-model.js';
import type { Provider, ProviderChoice } from './provider.js';
import { SessionThread } from './session-thread.js';

/**
 * The provider sessions can really be made with, found by making a tiny one: ONNX Runtime lists providers whose libraries are
 * missing, and does not fall back by itself.
 * @throws DomainError PROVIDER_MISSING if it is not there and falling back was not allowed.
 */
export async function probeProvider({ wanted, fallback }: ProviderChoice): Promise<Provider> {
  try {
    const thread = await SessionThread.open(probeModel(), { provider: wanted, threads: 1 });
    await thread.close();
    return wanted;
  } catch (cause) {
    if (fallback === 'cpu' && wanted !== 'cpu') return probeProvider({ wanted: 'cpu', fallback: 'none' });
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new DomainError(
      'PROVIDER_MISSING',
      `execution provider "${wanted}" was asked for and is not usable here (${reason}); install its libraries, choose another provider, or allow falling back to the CPU`,
      { cause },
    );
  }
}
