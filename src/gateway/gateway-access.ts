import { LRUCache } from 'lru-cache';
import type { TenantDatabase } from '../access/tenant-database';
import { dateOrNull } from '../database/raw';
import { atMost } from '../platform/at-most';
import type { KeyPresentation } from '../vault/outbound';
import type { Provider } from '../providers';
import { gatewayTokenDigest, isGatewayToken, wordList, type GatewayScope } from './gateway-token';
import { requireInForce, type Integration, type RawToken } from './integration';
import { TokenRefused } from './refusals';

// This runs for every request, and nothing is cached, so that a token that was revoked is refused at once.
const FIND = `SELECT id, agencyId, clientId, name, providers, scopes, expiresAt, lastUsedAt, revokedAt
FROM gateway_tokens WHERE tokenDigest = ?`;

const NOTE_EVERY_MS = 60_000;

/** Finds out which token asks. */
export class GatewayAccess {
  /** Tokens whose use this instance has noted within the last minute. */
  readonly #noted = new LRUCache<string, true>({ ...atMost(10_000), ttl: NOTE_EVERY_MS });

  constructor(private readonly database: TenantDatabase) {}

  /** Throws `TokenRefused`, which is answered alike whatever is wrong with the token. */
  async identify(
    presentation: KeyPresentation,
    header: (name: string) => string | undefined,
  ): Promise<Integration> {
    const token = tokenIn(header('header' in presentation ? presentation.header : 'authorization') ?? '');
    const [row] = await this.database.read.rows<RawToken>(FIND, [gatewayTokenDigest(token)]);
    requireInForce(row);
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

/** The scheme may be left out, since some providers take a key without one. Throws `TokenRefused`. */
function tokenIn(header: string): string {
  const [, token = ''] = /^(?:Bearer +)?(\S+)$/i.exec(header) ?? [];
  if (isGatewayToken(token)) return token;
  throw new TokenRefused(header === '' ? 'GATEWAY_TOKEN_MISSING' : 'GATEWAY_TOKEN_MALFORMED');
}
