import { createHmac, createSecretKey, hash, randomBytes, type KeyObject } from 'node:crypto';
import type { Database } from '../database/database';
import type { Reader } from '../database/transaction';
import type { Cipher, SecretPlace } from './cipher';
import { obtainVaultKey, readVaultKey } from './vault-keys';

/** These values in the row of a place decide who pays for a call. */
export interface PlaceFacts extends SecretPlace {
  readonly id: string;
  /** As a database gives it: false, or 0, where no key is set. */
  readonly isSet: unknown;
  /** This is the end of the sealed key (see `secretEndOf`). It is null when no key is set. */
  readonly secretEnd: string | null;
}

/** The row of a place as it is read, with the MAC that stands in it. */
export interface PlaceWithMac extends PlaceFacts {
  readonly mac: string | null;
}

/** The key of the MACs has this name among the keys of the vault. */
export const PLACE_MACS = 'place';

const KEY_BYTES = 32;

/** So many readings are remembered, in about 1 MB. */
const KEPT = 10_000;

/**
 * The MACs tell whether the row of a key's place is as Latchkey wrote it. Somebody who can write rows, but
 * does not hold the master key, can neither change what a row says nor add a row. The key of the MACs stays
 * the same when master keys change.
 */
export class PlaceMacs {
  readonly #key: KeyObject;
  /** The digests of readings of which all rows were genuine. */
  readonly #genuine = new Set<string>();

  constructor(key: Buffer) {
    this.#key = createSecretKey(key);
  }

  static async load(database: Database, cipher: Cipher): Promise<PlaceMacs> {
    return new PlaceMacs(await obtainVaultKey(database, cipher, PLACE_MACS, newPlaceMacKey));
  }

  /** The same, and makes nothing. Where the key is gone, no MAC fits. */
  static async readExisting(reader: Reader, cipher: Cipher): Promise<PlaceMacs> {
    return new PlaceMacs((await readVaultKey(reader, cipher, PLACE_MACS)) ?? newPlaceMacKey());
  }

  of(place: PlaceFacts): string {
    return createHmac('sha256', this.#key)
      .update(`key place\n${textOf(place)}`)
      .digest('base64url');
  }

  /**
   * Tells of each row of one reading whether it is as Latchkey wrote it. A reading is remembered as a whole,
   * because remembering each row takes three times as long for a list of clients: what is remembered of 75
   * rows lies all over the memory.
   */
  judge(rows: readonly PlaceWithMac[]): (row: PlaceWithMac) => boolean {
    const isGenuine = (row: PlaceWithMac) => row.mac === this.of(row);
    // Without the count, the text of one forged row could be that of two genuine ones.
    const text = `${rows.length}\n${rows.map((row) => `${textOf(row)}\n${row.mac}`).join('\n')}`;
    const digest = hash('sha256', text, 'base64url');
    if (this.#genuine.has(digest)) return () => true;
    if (!rows.every(isGenuine)) return isGenuine;
    // Keeping the ones that were used last would take longer than computing MACs now and then.
    if (this.#genuine.size >= KEPT) this.#genuine.clear();
    this.#genuine.add(digest);
    return () => true;
  }
}

/**
 * The values are joined by line breaks. No value that Latchkey writes contains one, so that one text stands
 * for one row only.
 */
function textOf(place: PlaceFacts): string {
  const { id, agencyId, ownerType, ownerId, provider, version, region, isSet, secretEnd } = place;
  const owner = `${agencyId}\n${ownerType}\n${ownerId}`;
  return `${id}\n${owner}\n${provider}\n${version}\n${region}\n${Boolean(isSet)}\n${secretEnd}`;
}

export function newPlaceMacKey(): Buffer {
  return randomBytes(KEY_BYTES);
}
