/** A place in the order of answers, to be filled once. */
export interface Place<Answer> {
  fill(answer: Answer): void;
}

interface Waiting<Answer> {
  answer?: Answer;
}

/** Writes answers in the order their places were taken, whatever the order they are filled in. */
export class AnswerQueue<Answer> {
  readonly #places: Waiting<Answer>[] = [];
  readonly #emptied = new Set<() => void>();
  #writing = false;

  constructor(
    /** Writes one answer and waits while the reader is slow; must not reject. */
    readonly write: (answer: Answer) => Promise<void>,
    /** Called after each answer is written. */
    readonly onWritten: () => void,
  ) {}

  /** Places whose answers have not been written. */
  get pending(): number {
    return this.#places.length;
  }

  take(): Place<Answer> {
    const place: Waiting<Answer> = {};
    this.#places.push(place);
    return {
      fill: (answer) => {
        place.answer = answer;
        this.#pump();
      },
    };
  }

  /** Resolves when every place taken so far is written. */
  async written(): Promise<void> {
    if (this.#places.length === 0) return;
    await new Promise<void>((resolve) => this.#emptied.add(resolve));
  }

  async #pump(): Promise<void> {
    if (this.#writing) return;
    this.#writing = true;
    while (this.#places.length > 0 && this.#places[0].answer !== undefined) {
      await this.write(this.#places[0].answer);
      this.#places.shift();
      this.onWritten();
    }
    this.#writing = false;
    if (this.#places.length > 0) return;
    for (const resolve of this.#emptied) resolve();
    this.#emptied.clear();
  }
}
