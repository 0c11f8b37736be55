import { Table, TableIndex, type MigrationInterface, type QueryRunner } from 'typeorm';
import { alter, id, index, integer, optional, primary, text, time } from './columns';

const big = (name: string) => ({ name, type: 'bigint' });

const TABLES = [
  {
    name: 'call_sums',
    columns: [
      primary(id('agencyId')),
      primary(text('level', 8)),
      primary(text('day', 10)),
      primary(integer('ordinal')),
      text('week', 10),
      optional(id('clientId')),
      optional(id('agentId')),
      text('provider', 32),
      optional(text('keySource', 16)),
      optional(text('currency', 3)),
      integer('calls'),
      integer('connectedCalls'),
      big('seconds'),
      big('costMicros'),
      integer('unknownCosts'),
    ],
    indices: [index('call_sums_by_client', 'agencyId', 'clientId', 'day')],
  },
  {
    name: 'call_sum_progress',
    columns: [
      primary(id('agencyId')),
      text('timeZone', 64),
      text('firstDay', 10),
      text('countedUntil', 10),
      integer('version'),
      time('updatedAt'),
    ],
    indices: [],
  },
  {
    name: 'late_call_changes',
    columns: [primary(id('id')), id('agencyId'), time('startAt')],
    indices: [index('late_call_changes_by_start', 'agencyId', 'startAt')],
  },
  {
    name: 'stray_calls',
    columns: [primary(id('callId')), id('agencyId'), time('startAt')],
    indices: [index('stray_calls_by_start', 'agencyId', 'startAt')],
  },
];

const STRAY = `INSERT INTO stray_calls (callId, agencyId, startAt) SELECT id, agencyId, startedAt FROM calls
WHERE startedAt IS NOT NULL AND id NOT IN (SELECT callId FROM stray_calls) AND`;

/** What the calls of past days come to, and which calls are to be counted again. */
export class CallSums1764420000000 implements MigrationInterface {
  // Each step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    for (const { name, columns, indices } of TABLES) {
      await runner.createTable(new Table({ name, columns }), true);
      const table = await runner.getTable(name);
      for (const each of indices)
        if (!table?.indices.some((present) => present.name === each.name))
          await runner.createIndex(name, new TableIndex(each));
    }
    await alter(runner, {
      sqlite: [`${STRAY} ABS(julianday(startedAt) - julianday(createdAt)) * 1440 > 10`],
      mysql: [`${STRAY} ABS(TIMESTAMPDIFF(MICROSECOND, createdAt, startedAt)) > 600000000`],
    });
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of TABLES) await runner.dropTable(name, true);
  }
}
