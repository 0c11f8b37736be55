import {
  MoreThan,
  Not,
  type EntityTarget,
  type FindOptionsOrder,
  type FindOptionsWhere,
  type ObjectLiteral,
} from 'typeorm';
import type { Reader, Transaction } from '../../database/transaction';
import type { SecretPlace } from '../cipher';

/** Every table with sealed secrets has these columns. Both are null when the secret is destroyed. */
type SealedRow = Readonly<Record<'masterKey' | 'sealed', string | null>>;

/** This is a sealed secret as it is stored in its table. */
export interface StoredSecret {
  /** This is the primary key of its row. */
  readonly key: string;
  /** It is null where the row names a master key but holds no secret. */
  readonly sealed: string | null;
  readonly place: SecretPlace;
}

/** The rotation of master keys sees a table with sealed secrets through this interface. */
export interface SealedTable {
  readonly name: string;
  /** The result is the number of secrets that each master key wraps in this table. */
  countByMasterKey(read: Reader): Promise<Map<string, number>>;
  /**
   * The result is the next secrets, in the order of the primary key, that any other master key than this one
   * wraps.
   */
  wrappedByOthers(
    read: Reader,
    masterKey: string,
    after: string | null,
    limit: number,
  ): Promise<StoredSecret[]>;
  /**
   * This stores a secret that was wrapped again, unless its row has changed since it was read. It runs inside
   * a `write`.
   */
  replace(tx: Transaction, secret: StoredSecret, sealed: string, masterKey: string): Promise<boolean>;
}

export function sealedTable<Row extends ObjectLiteral & SealedRow>(
  name: string,
  entity: EntityTarget<Row>,
  primaryKey: keyof Row & string,
  placeOf: (row: Row) => SecretPlace,
): SealedTable {
  return {
    name,

    async countByMasterKey(read) {
      const query = read
        .createQueryBuilder(entity, 'row')
        .select('row.masterKey', 'name')
        .addSelect('COUNT(*)', 'count');
      const counts = await query
        .where('row.masterKey IS NOT NULL')
        .groupBy('row.masterKey')
        .getRawMany<{ name: string; count: string | number }>();
      return new Map(counts.map((each) => [each.name, Number(each.count)]));
    },

    async wrappedByOthers(read, masterKey, after, limit) {
      const where = {
        masterKey: Not(masterKey),
        [primaryKey]: MoreThan(after ?? ''),
      } as FindOptionsWhere<Row>;
      const order = { [primaryKey]: 'ASC' } as FindOptionsOrder<Row>;
      const rows = await read.find(entity, { where, order, take: limit });
      return rows.map((row) => ({ key: row[primaryKey], sealed: row.sealed, place: placeOf(row) }));
    },

    async replace(tx, secret, sealed, masterKey) {
      const where = { [primaryKey]: secret.key, sealed: secret.sealed } as FindOptionsWhere<SealedRow>;
      const { affected } = await tx.update<SealedRow>(entity, where, { sealed, masterKey });
      return affected === 1;
    },
  };
}

/** The result is the number of secrets that each master key wraps in all these tables. */
export async function countByMasterKey(
  read: Reader,
  tables: readonly SealedTable[],
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  for (const table of tables) {
    for (const [name, count] of await table.countByMasterKey(read))
      counts.set(name, (counts.get(name) ?? 0) + count);
  }
  return counts;
}
