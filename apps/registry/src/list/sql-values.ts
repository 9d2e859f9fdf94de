/** Values of a statement: they travel beside its text, and never become part of it. */
export class SqlValues {
  readonly list: (string | number | boolean)[] = [];

  /** @returns what stands for the value in the text. */
  add(value: string | number | boolean, type: 'text' | 'float8' | 'bigint' | 'boolean' | 'timestamptz'): string {
    this.list.push(value);
    return `$${this.list.length}::${type}`;
  }
}
