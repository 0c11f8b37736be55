import { Table, type MigrationInterface, type QueryRunner } from 'typeorm';
import { boolean, id, index, integer, optional, primary, text, time } from './columns';

/** By which a placement that is asked for again is not placed again. */
export class GatewayAttempts1764400000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      primary(text('digest', 64)),
      text('bodyDigest', 64),
      id('callId'),
      time('createdAt'),
      optional(time('answeredAt')),
      optional(integer('httpStatus')),
      { ...boolean(runner, 'isUndelivered'), default: 0 },
    ];
    const indices = [index('gateway_attempts_by_time', 'createdAt')];
    // A migration that was killed is run again, and MySQL keeps what each statement has done.
    await runner.createTable(new Table({ name: 'gateway_attempts', columns, indices }), true);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('gateway_attempts', true);
  }
}
