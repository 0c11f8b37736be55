import { LRUCache } from 'lru-cache';
import type { TenantDatabase } from '../access/tenant-database';
import { dateOf, dateOrNull, type RawDate } from '../database/raw';
import type { Transaction } from '../database/transaction';
import { atMost } from '../platform/at-most';
import type { KeyPresentation } from '../vault/outbound';
import type { Provider } from '../providers';
import { gatewayTokenDigest, isGatewayToken, wordList, type GatewayScope } from './gateway-token';
import type { GatewayTokenRow } from './gateway-token.entity';
import { GatewayRefusal } from './refusals';

type Columns = Pick<GatewayTokenRow, 'id' | 'agencyId' | 'clientId' | 'name'>;

interface RawToken extends Columns {
  readonly providers: string;
  readonly scopes: string;
  readonly expiresAt: RawDate;
  readonly lastUsedAt: RawDate | null;
  readonly revokedAt: RawDate | null;
}

/** The token with which an integration asks. */
export interface Integration extends Columns {
  readonly providers: readonly Provider[];
  readonly scopes: readonly GatewayScope[];
}

// This runs for every request, and nothing is cached, so that a token that was revoked is refused at once.
const FIND = `SELECT id, agencyId, clientId, name, providers, scopes, expiresAt, lastUsedAt, revokedAt
FROM gateway_tokens WHERE tokenDigest = ?`;

const NOTE_EVERY_MS = 60_000;

/** Finds out which token asks. */
export class GatewayAccess {
  /** Tokens whose use this instance has noted within the last minute. */
  readonly #noted = new LRUCache<string, true>({ ...atMost(10_000), ttl: NOTE_EVERY_MS });

  constructor(private readonly database: TenantDatabase) {}

  /** Throws `GatewayRefusal`, for the same reason whatever is wrong with the token. */
  async identify(
    presentation: KeyPresentation,
    header: (name: string) => string | undefined,
  ): Promise<Integration> {
    const token = tokenIn(header('header' in presentation ? presentation.header : 'authorization') ?? '');
    if (token === null) throw new GatewayRefusal('TOKEN_REFUSED');
    const [row] = await this.database.read.rows<RawToken>(FIND, [gatewayTokenDigest(token)]);
    if (!row || !isInForce(row)) throw new GatewayRefusal('TOKEN_REFUSED');
    await this.#noteUse(row);
    const { id, agencyId, clientId, name } = row;
    const [providers, scopes] = [
      wordList<Provider>().from(row.providers),
      wordList<GatewayScope>().from(row.scopes),
    ];
    return { id, agencyId, clientId, name, providers, scopes };
  }

  async #noteUse({ id, lastUsedAt }: RawToken): Promise<void> {
    const now = new Date();
    const before = dateOrNull(lastUsedAt);
    if (this.#noted.has(id) || (before && now.getTime() - before.getTime() < NOTE_EVERY_MS)) return;
    this.#noted.set(id, true);
    await this.database.writeWithoutViewer((tx) =>
      tx.updateRow('gateway_tokens', { lastUsedAt: now }, { id }),
    );
  }
}

/**
 * Tells inside a transaction whether a token is in force. Its row is locked for reading until the transaction
 * ends, so that whoever revokes it waits for the work that was begun with it, or is waited for.
 */
export async function isStillInForce(tx: Transaction, { id }: Integration): Promise<boolean> {
  const sql = 'SELECT expiresAt, revokedAt FROM gateway_tokens WHERE id = ?';
  const [row] = await tx.shareRows<Pick<RawToken, 'expiresAt' | 'revokedAt'>>(sql, [id]);
  return row !== undefined && isInForce(row);
}

function isInForce({ expiresAt, revokedAt }: Pick<RawToken, 'expiresAt' | 'revokedAt'>): boolean {
  return revokedAt === null && dateOf(expiresAt) > new Date();
}

/** The scheme may be left out, since some providers take a key without one. */
function tokenIn(header: string): string | null {
  const [, token = ''] = /^(?:Bearer +)?(\S+)$/i.exec(header) ?? [];
  return isGatewayToken(token) ? token : null;
}
