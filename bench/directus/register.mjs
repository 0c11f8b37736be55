// Tells an installed Directus of the product's tables, and who may read what of them.
import { createRequire } from 'node:module';
import { agencyId, bulk, LARGE_AGENCIES } from '../data.mjs';

const product = createRequire(import.meta.url);
const { openStore } = product('../../dist/src/store.js');
const { readConfig } = product('../../dist/src/config.js');

const id = (kind, index = 0) => `018f0000-0000-7000-80${kind}-${index.toString(16).padStart(12, '0')}`;
const ROLE = id('10');
const POLICY = id('11');
const OF_OWN_AGENCY = { agencyId: { _eq: '$CURRENT_USER.agencyId' } };
const READABLE = {
  clients: { fields: 'id,name,apiKeys,agents', filter: OF_OWN_AGENCY },
  api_keys: {
    fields: 'ownerId,provider,isSet,maskedKey,status,version',
    filter: { _and: [OF_OWN_AGENCY, { ownerType: { _eq: 'CLIENT' } }] },
  },
  agents: { fields: 'id,clientId,name,provider,providerAgentId', filter: OF_OWN_AGENCY },
};
const LISTS = [
  { field: 'apiKeys', table: 'api_keys', column: 'ownerId' },
  { field: 'agents', table: 'agents', column: 'clientId' },
];

/** Of the user who may read one of the large agencies. */
export const tokenOf = (agency) => `bench-token-${agency}`;

/**
 * In its tables, not over its API: that would put a foreign key on `api_keys.ownerId`, which is an agency's
 * id as often.
 */
export async function register(env) {
  const { database } = await openStore(readConfig(env));
  await database.write((tx) => tx.run('ALTER TABLE directus_users ADD COLUMN agencyId char(36)', []));
  await database.write(async (tx) => {
    const insert = bulk(tx);
    const insertAll = async (table, rows) => {
      for (const row of rows) await insert(table, row);
      await insert.flush();
    };
    await insertAll(
      'directus_collections',
      Object.keys(READABLE).map((collection) => ({ collection })),
    );
    await insertAll(
      'directus_fields',
      LISTS.map(({ field }) => ({ collection: 'clients', field, special: 'o2m' })),
    );
    await insertAll(
      'directus_relations',
      LISTS.map(({ field, table, column }) => ({
        many_collection: table,
        many_field: column,
        one_collection: 'clients',
        one_field: field,
      })),
    );
    await insertAll('directus_roles', [{ id: ROLE, name: 'Admin of an agency' }]);
    await insertAll('directus_policies', [
      { id: POLICY, name: 'Reads its own agency', admin_access: 0, app_access: 0 },
    ]);
    await insertAll('directus_access', [{ id: id('12'), role: ROLE, policy: POLICY }]);
    await insertAll(
      'directus_permissions',
      Object.entries(READABLE).map(([collection, { fields, filter }]) => ({
        policy: POLICY,
        collection,
        action: 'read',
        fields,
        permissions: JSON.stringify(filter),
      })),
    );
    await insertAll(
      'directus_users',
      Array.from({ length: LARGE_AGENCIES }, (_, index) => ({
        id: id('13', index),
        role: ROLE,
        token: tokenOf(index),
        agencyId: agencyId(index),
      })),
    );
  });
  await database.close();
}
