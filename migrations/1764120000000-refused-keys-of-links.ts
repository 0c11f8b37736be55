import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { integer } from './columns';

/** How many keys were tried through a one-time link that the provider refused: the tenth locks it. */
export class RefusedKeysOfLinks1764120000000 implements MigrationInterface {
  // The step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const links = await runner.getTable('key_links');
    if (!links?.findColumnByName('refusedKeys'))
      await runner.addColumn('key_links', new TableColumn({ ...integer('refusedKeys'), default: 0 }));
  }

  async down(runner: QueryRunner): Promise<void> {
    const links = await runner.getTable('key_links');
    if (links?.findColumnByName('refusedKeys')) await runner.dropColumn('key_links', 'refusedKeys');
  }
}
