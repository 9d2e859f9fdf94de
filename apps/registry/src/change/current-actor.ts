import { currentPrincipal } from '@resmask/service-kit';

/** Who makes the change that is going on, for the audit log: how the caller was identified, and as whom. */
export function currentActor(): string {
  const { method, subject } = currentPrincipal();
  return method === 'open' ? subject : `${method}:${subject}`;
}
