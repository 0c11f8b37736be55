import { inspect } from 'node:util';
import { tokenDigest } from '../access/bearer';
import type { Envelope } from './envelope';
import { isDamagedSealedKey, pasteFaultOf, type PasteFault } from './pasted';

/** Why text is not an API key. */
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
// One bullet or ellipsis, which no key has; of what keys may have, more in a row than chance puts there: a JWT, which is a key
// at some providers, has single stops.
const MASK = /[•●∙·⋅◦＊…■█▪]|[*#]{3,}|\.{3,}/u;

// A compact JWE, whatever its header says: five parts, of which the second and, for an empty text, the fourth may be empty. No provider
// has keys of this form (a JWT has three parts), and one that was damaged on its way must not be stored as if it were a key.
const SEALED = /^[\w-]+\.[\w-]*\.[\w-]+\.[\w-]*\.[\w-]+$/;

/** Holds a value that must not be shown: printing, serialising or inspecting it yields a placeholder. */
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

/** An API key that has passed every check on its form. Only this folder can read it. */
export class ApiKeyText extends Opaque {
  readonly #text: string;
  readonly #envelope: Envelope | null;

  constructor(text: string, envelope: Envelope | null = null) {
    super();
    this.#text = text;
    this.#envelope = envelope;
  }

  /** The sealed key as which it came; null for a key that came as it is. */
  get envelope(): Envelope | null {
    return this.#envelope;
  }

  /** For the vault's own modules; a guard test holds that no other folder calls it. */
  static reveal(key: ApiKeyText): string {
    return key.#text;
  }

  /** Eight dots and the last four characters; for keys shorter than 16, the dots alone. */
  get mask(): string {
    return this.#text.length < 16 ? MASK_DOTS : MASK_DOTS + this.#text.slice(-4);
  }
}

/** Whatever a caller sent as a `Secret`, unread: nothing is known of it, not even that it is a string. */
export class Secret extends Opaque {
  readonly #value: unknown;

  constructor(value: unknown) {
    super();
    this.#value = value;
  }

  /** The compact JWE, if it is one; null for every other value. */
  get sealed(): string | null {
    const text = typeof this.#value === 'string' ? this.#value.trim() : '';
    return SEALED.test(text) ? text : null;
  }

  /**
   * Trims the white space that copy-and-paste adds, and checks the form: 8-512 printable ASCII characters without spaces, which are
   * neither masked nor sealed, nor a token of Latchkey's own, nor the one of the caller.
   */
  read(callersDigest: string | null = null, envelope: Envelope | null = null): ApiKeyText | SecretFault {
    if (typeof this.#value !== 'string') return 'INVALID_FORMAT';
    if (this.sealed !== null) return 'NOT_OPENED';
    const text = this.#value.trim();
    if (text === '') return 'REQUIRED';
    if (callersDigest !== null && tokenDigest(text) === callersDigest) return 'OWN_TOKEN';
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
