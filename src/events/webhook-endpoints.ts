import type { Reader } from '../database/transaction';
import { dateOrNull, type RawDate } from '../database/raw';
import type { KeyOwner } from '../keys/key-store';
import type { Provider } from '../providers';
import type { WebhookTokens } from '../vault/webhook-tokens';
import type { WebhookEndpointRow } from './webhook-endpoint.entity';

/**
 * How long an address or a secret is still good after another has taken its place, in hours. That holds for
 * the two before the newest one: whoever makes a mistake with a new one, and makes another at once, does not
 * cut off the one that the provider still uses.
 */
export const GRACE_HOURS = 24;
const GRACE_MS = GRACE_HOURS * 60 * 60 * 1000;

export function graceEnd(now: Date): Date {
  return new Date(now.getTime() + GRACE_MS);
}

/** An endpoint as it is stored, or as it is before anything was. */
export interface Endpoint extends Pick<
  WebhookEndpointRow,
  'urlVersion' | 'previousUrlUntil' | 'earlierUrlUntil' | 'refusedEvents'
> {
  readonly owner: KeyOwner;
  readonly provider: Provider;
  /** Null where nothing was stored yet. */
  readonly id: string | null;
}

/** A secret of an endpoint as it is stored. */
export interface StoredSecret {
  readonly version: number;
  readonly validUntil: Date | null;
  readonly sealed: string;
}

export interface EndpointWithSecrets extends Endpoint {
  readonly secrets: readonly StoredSecret[];
}

interface RawEndpoint {
  readonly ownerType: KeyOwner['type'];
  readonly agencyId: string;
  readonly ownerId: string;
  readonly id: string | null;
  readonly urlVersion: number | null;
  readonly previousUrlUntil: RawDate | null;
  readonly earlierUrlUntil: RawDate | null;
  readonly refusedEvents: number | null;
}

interface RawSecret {
  readonly version: number | null;
  readonly validUntil: RawDate | null;
  readonly sealed: string | null;
}

const COLUMNS = `o.ownerType, o.agencyId, o.ownerId, e.id, e.urlVersion, e.previousUrlUntil, e.earlierUrlUntil,
e.refusedEvents`;
const FROM = `FROM (SELECT 'CLIENT' AS ownerType, agencyId, id AS ownerId FROM clients WHERE id = ?
UNION ALL SELECT 'AGENCY' AS ownerType, id AS agencyId, id AS ownerId FROM agencies WHERE id = ?) o
LEFT JOIN webhook_endpoints e ON e.ownerId = o.ownerId AND e.ownerType = o.ownerType AND e.provider = ?`;
const READ = `SELECT ${COLUMNS} ${FROM}`;
const READ_WITH_SECRETS = `SELECT ${COLUMNS}, s.version, s.validUntil, s.sealed ${FROM} LEFT JOIN webhook_secrets s ON s.endpointId = e.id`;

/** The result is null for an owner that does not exist. */
export async function readEndpoint(
  read: Reader,
  ownerId: string,
  provider: Provider,
): Promise<Endpoint | null> {
  const [row] = await read.rows<RawEndpoint>(READ, [ownerId, ownerId, provider]);
  return endpointOf(row, ownerId, provider);
}

/** Reads an endpoint with its secrets, of which there are few, by one statement. */
export async function readEndpointWithSecrets(
  read: Reader,
  ownerId: string,
  provider: Provider,
): Promise<EndpointWithSecrets | null> {
  const rows = await read.rows<RawEndpoint & RawSecret>(READ_WITH_SECRETS, [ownerId, ownerId, provider]);
  const endpoint = endpointOf(rows[0], ownerId, provider);
  const secrets = rows.flatMap(({ version, validUntil, sealed }) =>
    version === null ? [] : [{ version, validUntil: dateOrNull(validUntil), sealed: sealed ?? '' }],
  );
  return endpoint && { ...endpoint, secrets };
}

function endpointOf(row: RawEndpoint | undefined, ownerId: string, provider: Provider): Endpoint | null {
  // MariaDB ignores case and trailing spaces when it compares.
  if (row?.ownerId !== ownerId) return null;
  return {
    owner: { type: row.ownerType, id: row.ownerId, agencyId: row.agencyId },
    provider,
    id: row.id,
    urlVersion: row.urlVersion ?? 1,
    previousUrlUntil: dateOrNull(row.previousUrlUntil),
    earlierUrlUntil: dateOrNull(row.earlierUrlUntil),
    refusedEvents: row.refusedEvents ?? 0,
  };
}

/** Tells whether a token leads to the endpoint now. */
export function isReachedBy(tokens: WebhookTokens, token: string, endpoint: Endpoint, now: Date): boolean {
  const { owner, provider, urlVersion, previousUrlUntil, earlierUrlUntil } = endpoint;
  const isOf = (version: number) => tokens.isOf(token, { ownerId: owner.id, provider, urlVersion: version });
  const isStill = (until: Date | null, version: number) => until !== null && until > now && isOf(version);
  return (
    isOf(urlVersion) || isStill(previousUrlUntil, urlVersion - 1) || isStill(earlierUrlUntil, urlVersion - 2)
  );
}
