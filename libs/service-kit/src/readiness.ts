/** Whether a service can do its work now; health answers what was last set. */
export class Readiness {
  #ready: boolean;
  #listener: (ready: boolean) => void = () => {};

  constructor(initially: boolean) {
    this.#ready = initially;
  }

  get ready(): boolean {
    return this.#ready;
  }

  set(ready: boolean): void {
    if (ready === this.#ready) return;
    this.#ready = ready;
    this.#listener(ready);
  }

  onChange(listener: (ready: boolean) => void): void {
    this.#listener = listener;
  }
}
