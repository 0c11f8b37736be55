// What needs no HTTP: resolving a key for a call, and setting one, against the same statements written by
// hand.
import { createRequire } from 'node:module';
import { agencyId, clientId, firstAgentOf, LARGE_AGENCIES, personId } from './data.mjs';
import { median } from './load.mjs';
import { openByHand } from './written-rows.mjs';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { openStore } = product('../dist/src/store.js');
const { readConfig } = product('../dist/src/config.js');
const { ApiKeyService } = product('../dist/src/keys/changes/api-key.service.js');
const { KeyResolverService } = product('../dist/src/keys/resolution/key-resolver.service.js');
const { ProviderApi } = product('../dist/src/providers/provider-api.js');
const { ClientService } = product('../dist/src/clients/client.service.js');
const { Secret } = product('../dist/src/vault/secret.js');

const BATCHES = 9;

export async function measureInProcess(env, times) {
  const config = readConfig(env);
  const { database, vault, audit } = await openStore(config);
  const byHand = openByHand(env);
  const resolver = new KeyResolverService(database, vault);
  const ofTenants = new TenantDatabase(database, lostRights);
  const clients = new ClientService(ofTenants, audit);
  const providers = new ProviderApi(config.baseUrls, 1000);
  const keys = new ApiKeyService(ofTenants, audit, vault, providers, clients, null);
  const viewer = {
    kind: 'PERSON',
    id: personId(0),
    role: 'AGENCY_ADMIN',
    name: 'bench',
    agencyId: agencyId(0),
    clientId: null,
    permissions: [],
    origin: { requestId: agencyId(0), sourceAddress: null },
  };
  const set = (index) =>
    keys.set(
      viewer,
      { type: 'CLIENT', id: clientId(index % 50), agencyId: agencyId(0) },
      [{ provider: 'BLAND', apiKey: new Secret(`key_of_bench_${index}_abcdefgh`) }],
      false,
    );
  try {
    return [
      {
        title: 'resolving a key',
        ...(await compare(
          times,
          (index) => resolve(resolver, index),
          (index) => byHand.resolve(agentOf(index)),
        )),
      },
      {
        title: 'setting a key',
        ...(await compare(Math.ceil(times / 2), set, (index) =>
          byHand.set({
            agencyId: agencyId(1),
            clientId: clientId(50 + (index % 50)),
            provider: 'BLAND',
            apiKey: `key_of_bench_${index}_abcdefgh`,
          }),
        )),
      },
    ];
  } finally {
    await byHand.close();
    await database.close();
  }
}

function agentOf(index) {
  const agency = index % LARGE_AGENCIES;
  return { agencyId: agencyId(agency), agentId: firstAgentOf(agency * 50 + (index % 50)) };
}

/** As a call does: from the agent to the open key. */
async function resolve(resolver, index) {
  const { agencyId: agency, agentId: agent } = agentOf(index);
  const { key } = await resolver.resolve(agency, agent);
  return resolver.open(key);
}

/** Resolves keys, and tells how many microseconds one takes. */
export async function openResolver(env) {
  const { database, vault } = await openStore(readConfig(env));
  const resolver = new KeyResolverService(database, vault);
  return {
    async time(times) {
      const started = performance.now();
      for (let index = 0; index < times; index += 1) await resolve(resolver, index);
      return ((performance.now() - started) * 1000) / times;
    },
    close: () => database.close(),
  };
}

/** In turns, so that whatever else the machine does concerns both. The first batch warms up. */
async function compare(times, ours, byHand) {
  const samples = { ours: [], byHand: [] };
  for (let batch = 0; batch < BATCHES; batch += 1) {
    for (const [name, work] of [
      ['ours', ours],
      ['byHand', byHand],
    ]) {
      const started = performance.now();
      for (let index = 0; index < times / BATCHES; index += 1) await work(batch * 1_000 + index);
      samples[name].push(((performance.now() - started) * 1000) / (times / BATCHES));
    }
  }
  return { productUs: median(samples.ours.slice(1)), byHandUs: median(samples.byHand.slice(1)) };
}
