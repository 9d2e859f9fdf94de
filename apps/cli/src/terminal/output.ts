import Table from 'cli-table3';

/** Where results go: people get text, machines one JSON document, or one per line for streams. */
export class Output {
  constructor(
    readonly json: boolean,
    readonly stdout: NodeJS.WritableStream = process.stdout,
    readonly stderr: NodeJS.WritableStream = process.stderr,
  ) {}

  /** The result of a command. */
  result(document: unknown, text: () => string): void {
    this.stdout.write(this.json ? `${JSON.stringify(document, undefined, 2)}\n` : `${text()}\n`);
  }

  /** One of many results. */
  line(document: unknown, text: () => string): void {
    this.stdout.write(`${this.json ? JSON.stringify(document) : text()}\n`);
  }

  /** What is going on: never mixed with results. */
  note(text: string): void {
    this.stderr.write(`${text}\n`);
  }
}

const PLAIN = {
  top: '',
  'top-mid': '',
  'top-left': '',
  'top-right': '',
  bottom: '',
  'bottom-mid': '',
  'bottom-left': '',
  'bottom-right': '',
  left: '',
  'left-mid': '',
  mid: '',
  'mid-mid': '',
  right: '',
  'right-mid': '',
  middle: '  ',
};

/** A table without lines, columns as wide as they need. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const style = { head: [], border: [], 'padding-left': 0, 'padding-right': 0 };
  const drawn = new Table({
    head: [...head],
    chars: PLAIN,
    style,
    colAligns: head.map((_, i) => (isNumeric(rows, i) ? 'right' : 'left')),
  });
  for (const row of rows) drawn.push(row.map(String));
  return drawn
    .toString()
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n');
}

/** A text that takes at most so many columns of a table. */
export function shorten(text: string, width: number): string {
  return text.length > width ? `${text.slice(0, width - 1)}…` : text;
}

/** Names and values, one per line. */
export function fields(pairs: readonly (readonly [string, string | number])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${value}`).join('\n');
}

function isNumeric(rows: readonly (readonly (string | number)[])[], column: number): boolean {
  return rows.length > 0 && rows.every((row) => typeof row[column] === 'number');
}
