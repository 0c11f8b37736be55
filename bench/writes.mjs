// npm run bench:writes [-- --quick] [--database sqlite|mariadb] [--rounds N] [--seconds N] [--only OPERATION]
// Changes over HTTP, in one agency and over all of them, beside a Fastify service that writes the same rows
// and asks the same provider; on MariaDB also by three instances.
import autocannon from 'autocannon';
import { existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { withDatabases, YOUNG_GENERATION } from './compare.mjs';
import { AGENCIES, agencyId, agentAt, clientId, clientIndexOf, portalSubjectOf, subjectOf } from './data.mjs';
import { median } from './load.mjs';
import { cpuOf, System } from './system.mjs';
import { openByHand } from './written-rows.mjs';

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    database: { type: 'string' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    only: { type: 'string' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 1 : 4));
const databases = options.database ? [options.database] : options.quick ? ['sqlite'] : ['sqlite', 'mariadb'];

const CONNECTIONS = 32;
/** V8 optimizes what runs often only after a while. */
const WARM_UP_SECONDS = 4;
const REQUESTS_A_CONNECTION = 50;
const CLIENTS_OF_ONE = 50;
const PROVIDER_PORT = 24_190;
const FIRST_PORT = 24_191;
const PROVIDER = 'BLAND';
const TO_NUMBER = '+14155550100';

const PLACES = {
  'one agency': (index, ordinal) => ({ agency: ordinal, ordinal: index % CLIENTS_OF_ONE }),
  [`${AGENCIES} agencies`]: (index, ordinal) => ({ agency: index % AGENCIES, ordinal }),
};

const keyOf = (index) => `org_bench_${String(index).padStart(12, '0')}_abcdefghijklmnop`;
const setOf = (clientId, index) => ({
  query: `mutation Set($input: SetClientApiKeysInput!) { setClientApiKeys(input: $input) { apiKeys { id version maskedKey } userErrors { code } } }`,
  variables: { input: { clientId, keys: [{ provider: PROVIDER, apiKey: keyOf(index) }] } },
});
const clearOf = (clientId) => ({
  query: `mutation Clear($input: ClearClientApiKeysInput!) { clearClientApiKeys(input: $input) { apiKeys { id version } userErrors { code } } }`,
  variables: { input: { clientId, providers: [PROVIDER] } },
});
const callOf = (agentId) => ({
  query: `mutation Call($input: StartTestCallInput!) { startTestCall(input: $input) { call { id status } userErrors { code } } }`,
  variables: { input: { agentId, toNumber: TO_NUMBER } },
});
const handInOf = (index) => ({
  query: `mutation HandIn($input: HandInApiKeyInput!) { handInApiKey(input: $input) { keyHandIn { id status } userErrors { code } } }`,
  variables: { input: { provider: PROVIDER, apiKey: keyOf(index) } },
});

// A key is cleared by the connection that has just set it, so that there is always one to clear.
const OPERATIONS = {
  set: { path: () => '/set', body: ({ clientId }, index) => setOf(clientId, index) },
  'set and clear, in turns': {
    path: (step) => (step % 2 ? '/clear' : '/set'),
    body: ({ clientId }, index, step) => (step % 2 ? clearOf(clientId) : setOf(clientId, index)),
    keepsPlace: true,
  },
  startTestCall: { path: () => '/call', body: ({ agentId }) => callOf(agentId) },
  handInApiKey: { path: () => '/hand-in', body: (_, index) => handInOf(index), isOfPortal: true },
};

const measured = Object.entries(OPERATIONS).filter(([name]) => !options.only || name === options.only);

/** What the connections of a system send, as a list for each. Each system has rows of its own. */
async function requestsFor(mint, operation, placeOf, isByHand) {
  const tokens = new Map();
  const tokenOf = async (subject) => {
    if (!tokens.has(subject)) tokens.set(subject, await mint(subject));
    return tokens.get(subject);
  };
  const lists = [];
  for (let connection = 0; connection < CONNECTIONS; connection += 1) {
    const list = [];
    for (let step = 0; step < REQUESTS_A_CONNECTION; step += 1) {
      const index = connection + CONNECTIONS * step;
      const { agency, ordinal } = placeOf(operation.keepsPlace ? connection : index, isByHand ? 1 : 0);
      const client = clientIndexOf(agency, ordinal);
      const place = { clientId: clientId(client), agentId: agentAt(PROVIDER, client) };
      const headers = { 'content-type': 'application/json' };
      if (isByHand) {
        const body = { ...place, agencyId: agencyId(agency), provider: PROVIDER, toNumber: TO_NUMBER };
        const text = JSON.stringify({ ...body, apiKey: keyOf(index) });
        list.push({ method: 'POST', path: operation.path(step), headers, body: text });
        continue;
      }
      const subject = operation.isOfPortal ? portalSubjectOf(client) : subjectOf(agency);
      headers.authorization = `Bearer ${await tokenOf(subject)}`;
      const body = JSON.stringify(operation.body(place, index, step));
      list.push({ method: 'POST', path: '/graphql', headers, body });
    }
    lists.push(list);
  }
  return lists;
}

/** Every answer has to say that the change was made. */
async function load(systems, lists, duration, databasePid) {
  const cpu = () => systems.reduce((sum, { system }) => sum + system.cpu(), 0);
  const databaseCpu = () => (databasePid === null ? 0 : cpuOf(databasePid));
  const [cpuBefore, databaseCpuBefore] = [cpu(), databaseCpu()];
  let refused = null;
  const results = await Promise.all(
    systems.map(({ url }, instance) => {
      const own = lists.filter((_, connection) => connection % systems.length === instance);
      let next = 0;
      return autocannon({
        url,
        connections: own.length,
        duration,
        setupClient: (client) => client.setRequests(own[next++]),
        verifyBody: (body) => {
          const isDone = /"ok":true|^{"id"|"userErrors":\[\]/.test(body);
          if (!isDone) refused ??= body;
          return isDone;
        },
      });
    }),
  );
  for (const { non2xx, errors, mismatches } of results)
    if (non2xx + errors + mismatches > 0)
      throw new Error(
        `${non2xx} answers were no 2xx, ${errors} requests failed, ${mismatches} were refused, e.g.: ${refused}`,
      );
  const count = results.reduce((sum, each) => sum + each['2xx'], 0);
  return {
    perSecond: results.reduce((sum, each) => sum + each['2xx'] / each.duration, 0),
    p50Ms: median(results.map(({ latency }) => latency.p50)),
    p99Ms: Math.max(...results.map(({ latency }) => latency.p99)),
    cpuUs: (cpu() - cpuBefore) / count,
    databaseCpuUs: (databaseCpu() - databaseCpuBefore) / count,
  };
}

async function startAll({ command, instances = 1, ready, env }) {
  const systems = [];
  for (let instance = 0; instance < instances; instance += 1) {
    const port = FIRST_PORT + instance;
    const url = `http://127.0.0.1:${port}`;
    const system = new System();
    await system.start({ command, env, port, ready: async () => (await fetch(`${url}${ready}`)).ok });
    systems.push({ system, url });
  }
  return systems;
}

const profiling = (process.env.PROF ?? '').split(' ').filter(Boolean);
const PRODUCT = { command: [...profiling, ...YOUNG_GENERATION, '../dist/src/main.js'], ready: '/readyz' };
const SYSTEMS = {
  'bare Fastify service': {
    command: [...YOUNG_GENERATION, 'peers/writes.mjs'],
    ready: '/ready',
    isByHand: true,
  },
  Latchkey: PRODUCT,
};
const THREE = { 'Latchkey, three instances': { ...PRODUCT, instances: 3 } };

/** What one system has written is no work for the next one. */
async function leaveNoWork(env) {
  const byHand = openByHand(env);
  await byHand.forgetEvents();
  await byHand.askOfNoCall();
  await byHand.close();
}

/** The process of the database, where it is a server of this machine. */
async function pidOfServer(env) {
  const byHand = openByHand(env);
  const file = await byHand.pidFile();
  await byHand.close();
  return file && existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
}

function print(title, samples) {
  const [limit] = Object.keys(samples);
  console.log(`\n  ${title}`);
  console.log(
    `  ${''.padEnd(28)}${['a second', 'p50 ms', 'p99 ms', 'CPU us', 'server us', 'ratio'].map((head) => head.padStart(10)).join('')}`,
  );
  for (const [name, each] of Object.entries(samples)) {
    const of = (field) => median(each.map((sample) => sample[field]));
    const ratio = median(each.map((sample, round) => sample.perSecond / samples[limit][round].perSecond));
    const cells = [
      of('perSecond').toFixed(0),
      of('p50Ms'),
      of('p99Ms'),
      of('cpuUs').toFixed(0),
      of('databaseCpuUs').toFixed(0),
      ratio.toFixed(2),
    ];
    console.log(`  ${name.padEnd(28)}${cells.map((cell) => String(cell).padStart(10)).join('')}`);
  }
}

await withDatabases(databases, { clients: 5000 }, async ({ url, env, mint }) => {
  const provider = new System();
  const providerUrl = `http://127.0.0.1:${PROVIDER_PORT}`;
  await provider.start({
    command: ['peers/provider.mjs'],
    env: {},
    port: PROVIDER_PORT,
    ready: async () => (await fetch(providerUrl)).ok,
  });
  const own = { ...env, BLAND_BASE_URL: providerUrl };
  const systems = url.startsWith('sqlite:') ? SYSTEMS : { ...SYSTEMS, ...THREE };
  const databasePid = await pidOfServer(own);
  const samples = {};
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, system] of Object.entries(systems)) {
        const instances = await startAll({ ...system, env: own });
        try {
          for (const [title, operation] of measured) {
            for (const [scope, placeOf] of Object.entries(PLACES)) {
              const lists = await requestsFor(mint, operation, placeOf, system.isByHand);
              await load(instances, lists, options.quick ? 1 : WARM_UP_SECONDS, databasePid);
              const sample = await load(instances, lists, seconds, databasePid);
              ((samples[`${title}, in ${scope}`] ??= {})[name] ??= []).push(sample);
            }
          }
        } finally {
          for (const { system: instance } of instances) await instance.stop();
          await leaveNoWork(own);
        }
      }
    }
  } finally {
    await provider.stop();
  }
  for (const [title, each] of Object.entries(samples)) print(title, each);
});
