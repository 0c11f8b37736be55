// npm run bench:analytics [-- --database sqlite|mariadb] [--calls 1000000] [--days 365] [--agents 100]
//   [--rounds 15]
// How long an answer of `callAnalytics` takes in process, with the calls of one agency in a year or less, and
// how long it takes to count all of its days. Each answer is compared with the plain sum over all calls.
import { createRequire } from 'node:module';
import { parseArgs } from 'node:util';
import { withDatabases } from './compare.mjs';
import { agencyId, bulk, clientId, personId, PROVIDERS } from './data.mjs';
import { median } from './load.mjs';

const product = createRequire(import.meta.url);
const { TenantDatabase } = product('../dist/src/access/tenant-database.js');
const { CallAnalyticsService } = product('../dist/src/analytics/call-analytics.service.js');
const { CountingWorker } = product('../dist/src/analytics/counting-worker.js');
const { readConfig } = product('../dist/src/config.js');
const { lostRights } = product('../dist/src/people/lost-rights.js');
const { dayAfter, dayOf } = product('../dist/src/platform/calendar.js');
const { leastIdOf } = product('../dist/src/platform/ids.js');
const { openStore } = product('../dist/src/store.js');

const { values: options } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    calls: { type: 'string', default: '1000000' },
    days: { type: 'string', default: '365' },
    agents: { type: 'string', default: '100' },
    rounds: { type: 'string', default: '15' },
  },
});
const [CALLS, DAYS, AGENTS, ROUNDS] = [options.calls, options.days, options.agents, options.rounds].map(
  Number,
);
const PERIOD_MS = DAYS * 24 * 60 * 60 * 1000;
const AGENTS_A_CLIENT = 4;
const CALLS_AT_ONCE = 50_000;
const end = Date.now();
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

const textOf = (time) => time.toISOString().replace('T', ' ').slice(0, -1);
const hex = (index) => index.toString(16).padStart(12, '0');
const agentId = (index) => `018f0000-0000-7000-8002-${hex(index)}`;

/** The calls are spread evenly over the days, and each agent has one provider and one key source. */
function callOf(index) {
  const createdAt = new Date(end - PERIOD_MS + Math.floor((index / CALLS) * PERIOD_MS));
  const agent = (index * 7_919) % AGENTS;
  const isConnected = index % 5 > 0;
  const isKnown = index % 50 > 0;
  return {
    id: `${leastIdOf(createdAt).slice(0, -12)}${hex(index)}`,
    agencyId: viewer.agencyId,
    clientId: clientId(Math.floor(agent / AGENTS_A_CLIENT)),
    agentId: agentId(agent),
    provider: PROVIDERS[agent % PROVIDERS.length],
    kind: 'LIVE',
    origin: 'API',
    direction: 'OUTBOUND',
    status: isConnected ? 'COMPLETED' : 'FAILED',
    keySource: agent % 2 === 0 ? 'CLIENT' : 'AGENCY',
    keyVersion: 1,
    isOtherAccount: 0,
    startedAt: textOf(new Date(createdAt.getTime() + 2_000)),
    durationMs: isConnected ? 1_000 + ((index * 37) % 300_000) : 0,
    costStatus: isKnown ? 'KNOWN' : 'PENDING',
    costMicros: isKnown ? (index * 13) % 500_000 : null,
    costCurrency: isKnown ? 'USD' : null,
    createdAt: textOf(createdAt),
    updatedAt: textOf(createdAt),
  };
}

const to = dayOf(new Date(end), 'UTC');
const from = dayAfter(to, -365);
const QUESTIONS = {
  'total by day and source': { interval: 'DAY', by: ['keySource'] },
  'total by month, source and provider': { interval: 'MONTH', by: ['keySource', 'provider'] },
  'by client': { interval: 'TOTAL', by: ['clientId'] },
  'by agent': { interval: 'TOTAL', by: ['agentId'] },
  'by agent and month': { interval: 'MONTH', by: ['agentId'] },
  'one client by day': { interval: 'DAY', by: ['keySource'], clientId: clientId(1) },
  'the last 30 days by day and client': { interval: 'DAY', by: ['clientId'], from: dayAfter(to, -29) },
};

const timed = async (work) => {
  const started = performance.now();
  const result = await work();
  return { result, ms: performance.now() - started };
};

async function fillCalls(database) {
  for (let start = 0; start < CALLS; start += CALLS_AT_ONCE)
    await database.write(async (tx) => {
      const insert = bulk(tx);
      for (let index = start; index < Math.min(CALLS, start + CALLS_AT_ONCE); index += 1)
        await insert('calls', callOf(index));
      await insert.flush();
    });
}

async function measure({ env }) {
  const { database } = await openStore(readConfig(env));
  try {
    const { ms: filling } = await timed(() => fillCalls(database));
    console.log(`  ${CALLS} calls of ${AGENTS} agents, filled in ${Math.round(filling / 1000)} s`);
    const analytics = new CallAnalyticsService(new TenantDatabase(database, lostRights));
    const ask = (question) => analytics.answer(viewer, { from, to, clientId: null, ...question });
    const plain = {};
    for (const [name, question] of Object.entries(QUESTIONS)) plain[name] = await timed(() => ask(question));
    const worker = new CountingWorker(database, (error) => console.error(error));
    const { ms: counting } = await timed(() => worker.work());
    const [{ sums }] = await database.read.rows('SELECT COUNT(*) AS sums FROM call_sums');
    console.log(`  all days counted in ${(counting / 1000).toFixed(1)} s: ${sums} sums`);
    for (const [name, question] of Object.entries(QUESTIONS)) {
      const times = [];
      for (let round = 0; round <= ROUNDS; round += 1) {
        const { result, ms } = await timed(() => ask(question));
        if (JSON.stringify(shown(result)) !== JSON.stringify(shown(plain[name].result)))
          throw new Error(`${name}: the sums differ from the calls`);
        if (round > 0) times.push(ms);
      }
      console.log(
        `  ${name.padEnd(38)}${String(plain[name].result.length).padStart(6)} buckets${median(times).toFixed(1).padStart(8)} ms, at most ${Math.max(
          ...times,
        )
          .toFixed(1)
          .padStart(6)} ms; from the calls alone ${plain[name].ms.toFixed(0).padStart(6)} ms`,
      );
    }
  } finally {
    await database.close();
  }
}

const shown = (buckets) => buckets.map(({ costs, ...bucket }) => ({ ...bucket, costs: [...costs] }));

await withDatabases([options.database], { clients: 5_000 }, measure);
