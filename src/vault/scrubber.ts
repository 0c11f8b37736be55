import { Transform, type TransformCallback } from 'node:stream';
import { formsOf } from './key-forms';
import type { ApiKeyText } from './secret';

const MASK = '*'.charCodeAt(0);

/** Finds a key in bytes, in each of its forms. */
export class KeyFinder {
  readonly #forms: readonly Buffer[];
  readonly #byFirstByte = new Map<number, Buffer[]>();
  readonly #longest: number;

  constructor(key: ApiKeyText) {
    this.#forms = formsOf(key).map((form) => Buffer.from(form, 'latin1'));
    this.#longest = Math.max(...this.#forms.map(({ length }) => length));
    for (const form of this.#forms) {
      const first = form[0] ?? 0;
      this.#byFirstByte.set(first, [...(this.#byFirstByte.get(first) ?? []), form]);
    }
  }

  isIn(text: string): boolean {
    const bytes = Buffer.from(text, 'latin1');
    return this.#forms.some((form) => bytes.includes(form));
  }

  /** Returns the bytes with a mask of the same length over each form of the key. */
  masked(bytes: Buffer): Buffer {
    let result = bytes;
    for (const form of this.#forms) {
      for (let at = result.indexOf(form); at >= 0; at = result.indexOf(form, at + form.length)) {
        // The bytes may be a part of what else was received.
        if (result === bytes) result = Buffer.from(bytes);
        result.fill(MASK, at, at + form.length);
      }
    }
    return result;
  }

  /** Returns where an end of the bytes begins that could be the beginning of a form. */
  openEndOf(bytes: Buffer): number {
    for (let at = Math.max(0, bytes.length - this.#longest + 1); at < bytes.length; at += 1) {
      const rest = bytes.length - at;
      const forms = this.#byFirstByte.get(bytes[at] ?? 0) ?? [];
      if (forms.some((form) => form.length > rest && form.compare(bytes, at, bytes.length, 0, rest) === 0))
        return at;
    }
    return bytes.length;
  }
}

/**
 * Masks a key in what streams through, also where it is cut into chunks. What stays has its length, so that
 * the length that was announced still holds. Only what could be the beginning of the key waits for the next
 * chunk.
 */
export class Scrubber extends Transform {
  #waiting = Buffer.alloc(0);

  constructor(private readonly finder: KeyFinder) {
    super();
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const bytes = this.finder.masked(
      this.#waiting.length > 0 ? Buffer.concat([this.#waiting, chunk]) : chunk,
    );
    const end = this.finder.openEndOf(bytes);
    this.#waiting = Buffer.from(bytes.subarray(end));
    done(null, end > 0 ? bytes.subarray(0, end) : undefined);
  }

  override _flush(done: TransformCallback): void {
    done(null, this.#waiting.length > 0 ? this.#waiting : undefined);
  }
}
