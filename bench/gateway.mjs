// npm run bench:gateway [-- --database sqlite|mariadb] [--requests N] [--seconds N]
// Reads an agent by Retell's own client, in turns from the provider itself and through the gateway, which
// finds the token, resolves the agent's key and opens it each time. Then as many requests as go, and 200
// streams.
import { once } from 'node:events';
import { request } from 'node:http';
import { createRequire } from 'node:module';
import { clearInterval, setInterval } from 'node:timers';
import { parseArgs } from 'node:util';
import { SYSTEMS, withDatabases } from './compare.mjs';
import { subjectOf } from './data.mjs';
import { load } from './load.mjs';
import { System } from './system.mjs';

const { values: options } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    requests: { type: 'string', default: '3000' },
    seconds: { type: 'string', default: '10' },
  },
});
const [PORT, PROVIDER_PORT] = [24_320, 24_321];
const [BASE, PROVIDER] = [`http://127.0.0.1:${PORT}`, `http://127.0.0.1:${PROVIDER_PORT}`];
const STREAMS = 200;
const FILE_BYTES = 10_000_000;
const KEY = 'key_of_bench_0123456789abcdef';

const product = createRequire(import.meta.url);
const { default: Retell } = product('retell-sdk');

async function ask(token, query, variables) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ query, variables });
  const answer = await (await fetch(`${BASE}/graphql`, { method: 'POST', headers, body })).json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** A token of an agency, and an agent of it at Retell. */
async function integration(token) {
  await ask(
    token,
    'mutation ($apiKey: Secret!) { setAgencyApiKeys(input: { keys: [{ provider: RETELL, apiKey: $apiKey }] }) { userErrors { code } } }',
    { apiKey: KEY },
  );
  const { agents } = await ask(token, '{ agents(first: 50) { nodes { provider providerAgentId } } }');
  const { createGatewayToken } = await ask(
    token,
    'mutation ($input: CreateGatewayTokenInput!) { createGatewayToken(input: $input) { token } }',
    {
      input: {
        name: 'bench',
        providers: ['RETELL'],
        scopes: ['READ'],
        expiresAt: new Date(Date.now() + 3_600_000),
      },
    },
  );
  const { providerAgentId } = agents.nodes.find(({ provider }) => provider === 'RETELL');
  return { token: createGatewayToken.token, agentId: providerAgentId };
}

const quantile = (times, share) =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length * share)];
const ms = (number) => number.toFixed(2);

/** One request at a time, in turns. */
async function latency(clients, agentId) {
  const times = clients.map(() => []);
  for (let round = 0; round < Number(options.requests); round += 1)
    for (const [index, client] of clients.entries()) {
      const began = performance.now();
      await client.agent.retrieve(agentId);
      if (round > 500) times[index].push(performance.now() - began);
    }
  return times;
}

/** All at once; answers how many bytes came, and the most memory that the gateway had meanwhile. */
async function streams(system, token) {
  let memory = 0;
  const watching = setInterval(() => (memory = Math.max(memory, system.memory())), 20);
  const one = async () => {
    const outgoing = request(`${BASE}/gateway/retell/list-voices`, {
      headers: { authorization: `Bearer ${token}` },
    }).end();
    const [response] = await once(outgoing, 'response');
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    return bytes;
  };
  const bytes = await Promise.all(Array.from({ length: STREAMS }, one));
  clearInterval(watching);
  if (bytes.some((each) => each !== FILE_BYTES)) throw new Error('A stream was not whole');
  return memory;
}

await withDatabases([options.database], { clients: 5_000 }, async ({ env, mint }) => {
  const [provider, system] = [new System(), new System()];
  const isOk = (url) => async () => (await fetch(url)).ok;
  await provider.start({
    command: ['peers/provider.mjs'],
    env: { FILE_BYTES: String(FILE_BYTES) },
    port: PROVIDER_PORT,
    ready: isOk(PROVIDER),
  });
  await system.start({
    command: [...(process.env.PROF ?? '').split(' ').filter(Boolean), ...SYSTEMS.Latchkey.command],
    env: { ...env, RETELL_BASE_URL: PROVIDER, RATE_LIMIT_GATEWAY: '1000000000' },
    port: PORT,
    ready: isOk(`${BASE}/readyz`),
  });
  try {
    const { token, agentId } = await integration(await mint(subjectOf(0)));
    const path = `/gateway/retell/get-agent/${agentId}`;
    const asked = { method: 'GET', path, headers: { authorization: `Bearer ${token}` } };
    await load(system, BASE, [asked], 3);
    const clients = [
      new Retell({ apiKey: KEY, baseURL: PROVIDER, logLevel: 'off' }),
      new Retell({ apiKey: token, baseURL: `${BASE}/gateway/retell`, logLevel: 'off' }),
    ];
    const [direct, through] = await latency(clients, agentId);
    const [p50, p99] = [0.5, 0.99].map((share) => [quantile(direct, share), quantile(through, share)]);
    console.log(
      `  Retell's client, one request at a time: p50 ${ms(p50[0])} ms directly, ${ms(p50[1])} ms through the gateway, ${ms(p50[1] - p50[0])} ms more; p99 ${ms(p99[0])} and ${ms(p99[1])} ms, ${ms(p99[1] - p99[0])} ms more`,
    );
    const { perSecond, cpuUs, p50Ms, p99Ms } = await load(system, BASE, [asked], Number(options.seconds));
    console.log(
      `  32 connections: ${Math.round(perSecond)} requests a second, ${Math.round(cpuUs)} us of CPU each, p50 ${p50Ms} ms, p99 ${p99Ms} ms`,
    );
    const before = system.memory();
    const peaks = [await streams(system, token), await streams(system, token)];
    console.log(
      `  ${STREAMS} streams of ${FILE_BYTES / 1e6} MB: ${Math.round(before)} MB resident before, at most ${peaks.map(Math.round).join(' and ')} MB`,
    );
  } finally {
    await system.stop();
    await provider.stop();
  }
});
