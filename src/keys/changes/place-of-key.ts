import type { Transaction } from '../../database/transaction';
import { userError, type UserError } from '../../graphql/user-error';
import { useOf } from '../../vault/envelope';
import type { UsedSealedKeyRow } from '../../vault/used-sealed-key.entity';
import type { LockedKey, LockedKeys } from '../key-store';
import { readKeyState, type KeyState } from '../key-states';
import type { KeyToStore } from '../key-writer';

/** This is a key to store, with what is in its place now and how its sealed form was used before. */
export interface PlaceOfKey {
  readonly key: KeyToStore;
  readonly current: LockedKey | null;
  readonly use: UsedSealedKeyRow | null;
}

/** This runs inside a `write`. It finds what is in the places of the keys, which are locked. */
export async function findPlaces(
  tx: Transaction,
  keys: readonly KeyToStore[],
  locked: LockedKeys,
): Promise<PlaceOfKey[]> {
  const places: PlaceOfKey[] = [];
  for (const [index, key] of keys.entries())
    places.push({ key, current: locked[index] ?? null, use: await useOf(tx, key.key.envelope) });
  return places;
}

/**
 * The result tells why a key may not be stored in its place. A sealed key that was used before is no fault if
 * the key that it set is still in force, because then the same request was sent again.
 */
export function faultOf(
  { current, use }: PlaceOfKey,
  expectedVersion: number | null | undefined,
  index: number,
): UserError | null {
  const field = ['input', 'keys', index];
  if (use) {
    const isInForce = current?.row && current.isSet && current.version === use.version;
    return isInForce ? null : userError('SEALED_KEY_USED', [...field, 'apiKey']);
  }
  return expectedVersion == null || expectedVersion === (current?.version ?? 0)
    ? null
    : userError('VERSION_CONFLICT', [...field, 'expectedVersion']);
}

/** The result is the key in force if the same request was sent again, and null if there is a key to store. */
export function readRepeated(tx: Transaction, { current, use }: PlaceOfKey): Promise<KeyState | null> | null {
  return use && current?.row ? readKeyState(tx, current.row.id, current.version) : null;
}
