import { dateOf, type RawDate } from '../database/raw';
import type { Transaction } from '../database/transaction';
import type { Provider } from '../providers';
import type { GatewayScope } from './gateway-token';
import type { GatewayTokenRow } from './gateway-token.entity';
import { TokenRefused, type TokenRefusal } from './refusals';

type Columns = Pick<GatewayTokenRow, 'id' | 'agencyId' | 'clientId' | 'name'>;

export interface RawToken extends Columns {
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

type Validity = Pick<RawToken, 'expiresAt' | 'revokedAt'>;

/**
 * Throws `TokenRefused` inside a transaction for a token that is no longer in force. Its row is locked for
 * reading until the transaction ends, so that whoever revokes it waits for the work that was begun with it,
 * or is waited for.
 */
export async function requireStillInForce(tx: Transaction, { id }: Integration): Promise<void> {
  const sql = 'SELECT expiresAt, revokedAt FROM gateway_tokens WHERE id = ?';
  const [row] = await tx.shareRows<Validity>(sql, [id]);
  requireInForce(row);
}

export function requireInForce<T extends Validity>(row: T | undefined): asserts row is T {
  const refusal = refusalOf(row);
  if (refusal) throw new TokenRefused(refusal);
}

function refusalOf(row: Validity | undefined): TokenRefusal | null {
  if (!row) return 'GATEWAY_TOKEN_UNKNOWN';
  if (row.revokedAt !== null) return 'GATEWAY_TOKEN_REVOKED';
  return dateOf(row.expiresAt) > new Date() ? null : 'GATEWAY_TOKEN_EXPIRED';
}
