// How long it takes to compare 10,000 calls of one account with its provider's list, over HTTP with the
// stand-in: first when none of them is known, then when all are. DATABASE_URL names an empty database;
// without it, SQLite makes a new one. Run `npm run build` before.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { readConfig } = product('../dist/src/config.js');
const { startSandbox } = product('../dist/src/demo/sandbox/index.js');
const { seed } = product('../dist/src/demo/seed.js');
const { KeyResolverService } = product('../dist/src/keys/resolution/key-resolver.service.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { ProviderApi } = product('../dist/src/providers/provider-api.js');
const { reconcileAll } = product('../dist/src/reconciliation/command.js');
const { Reconciler } = product('../dist/src/reconciliation/reconciler.js');
const { openStore } = product('../dist/src/store.js');
const { KeyRing } = product('../dist/src/vault/master-keys/key-ring.js');

const CALLS = 10_000;
const HOUR_MS = 60 * 60 * 1000;

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
const ring = join(folder, 'master.keys');
writeFileSync(ring, KeyRing.generateLine('bench'), { mode: 0o600 });
const sandbox = await startSandbox();
const config = readConfig({
  DATABASE_URL: process.env.DATABASE_URL ?? `sqlite:${join(folder, 'bench.db')}`,
  LATCHKEY_MASTER_KEY_FILE: ring,
  AUTH_ISSUER: 'https://issuer.example/',
  AUTH_AUDIENCE: 'bench',
  RETELL_BASE_URL: sandbox.retell.baseUrl,
});
const { database, vault, audit } = await openStore(config);
await seed(database, vault, audit, 'https://issuer.example/', sandbox);

const { calls, accounts } = sandbox.retell;
const begin = Date.now() - 10 * HOUR_MS;
for (let number = 0; number < CALLS; number += 1) {
  const at = new Date(begin + number * 1000);
  const request = { override_agent_id: accounts.client.agents[0].id, to_number: '+14155550123' };
  const call = calls.add(accounts.client, `call_${number}`, request, 'outbound', at);
  call.answer(at);
  call.end(1000);
}

const tenants = new TenantDatabase(database, lostRights);
const providers = new ProviderApi(config.baseUrls, 10_000).inBackground();
const resolver = new KeyResolverService(tenants, vault);
const reconciler = new Reconciler(tenants, vault, resolver, providers);
for (const known of ['none of them is known', 'all of them are known']) {
  const start = performance.now();
  const options = {
    agencyId: null,
    provider: 'RETELL',
    since: new Date(begin - HOUR_MS),
    until: new Date(),
    asJson: true,
  };
  let differences = 0;
  await reconcileAll(database.read, reconciler, options, (line) => {
    if (line.includes('UNKNOWN_TO_US')) differences += 1;
  });
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const memory = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(`${CALLS} calls, ${known}: ${seconds} s, ${differences} recorded, ${memory} MB`);
}
await database.close();
await sandbox.close();
rmSync(folder, { recursive: true });
