import { inspect } from 'node:util';
import type { Envelope } from './envelope';
import { isDamagedSealedKey, pasteFaultOf, type PasteFault } from './pasted';

/** These are the reasons why text is not accepted as an API key. */
export type SecretFault =
  | 'NOT_OPENED'
  | 'NOT_BOUND'
  | 'BOUND_ELSEWHERE'
  | 'REQUIRED'
  | 'INVALID_FORMAT'
  | 'TOO_SHORT'
  | 'TOO_LONG'
  | PasteFault;

export const KEY_MIN_LENGTH = 8;
export const KEY_MAX_LENGTH = 512;

const MASK_DOTS = '•'.repeat(8);
const REDACTED = '[secret]';
// A mask has a bullet or an ellipsis, which no key has, or several characters in a row that keys have only
// singly. A JWT, which is a key at some providers, contains single full stops.
const MASK = /[•●∙·⋅◦＊…■█▪]|[*#]{3,}|\.{3,}/u;

// A compact JWE has this form, whatever its header says. It has five parts, of which the second and, for an
// empty plaintext, the fourth may be empty. No provider has keys of this form (a JWT has three parts), and a
// JWE that was damaged on its way must not be stored as if it were a key.
const SEALED = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]*\.[\w-]+$/;

/** This holds a value that must not be shown. Printing, serialising or inspecting it yields a placeholder. */
abstract class Opaque {
  toString(): string {
    return REDACTED;
  }

  toJSON(): string {
    return REDACTED;
  }

  [inspect.custom](): string {
    return REDACTED;
  }
}

/** This is an API key that has passed every check of its form. Only the vault can read its text. */
export class ApiKeyText extends Opaque {
  readonly #text: string;
  readonly #envelope: Envelope | null;

  constructor(text: string, envelope: Envelope | null = null) {
    super();
    this.#text = text;
    this.#envelope = envelope;
  }

  /**
   * The envelope describes the sealed key in which this key came. It is null for a key that came as plain
   * text.
   */
  get envelope(): Envelope | null {
    return this.#envelope;
  }

  /** Only the modules of the vault call this, and a guard test makes sure that no other folder does. */
  static reveal(key: ApiKeyText): string {
    return key.#text;
  }

  /** This tells whether the key begins with a text that is no secret. */
  beginsWith(prefix: string): boolean {
    return this.#text.startsWith(prefix);
  }

  /**
   * The mask is eight dots and the last four characters, or the dots alone for keys shorter than 16
   * characters.
   */
  get mask(): string {
    return this.#text.length < 16 ? MASK_DOTS : MASK_DOTS + this.#text.slice(-4);
  }
}

/**
 * This holds whatever a caller sent as a `Secret`. It has not been read, so that nothing is known of it, not
 * even whether it is a string.
 */
export class Secret extends Opaque {
  readonly #value: unknown;

  constructor(value: unknown) {
    super();
    this.#value = value;
  }

  /** The value is returned if it is a compact JWE. For every other value the result is null. */
  get sealed(): string | null {
    const text = typeof this.#value === 'string' ? this.#value.trim() : '';
    return SEALED.test(text) ? text : null;
  }

  /**
   * This trims the white space that copy-and-paste adds, and checks the form. A key has 8-512 printable ASCII
   * characters without spaces. It is neither masked nor sealed, and it is no token by which anyone signs in
   * to Latchkey: `isOwnToken` tells of those that do not have Latchkey's own form.
   */
  read(
    isOwnToken: (text: string) => boolean = () => false,
    envelope: Envelope | null = null,
  ): ApiKeyText | SecretFault {
    if (typeof this.#value !== 'string') return 'INVALID_FORMAT';
    if (this.sealed !== null) return 'NOT_OPENED';
    const text = this.#value.trim();
    if (text === '') return 'REQUIRED';
    if (isOwnToken(text)) return 'OWN_TOKEN';
    if (isDamagedSealedKey(text)) return 'DAMAGED';
    if (text.length > KEY_MAX_LENGTH) return 'TOO_LONG';
    if (MASK.test(text)) return 'LOOKS_MASKED';
    const fault = pasteFaultOf(text);
    if (fault) return fault;
    if (!/^[\x21-\x7E]+$/.test(text)) return 'INVALID_FORMAT';
    if (text.length < KEY_MIN_LENGTH) return 'TOO_SHORT';
    return new ApiKeyText(text, envelope);
  }
}
