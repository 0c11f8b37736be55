import { system } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import type { Database } from '../database/database';
import { keyHandInPlace, KeyHandInRow } from '../intake/key-hand-in.entity';
import type { ApiKeyText } from '../vault/secret';
import type { Vault } from '../vault/vault';
import type { Sandbox } from './sandbox';
import { BRIGHTLINE, CEDAR_CLINIC, demoId, HARBOR_DENTAL, readKey } from './seed';

const LIFETIME_MS = 14 * 24 * 60 * 60 * 1000;

/** Two keys that wait for an admin, once: one of a portal user, and one that came by a one-time link. */
export async function seedHandIns(
  database: Database,
  vault: Vault,
  audit: AuditTrail,
  sandbox: Sandbox,
): Promise<void> {
  const bland = {
    clientId: HARBOR_DENTAL,
    provider: 'BLAND',
    keyStatus: 'VALID',
    handedInByKind: 'PERSON',
    handedInByName: 'Dr. Hana Harbor',
  } as const;
  const retell = {
    clientId: CEDAR_CLINIC,
    provider: 'RETELL',
    keyStatus: 'VALID',
    handedInByKind: 'KEY_LINK',
    handedInByName: 'One-time link',
  } as const;
  await database.write(async (tx) => {
    if (await tx.existsBy(KeyHandInRow, { id: demoId(501) })) return;
    for (const row of [
      pending(vault, { id: demoId(501), ...bland }, readKey(sandbox.bland.keys.secondAccount)),
      pending(vault, { id: demoId(502), ...retell }, readKey(sandbox.retell.keys.secondAccount)),
    ]) {
      await tx.insert(KeyHandInRow, row);
      const { id: keyHandInId, clientId, provider, maskedKey } = row;
      await audit.record(tx, system(BRIGHTLINE), {
        type: 'HAND_IN_RECEIVED',
        clientId,
        provider,
        keyHandInId,
        maskedKey,
      });
    }
  });
}

type HandedIn = Pick<
  KeyHandInRow,
  'id' | 'clientId' | 'provider' | 'keyStatus' | 'handedInByKind' | 'handedInByName'
>;

function pending({ cipher }: Vault, handedIn: HandedIn, key: ApiKeyText): KeyHandInRow {
  const createdAt = new Date();
  const place = { ...handedIn, agencyId: BRIGHTLINE };
  return {
    ...place,
    region: 'US',
    pendingFor: `${handedIn.clientId}:${handedIn.provider}`,
    status: 'PENDING',
    maskedKey: key.mask,
    verifiedAt: createdAt,
    masterKey: cipher.masterKeyName,
    sealed: cipher.seal(key, keyHandInPlace(place)),
    createdAt,
    expiresAt: new Date(createdAt.getTime() + LIFETIME_MS),
    decidedAt: null,
    decidedByName: null,
    reason: null,
  };
}
