import { In } from 'typeorm';
import { system } from '../audit/audit-event';
import type { AuditTrail } from '../audit/audit-trail';
import type { Database } from '../database/database';
import { keyHandInPlace, KeyHandInRow } from '../intake/key-hand-in.entity';
import type { ApiKeyText } from '../vault/secret';
import type { Vault } from '../vault/vault';
import { BRIGHTLINE, demoId } from './ids';
import type { Sandbox, SandboxProvider } from './sandbox';
import { readKey } from './seed';

const LIFETIME_MS = 14 * 24 * 60 * 60 * 1000;

/**
 * Inserts the keys that wait for an admin when the demo starts for the first time. A portal user has handed
 * in one of them, and the other one came by a one-time link.
 */
export async function seedHandIns(
  database: Database,
  vault: Vault,
  audit: AuditTrail,
  sandbox: Sandbox,
): Promise<void> {
  const handIns = sandbox.providers.flatMap((provider) => pendingAt(vault, provider));
  const rows = handIns.sort((one, other) => (one.id < other.id ? -1 : 1));
  await database.write(async (tx) => {
    if (await tx.existsBy(KeyHandInRow, { id: In(rows.map(({ id }) => id)) })) return;
    for (const row of rows) {
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

function pendingAt(vault: Vault, { provider, keys, scene }: SandboxProvider): KeyHandInRow[] {
  return scene.handIns.map(({ number, key, ...handedIn }) =>
    pending(vault, { id: demoId(number), provider, keyStatus: 'VALID', ...handedIn }, readKey(keys[key])),
  );
}

function pending({ cipher }: Vault, handedIn: HandedIn, key: ApiKeyText): KeyHandInRow {
  const createdAt = new Date();
  const place = { ...handedIn, agencyId: BRIGHTLINE, region: 'US' as const };
  return {
    ...place,
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
