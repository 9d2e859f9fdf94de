/** A place in the order of answers, to be filled once. */
export interface Place<Answer> {
  /** @param bytes about what the answer holds in memory, if that is not next to nothing */
  fill(answer: Answer, bytes?: number): void;
}

interface Waiting<Answer> {
  answer?: Answer;
  bytes: number;
}

/** Writes answers in the order their places were taken, whatever the order they are filled in. */
export class AnswerQueue<Answer> {
  readonly #places: Waiting<Answer>[] = [];
  readonly #emptied = new Set<() => void>();
  #writing = false;
  #bytes = 0;

  constructor(
    /** Writes one answer and waits while the reader is slow; must not reject. */
    readonly write: (answer: Answer, bytes: number) => Promise<void>,
    /** Called after each answer is written. */
    readonly onWritten: () => void,
  ) {}

  /** Places whose answers have not been written. */
  get pending(): number {
    return this.#places.length;
  }

  /** Bytes of answers that are there and not written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Whether an answer is being written, perhaps waiting for a slow reader. */
  get writing(): boolean {
    return this.#writing;
  }

  take(): Place<Answer> {
    const place: Waiting<Answer> = { bytes: 0 };
    this.#places.push(place);
    return {
      fill: (answer, bytes = 0) => {
        place.answer = answer;
        place.bytes = bytes;
        this.#bytes += bytes;
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
    for (let [first] = this.#places; first?.answer !== undefined; [first] = this.#places) {
      await this.write(first.answer, first.bytes);
      this.#places.shift();
      this.#bytes -= first.bytes;
      this.onWritten();
    }
    this.#writing = false;
    if (this.#places.length > 0) return;
    for (const resolve of this.#emptied) resolve();
    this.#emptied.clear();
  }
}
