// npm run bench:reconcile [-- --quick] [-- --provider retell|vapi|bland]
// How long it takes to compare 10,000 calls of one account with the list of its provider, over HTTP with the
// stand-in and as fast as its requests are let go: first when none of them is known, then when all are. It
// fails where that takes longer than a minute, or where calls are missed. DATABASE_URL names an empty
// database; without it, SQLite makes a new one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { readConfig } = product('../dist/src/config.js');
const { BRIGHTLINE } = product('../dist/src/demo/ids.js');
const { startSandbox } = product('../dist/src/demo/sandbox/index.js');
const { seed } = product('../dist/src/demo/seed.js');
const { KeyResolverService } = product('../dist/src/keys/resolution/key-resolver.service.js');
const { PROVIDERS } = product('../dist/src/providers/index.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { ProviderApi } = product('../dist/src/providers/provider-api.js');
const { reconcileAll } = product('../dist/src/reconciliation/command.js');
const { Reconciler } = product('../dist/src/reconciliation/reconciler.js');
const { openStore } = product('../dist/src/store.js');
const { KeyRing } = product('../dist/src/vault/master-keys/key-ring.js');

const { values: options } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, provider: { type: 'string' } },
});
const names = options.provider ? [options.provider] : PROVIDERS.map((provider) => provider.toLowerCase());
const CALLS = options.quick ? 2_000 : 10_000;
const MOST_SECONDS = (60 * CALLS) / 10_000;
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
  ...Object.fromEntries(names.map((name) => [`${name.toUpperCase()}_BASE_URL`, sandbox[name].baseUrl])),
});
const { database, vault, audit } = await openStore(config);
await seed(database, vault, audit, 'https://issuer.example/', sandbox);

const begin = Date.now() - 10 * HOUR_MS;

/** The account of the agency gets calls that came in, of which Latchkey has not heard. */
function receiveCalls({ accounts: { agency }, agents, receive }) {
  for (let number = 0; number < CALLS; number += 1) {
    const at = new Date(begin + number * 1000);
    const call = receive(agency, agents.agency[0].id, '+14155550123', at);
    call.answer(at);
    call.end(1000);
  }
}

const tenants = new TenantDatabase(database, lostRights);
const providers = new ProviderApi(config.baseUrls, 10_000).inBackground();
const resolver = new KeyResolverService(tenants, vault);
const reconciler = new Reconciler(tenants, vault, resolver, providers);
async function compare(name, known, expected) {
  const start = performance.now();
  const span = { since: new Date(begin - HOUR_MS), until: new Date() };
  let recorded = 0;
  await reconcileAll(
    database.read,
    reconciler,
    { agencyId: BRIGHTLINE, provider: name.toUpperCase(), asJson: true, ...span },
    (line) => {
      if (line.includes('UNKNOWN_TO_US')) recorded += 1;
    },
  );
  const seconds = (performance.now() - start) / 1000;
  const memory = Math.round(process.memoryUsage().rss / 1024 / 1024);
  console.log(
    `${name}: ${CALLS} calls, ${known}: ${seconds.toFixed(1)} s, ${recorded} recorded, ${memory} MB`,
  );
  if (seconds <= MOST_SECONDS && recorded === expected) return;
  console.error(`  missed: at most ${MOST_SECONDS} s, with ${expected} recorded`);
  process.exitCode = 1;
}

for (const name of names) {
  receiveCalls(sandbox[name]);
  await compare(name, 'none of them is known', CALLS);
  await compare(name, 'all of them are known', 0);
}
await database.close();
await sandbox.close();
rmSync(folder, { recursive: true });
