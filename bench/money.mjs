// How long a statement of 100,000 calls of a month takes, as a draft and made final. DATABASE_URL names an
// empty database; without it, SQLite makes a new one. Run `npm run build` before.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { StatementService } = product('../dist/src/billing/statement.service.js');
const { readConfig } = product('../dist/src/config.js');
const { startSandbox } = product('../dist/src/demo/sandbox/index.js');
const { seed } = product('../dist/src/demo/seed.js');
const { viewerOfPerson } = product('../dist/src/people/identities.js');
const { PersonRow } = product('../dist/src/people/person.entity.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { leastIdOf, newId } = product('../dist/src/platform/ids.js');
const { openStore } = product('../dist/src/store.js');
const { KeyRing } = product('../dist/src/vault/master-keys/key-ring.js');

const CALLS = 100_000;
const GOAL_MS = 300;
const ROUNDS = 7;
const ADA = '01900000-0000-7000-8000-000000000301';
const HARBOR = '01900000-0000-7000-8000-000000000101';
const AGENT = '01900000-0000-7000-8000-000000000403';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-'));
const ring = join(folder, 'master.keys');
writeFileSync(ring, KeyRing.generateLine('bench'), { mode: 0o600 });
const sandbox = await startSandbox();
const config = readConfig({
  DATABASE_URL: process.env.DATABASE_URL ?? `sqlite:${join(folder, 'bench.db')}`,
  LATCHKEY_MASTER_KEY_FILE: ring,
  AUTH_ISSUER: 'https://issuer.example/',
  AUTH_AUDIENCE: 'bench',
});
const { database, vault, audit } = await openStore(config);
await seed(database, vault, audit, 'https://issuer.example/', sandbox);
const person = await database.read.findOneByOrFail(PersonRow, { id: ADA });
const viewer = viewerOfPerson(person, { requestId: newId(), sourceAddress: null });
const { agencyId } = viewer;

const begin = Date.UTC(2026, 0, 1, 12);
const rates = ['AGENCY', 'CLIENT', 'AGENCY'].map((keySource, index) => ({
  ...{ id: newId(), agencyId, clientId: null, keySource, priceMicros: 50_000 + index, currency: 'USD' },
  ...{
    firstIncrementSeconds: 30,
    incrementSeconds: 6,
    validFrom: new Date(begin),
    createdAt: new Date(begin),
  },
}));
await database.write((tx) => tx.insertRows('rates', rates));

let random = 1;
const below = (most) => (random = (random * 48_271) % 2_147_483_647) % most;
function call(number) {
  const startedAt = new Date(begin + Math.floor((number / CALLS) * 29 * 24 * 60 * 60 * 1000));
  const rate = rates[below(3)];
  const id = `${leastIdOf(startedAt).slice(0, 24)}${number.toString(16).padStart(12, '0')}`;
  return {
    ...{
      id,
      agencyId,
      clientId: HARBOR,
      agentId: AGENT,
      provider: 'BLAND',
      providerCallId: id,
      kind: 'LIVE',
    },
    ...{
      origin: 'PROVIDER',
      direction: 'INBOUND',
      status: 'COMPLETED',
      keySource: rate.keySource,
      keyVersion: 1,
    },
    ...{ isOtherAccount: false, rateId: rate.id, resolvedAt: startedAt, startedAt, endedAt: startedAt },
    ...{
      durationMs: below(1_800_000),
      endReason: 'HUNG_UP_BY_CALLEE',
      costStatus: 'KNOWN',
      costMicros: below(900_000),
    },
    ...{ costCurrency: 'USD', revision: 1, createdAt: startedAt, updatedAt: startedAt },
  };
}
for (let first = 0; first < CALLS; first += 500)
  await database.write((tx) =>
    tx.insertRows(
      'calls',
      Array.from({ length: 500 }, (_, index) => call(first + index)),
    ),
  );

const statements = new StatementService(new TenantDatabase(database, lostRights), audit);
const period = { from: '2026-01-01', to: '2026-01-31' };
const times = [];
for (let round = 0; round < ROUNDS; round += 1) {
  const start = performance.now();
  const { form } = await statements.find(viewer, HARBOR, period);
  times.push(performance.now() - start);
  const calls = form.lines.reduce((sum, line) => sum + line.calls, 0);
  if (calls !== CALLS) throw new Error(`The draft counts ${calls} calls`);
}
const start = performance.now();
const { userErrors } = await statements.finalize(viewer, { clientId: HARBOR, ...period });
if (userErrors.length > 0) throw new Error(JSON.stringify(userErrors));
const finalMs = performance.now() - start;
const median = times.sort((one, other) => one - other)[Math.floor(ROUNDS / 2)];
const shown = [median, times.at(-1), finalMs].map(Math.round);
console.log(
  `A statement of ${CALLS} calls: draft ${shown[0]} ms (median of ${ROUNDS}, at most ${shown[1]} ms), made final in ${shown[2]} ms; goal ${GOAL_MS} ms`,
);
process.exitCode = median <= GOAL_MS ? 0 : 1;
await database.close();
await sandbox.close();
rmSync(folder, { recursive: true });
