import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The tables whose rows say who made them, with the event of the making and how it names the row. */
const MADE = [
  { table: 'people', type: 'PERSON_INVITED', name: 'personId' },
  { table: 'service_tokens', type: 'SERVICE_TOKEN_CREATED', name: 'serviceTokenId' },
  { table: 'key_links', type: 'KEY_LINK_CREATED', name: 'keyLinkId' },
] as const;

/** At most this many agencies, or events, are read at once. */
const BATCH = 500;

interface Event {
  readonly id: string;
  readonly actorId: string;
  readonly details: string;
}

/**
 * Says of invitations, service tokens and one-time links from before `createdBy` who made them, as the audit
 * trail recorded it, so that they can go with their maker. What the trail does not tell stays unknown.
 */
export class MakersFromTheTrail1764150000000 implements MigrationInterface {
  // Each statement stands for itself and can be repeated, so that no lock is held for the whole migration.
  readonly transaction = false;

  async up(runner: QueryRunner): Promise<void> {
    for (const made of MADE)
      for await (const agencyId of agenciesWithUnknownMakers(runner, made.table))
        for await (const events of eventsOf(runner, agencyId, made.type))
          await fill(runner, made, agencyId, events);
  }

  // Who made something is still true for an older release.
  async down(): Promise<void> {}
}

async function* agenciesWithUnknownMakers(runner: QueryRunner, table: string): AsyncGenerator<string> {
  for (let after = ''; ;) {
    const agencies = (await runner.query(
      `SELECT DISTINCT agencyId FROM ${table} WHERE createdBy IS NULL AND agencyId > ? ORDER BY agencyId LIMIT ${BATCH}`,
      [after],
    )) as { readonly agencyId: string }[];
    for (const { agencyId } of agencies) yield agencyId;
    if (agencies.length < BATCH) return;
    after = agencies.at(-1)?.agencyId ?? '';
  }
}

async function* eventsOf(runner: QueryRunner, agencyId: string, type: string): AsyncGenerator<Event[]> {
  for (let after = ''; ;) {
    const events = (await runner.query(
      `SELECT id, actorId, details FROM audit_events
WHERE agencyId = ? AND type = ? AND id > ? AND actorKind = 'PERSON' ORDER BY id LIMIT ${BATCH}`,
      [agencyId, type, after],
    )) as Event[];
    if (events.length > 0) yield events;
    if (events.length < BATCH) return;
    after = events.at(-1)?.id ?? '';
  }
}

async function fill(
  runner: QueryRunner,
  { table, name }: (typeof MADE)[number],
  agencyId: string,
  events: readonly Event[],
): Promise<void> {
  for (const maker of new Set(events.map(({ actorId }) => actorId))) {
    const ids = events
      .filter(({ actorId }) => actorId === maker)
      .map(({ details }) => (JSON.parse(details) as Readonly<Record<string, string>>)[name] ?? '');
    await runner.query(
      `UPDATE ${table} SET createdBy = ? WHERE createdBy IS NULL AND agencyId = ? AND id IN (${ids.map(() => '?').join(', ')})`,
      [maker, agencyId, ...ids],
    );
  }
}
