/** Who makes the change that is going on. Nobody is told apart yet. */
export function currentActor(): string {
  return 'anonymous';
}
