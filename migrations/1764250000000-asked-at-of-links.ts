import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { optional, time } from './columns';

/** When the provider was last asked about a key of a one-time link: a try that was cut off ends with it. */
export class AskedAtOfLinks1764250000000 implements MigrationInterface {
  // The step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const links = await runner.getTable('key_links');
    if (!links?.findColumnByName('askedAt'))
      await runner.addColumn('key_links', new TableColumn(optional(time('askedAt'))));
  }

  async down(runner: QueryRunner): Promise<void> {
    const links = await runner.getTable('key_links');
    if (links?.findColumnByName('askedAt')) await runner.dropColumn('key_links', 'askedAt');
  }
}
