import { MoreThan } from 'typeorm';
import type { Database } from '../database/database';
import type { Transaction } from '../database/transaction';
import { Cipher, secretEndOf } from '../vault/cipher';
import type { KeyRing } from '../vault/master-keys/key-ring';
import { isFromBeforeMacs, noteMacs } from '../vault/master-keys/master-key-check';
import { newPlaceMacKey, PLACE_MACS, PlaceMacs } from '../vault/place-macs';
import { insertVaultKey, readVaultKey } from '../vault/vault-keys';
import { ApiKeyRow } from './api-key.entity';

const BATCH = 500;

/**
 * Gives a MAC to each place of a database from before there were MACs, once and in one transaction. In any
 * other database, a place without a MAC was not written by Latchkey: see
 * docs/decisions/2026-11-27-places-carry-a-mac.md.
 */
export async function giveMacsToOldPlaces(database: Database, ring: KeyRing): Promise<void> {
  if (!(await isFromBeforeMacs(database.read, ring))) return;
  await database.write(async (tx) => {
    const cipher = new Cipher(ring);
    // This is asked again, because another instance may have been faster.
    if (!(await isFromBeforeMacs(tx, ring)) || (await readVaultKey(tx, cipher, PLACE_MACS))) return;
    const key = newPlaceMacKey();
    await insertVaultKey(tx, cipher, PLACE_MACS, key);
    await giveMacs(tx, new PlaceMacs(key));
    await noteMacs(tx, ring);
  });
}

/** A row that contradicts itself gets no MAC, because it was altered before. */
export async function giveMacs(tx: Transaction, macs: PlaceMacs): Promise<void> {
  for (
    let rows = await rowsAfter(tx, '');
    rows.length > 0;
    rows = await rowsAfter(tx, rows.at(-1)?.id ?? '')
  ) {
    for (const row of rows.filter(({ isSet, sealed }) => isSet === (sealed !== null))) {
      const mac = macs.of({ ...row, secretEnd: row.sealed && secretEndOf(row.sealed) });
      await tx.updateRow('api_keys', { mac }, { id: row.id });
    }
  }
}

function rowsAfter(tx: Transaction, id: string): Promise<ApiKeyRow[]> {
  return tx.find(ApiKeyRow, { where: { id: MoreThan(id) }, order: { id: 'ASC' }, take: BATCH });
}
