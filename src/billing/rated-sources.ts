import { filledUp, placeholders } from '../database/raw';
import type { Reader } from '../database/transaction';
import type { KeySource } from '../keys/chain';

/**
 * Returns for each of these clients the key sources of which it has a rate at an instant, by two statements.
 * A client is not in it where its agency has no rate at all, and so does not let Latchkey count what its
 * clients owe. `agencyOf` has the agency of each client.
 */
export async function ratedSources(
  read: Reader,
  agencyOf: ReadonlyMap<string, string>,
  at: Date,
): Promise<ReadonlyMap<string, ReadonlySet<KeySource>>> {
  if (agencyOf.size === 0) return new Map();
  const agencyIds = filledUp([...new Set(agencyOf.values())]);
  const clientIds = filledUp([...agencyOf.keys()]);
  const ofAgencies = `FROM rates WHERE agencyId IN (${placeholders(agencyIds)}) AND validFrom <= ?`;
  // An agency may have rates of its other clients alone.
  const withRates = await read.rows<{ agencyId: string }>(`SELECT DISTINCT agencyId ${ofAgencies}`, [
    ...agencyIds,
    at,
  ]);
  const rates = await read.rows<{ agencyId: string; clientId: string | null; keySource: KeySource }>(
    `SELECT DISTINCT agencyId, clientId, keySource ${ofAgencies}
AND (clientId IS NULL OR clientId IN (${placeholders(clientIds)}))`,
    [...agencyIds, at, ...clientIds],
  );
  const rated = [...agencyOf].filter(([, agencyId]) => withRates.some((row) => row.agencyId === agencyId));
  return new Map(
    rated.map(([id, agencyId]) => {
      const own = rates.filter(
        (rate) => rate.agencyId === agencyId && (rate.clientId === null || rate.clientId === id),
      );
      return [id, new Set(own.map(({ keySource }) => keySource))];
    }),
  );
}
