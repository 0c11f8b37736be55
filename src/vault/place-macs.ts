import { createHmac, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
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

type KnownPlace = Omit<PlaceFacts, 'id'> & { readonly mac: string };

/** The key of the MACs has this name among the keys of the vault. */
export const PLACE_MACS = 'place';

const KEY_BYTES = 32;

/** The MACs of so many rows are remembered, in about 6 MB: a list of clients looks at 150 rows. */
const KEPT = 10_000;

/**
 * The MACs tell whether the row of a key's place is as Latchkey wrote it. Somebody who can write rows, but
 * does not hold the master key, can neither change what a row says nor add a row. The key of the MACs stays
 * the same when master keys change.
 */
export class PlaceMacs {
  readonly #key: KeyObject;
  /** By the id of the row, with what it said. A row that says anything else has its MAC computed. */
  readonly #known = new Map<string, KnownPlace>();

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
    const known = this.#known.get(place.id);
    return known && saysTheSame(known, place) ? known.mac : this.#compute(place);
  }

  #compute(place: PlaceFacts): string {
    const { id, agencyId, ownerType, ownerId, provider, version, region, secretEnd } = place;
    const isSet = Boolean(place.isSet);
    // The values are joined by line breaks. No value that Latchkey writes contains one, so that one text
    // stands for one row only.
    const owner = `${agencyId}\n${ownerType}\n${ownerId}`;
    const text = `key place\n${id}\n${owner}\n${provider}\n${version}\n${region}\n${isSet}\n${secretEnd}`;
    const mac = createHmac('sha256', this.#key).update(text).digest('base64url');
    // Keeping the ones that were used last would take longer than computing a MAC now and then.
    if (this.#known.size >= KEPT) this.#known.clear();
    const facts = { agencyId, ownerType, ownerId, provider, version, region, isSet, secretEnd };
    this.#known.set(id, { ...facts, mac });
    return mac;
  }
}

/** The values are compared one by one, because joining them to one text for each row takes longer. */
function saysTheSame(known: KnownPlace, place: PlaceFacts): boolean {
  return (
    known.agencyId === place.agencyId &&
    known.ownerType === place.ownerType &&
    known.ownerId === place.ownerId &&
    known.provider === place.provider &&
    known.version === place.version &&
    known.region === place.region &&
    known.isSet === Boolean(place.isSet) &&
    known.secretEnd === place.secretEnd
  );
}

export function newPlaceMacKey(): Buffer {
  return randomBytes(KEY_BYTES);
}
