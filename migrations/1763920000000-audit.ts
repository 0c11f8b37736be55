import type { MigrationInterface, QueryRunner, TableOptions } from 'typeorm';
import { createMissingTable, id, index, integer, optional, primary, text, time, unique } from './columns';

export class Audit1763920000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables()) await createMissingTable(runner, table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of tables().reverse()) await runner.dropTable(name, true);
  }
}

function tables(): TableOptions[] {
  return [
    {
      name: 'audit_events',
      columns: [
        primary(id('id')),
        id('agencyId'),
        integer('sequence'),
        text('type', 48),
        time('at'),
        text('actorKind', 16),
        optional(id('actorId')),
        text('actorName', 200),
        text('requestId', 36),
        optional(text('sourceAddress', 64)),
        optional(id('clientId')),
        { name: 'details', type: 'text' },
        text('hash', 64),
      ],
      indices: [
        unique('audit_events_by_sequence', 'agencyId', 'sequence'),
        index('audit_events_by_agency', 'agencyId', 'id'),
        index('audit_events_by_client', 'agencyId', 'clientId', 'id'),
        index('audit_events_by_type', 'agencyId', 'type', 'id'),
      ],
    },
    {
      name: 'audit_heads',
      columns: [primary(id('id')), integer('sequence'), text('hash', 64), text('seal', 64)],
    },
  ];
}
