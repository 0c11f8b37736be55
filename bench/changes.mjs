// What the measurements of changes have in common: what is asked of a system, and how it is loaded.
import autocannon from 'autocannon';
import { existsSync, readFileSync } from 'node:fs';
import { YOUNG_GENERATION } from './compare.mjs';
import { agencyId, agentAt, clientId, clientIndexOf, portalSubjectOf, subjectOf } from './data.mjs';
import { median } from './load.mjs';
import { cpuOf, System } from './system.mjs';
import { openByHand } from './written-rows.mjs';

const CONNECTIONS = 32;
const REQUESTS_A_CONNECTION = 50;
const PROVIDER_PORT = 24_190;
const FIRST_PORT = 24_191;
const PROVIDER = 'BLAND';
const TO_NUMBER = '+14155550100';

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
export const OPERATIONS = {
  set: { path: () => '/set', body: ({ clientId }, index) => setOf(clientId, index) },
  'set and clear, in turns': {
    path: (step) => (step % 2 ? '/clear' : '/set'),
    body: ({ clientId }, index, step) => (step % 2 ? clearOf(clientId) : setOf(clientId, index)),
    keepsPlace: true,
  },
  startTestCall: { path: () => '/call', body: ({ agentId }) => callOf(agentId) },
  handInApiKey: { path: () => '/hand-in', body: (_, index) => handInOf(index), isOfPortal: true },
};

const profiling = (process.env.PROF ?? '').split(' ').filter(Boolean);
export const PRODUCT = {
  command: [...profiling, ...YOUNG_GENERATION, '../dist/src/main.js'],
  ready: '/readyz',
};

/** A provider that answers at once, and where it is for the product. */
export async function startProvider() {
  const provider = new System();
  const url = `http://127.0.0.1:${PROVIDER_PORT}`;
  const ready = async () => (await fetch(url)).ok;
  await provider.start({ command: ['peers/provider.mjs'], env: {}, port: PROVIDER_PORT, ready });
  return { stop: () => provider.stop(), env: { BLAND_BASE_URL: url } };
}

/** What the connections of a system send, as a list for each. Each system has rows of its own. */
export async function requestsFor(mint, operation, placeOf, isByHand) {
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

/**
 * Sends changes for some seconds. Answers that do not say that the change was made are counted by their
 * codes.
 */
export async function load(systems, lists, duration, databasePid) {
  const cpu = () => systems.reduce((sum, { system }) => sum + system.cpu(), 0);
  const databaseCpu = () => (databasePid === null ? 0 : cpuOf(databasePid));
  const [cpuBefore, databaseCpuBefore] = [cpu(), databaseCpu()];
  const refused = {};
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
          const code = isDone ? null : (/"code":"(\w+)"/.exec(body)?.[1] ?? body.slice(0, 200));
          if (code !== null) refused[code] = (refused[code] ?? 0) + 1;
          return isDone;
        },
      });
    }),
  );
  const failed = results.reduce((sum, { errors }) => sum + errors, 0);
  if (failed > 0) refused['no answer'] = failed;
  const count = results.reduce((sum, each) => sum + each['2xx'] - each.mismatches, 0);
  return {
    perSecond: results.reduce((sum, each) => sum + (each['2xx'] - each.mismatches) / each.duration, 0),
    refused,
    p50Ms: median(results.map(({ latency }) => latency.p50)),
    p99Ms: Math.max(...results.map(({ latency }) => latency.p99)),
    cpuUs: (cpu() - cpuBefore) / count,
    databaseCpuUs: (databaseCpu() - databaseCpuBefore) / count,
  };
}

/** `envOf` tells the environment of each instance. */
export async function startAll({ command, instances = 1, ready, envOf }) {
  const systems = [];
  for (let instance = 0; instance < instances; instance += 1) {
    const port = FIRST_PORT + instance;
    const url = `http://127.0.0.1:${port}`;
    const system = new System();
    await system.start({
      command,
      env: envOf(instance),
      port,
      ready: async () => (await fetch(`${url}${ready}`)).ok,
    });
    systems.push({ system, url });
  }
  return systems;
}

/** What one system has written is no work for the next one. */
export async function leaveNoWork(env) {
  const byHand = openByHand(env);
  await byHand.forgetEvents();
  await byHand.askOfNoCall();
  await byHand.close();
}

/** The process of the database, where it is a server of this machine. */
export async function pidOfServer(env) {
  const byHand = openByHand(env);
  const file = await byHand.pidFile();
  await byHand.close();
  return file && existsSync(file) ? Number(readFileSync(file, 'utf8')) : null;
}
