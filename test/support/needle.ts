import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Bytes of which no other copy may be anywhere, and every form they could be written in. */
export class Needle {
  readonly #forms: ReadonlyMap<string, Buffer>;

  constructor(readonly bytes: Buffer) {
    const hex = bytes.toString('hex');
    this.#forms = new Map([
      ['bytes', bytes],
      ['hex', Buffer.from(hex)],
      ['HEX', Buffer.from(hex.toUpperCase())],
      ['spaced hex', Buffer.from(hex.replace(/../g, '$& ').trim())],
      ['JSON', Buffer.from([...bytes].join(','))],
      ['JSON with spaces', Buffer.from([...bytes].join(', '))],
      ['text', Buffer.from(bytes.toString('utf8'))],
      ['Latin-1 as UTF-8', Buffer.from(bytes.toString('latin1'))],
      // What base64 makes of bytes depends on where in it they begin.
      ...[0, 1, 2].map((offset) => [`base64 from ${offset}`, base64Within(bytes, offset)] as const),
    ]);
  }

  /** The forms found in a text or in bytes. */
  formsIn(content: Buffer | string): string[] {
    const haystack = Buffer.from(content);
    return [...this.#forms].filter(([, form]) => haystack.includes(form)).map(([name]) => name);
  }

  /** Files below a folder that hold it, and in which form. */
  async filesWith(folder: string): Promise<string[]> {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    const found = await Promise.all(
      files.map(async (file) => this.formsIn(await readFile(file)).map((form) => `${file}: ${form}`)),
    );
    return found.flat();
  }
}

/** The characters of base64 that depend on these bytes alone, with so many others before them. */
function base64Within(bytes: Buffer, offset: number): Buffer {
  const skipped = (3 - offset) % 3;
  const whole = bytes.subarray(skipped, bytes.length - ((bytes.length - skipped) % 3));
  return Buffer.from(whole.toString('base64'));
}
