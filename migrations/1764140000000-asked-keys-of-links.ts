import { TableColumn, type MigrationInterface, type QueryRunner } from 'typeorm';
import { integer } from './columns';

/**
 * How many keys of a one-time link its provider is being asked about. Until now they were counted as refused
 * keys.
 */
export class AskedKeysOfLinks1764140000000 implements MigrationInterface {
  // The step is left out where an earlier attempt, which was killed, has made it: MySQL commits each
  // statement.
  async up(runner: QueryRunner): Promise<void> {
    const links = await runner.getTable('key_links');
    if (!links?.findColumnByName('askedKeys'))
      await runner.addColumn('key_links', new TableColumn({ ...integer('askedKeys'), default: 0 }));
  }

  async down(runner: QueryRunner): Promise<void> {
    const links = await runner.getTable('key_links');
    if (links?.findColumnByName('askedKeys')) await runner.dropColumn('key_links', 'askedKeys');
  }
}
