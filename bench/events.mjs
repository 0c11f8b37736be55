// npm run bench:events [-- --database sqlite|mariadb] [--rounds N] [--events N] [--seconds N]
//   [--hours-late N]
// Events of a provider over HTTP, each signed, new and of a plausible length, to one instance whose worker
// works them meanwhile. At the end, each has to be on record once, and worked.
import { createHmac, randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { SYSTEMS, withDatabases } from './compare.mjs';
import { AGENCIES, LARGE_AGENCIES, subjectOf } from './data.mjs';
import { median } from './load.mjs';
import { System } from './system.mjs';

const { values: options } = parseArgs({
  options: {
    database: { type: 'string' },
    rounds: { type: 'string', default: '3' },
    events: { type: 'string', default: '9000' },
    seconds: { type: 'string', default: '10' },
    // So long ago the calls started: what is counted already has to be counted again.
    'hours-late': { type: 'string', default: '0' },
  },
});
const databases = options.database ? [options.database] : ['sqlite', 'mariadb'];
const PORT = 24_310;
const BASE = `http://127.0.0.1:${PORT}`;
const CONNECTIONS = 32;
const PACED_A_SECOND = 200;
const LATE_MS = Number(options['hours-late']) * 60 * 60 * 1000;
const ACCOUNTS = 20;
const SECRET = 'whs_of_bench_0123456789abcdef';
const TRANSCRIPT = 'Agent: How can I help you? User: I would like to move my appointment. '.repeat(30);

const product = createRequire(import.meta.url);
const { openToRead } = product('../dist/src/database/database.js');
const { entities } = product('../dist/src/entities.js');
const { migrations } = product('../dist/migrations/index.js');

const ENDPOINTS =
  '{ webhookEndpoints { provider url } agents(first: 50) { nodes { provider providerAgentId } } }';
const SET_SECRET =
  'mutation ($input: SetWebhookSecretInput!) { setWebhookSecret(input: $input) { userErrors { code } } }';

async function ask(token, query, variables) {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  const body = JSON.stringify({ query, variables });
  const answer = await (await fetch(`${BASE}/graphql`, { method: 'POST', headers, body })).json();
  if (answer.errors) throw new Error(JSON.stringify(answer.errors));
  return answer.data;
}

/** The accounts of some agencies at Retell, each with its address and the id of an agent. */
async function accountsOf(mint) {
  const accounts = [];
  for (let agency = 0; agency < Math.min(ACCOUNTS, LARGE_AGENCIES, AGENCIES); agency += 1) {
    const token = await mint(subjectOf(agency));
    const { webhookEndpoints, agents } = await ask(token, ENDPOINTS);
    await ask(token, SET_SECRET, { input: { provider: 'RETELL', secret: SECRET } });
    const isRetells = ({ provider }) => provider === 'RETELL';
    const { providerAgentId } = agents.nodes.find(isRetells);
    accounts.push({ path: new URL(webhookEndpoints.find(isRetells).url).pathname, providerAgentId });
  }
  return accounts;
}

/** The three events of each call, of which all begin before the first one ends. */
function eventsOf(accounts, count) {
  const calls = Array.from({ length: Math.ceil(count / 3) }, (_, index) => {
    const { path, providerAgentId } = accounts[index % accounts.length];
    const start = Date.now() - 100_000 - LATE_MS + index;
    const begun = {
      call_id: `call_${randomUUID()}`,
      call_type: 'phone_call',
      call_status: 'ongoing',
      agent_id: providerAgentId,
      direction: 'inbound',
      from_number: '+14155550177',
      to_number: '+14155550100',
      start_timestamp: start,
    };
    const over = {
      ...begun,
      call_status: 'ended',
      end_timestamp: start + 61_000,
      duration_ms: 61_000,
      disconnection_reason: 'user_hangup',
      transcript: TRANSCRIPT,
      call_cost: { combined_cost: 7.625, product_costs: [] },
    };
    return [
      { event: 'call_started', call: begun },
      { event: 'call_ended', call: over },
      { event: 'call_analyzed', call: { ...over, call_analysis: { call_summary: 'Moved.' } } },
    ].map((event) => ({ path, body: JSON.stringify(event) }));
  });
  return [0, 1, 2].flatMap((at) => calls.map((events) => events[at]));
}

function signed({ path, body }) {
  const time = Date.now();
  const digest = createHmac('sha256', SECRET).update(body).update(String(time)).digest('hex');
  return {
    path,
    body,
    headers: { 'content-type': 'application/json', 'x-retell-signature': `v=${time},d=${digest}` },
  };
}

const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });

/** How long the answer took, in milliseconds. */
function send({ path, body, headers }) {
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(`${BASE}${path}`, { method: 'POST', agent, headers }, (response) => {
      if (response.statusCode !== 204) reject(new Error(`An event was answered with ${response.statusCode}`));
      response.resume().once('end', () => resolve(performance.now() - began));
    });
    outgoing.once('error', reject).end(body);
  });
}

/** As fast as so many connections can. */
async function burst(events) {
  const requests = events.map(signed);
  const began = performance.now();
  let next = 0;
  const times = [];
  const one = async () => {
    while (next < requests.length) times.push(await send(requests[next++]));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, one));
  return { perSecond: (1_000 * requests.length) / (performance.now() - began), times };
}

/** So many a second, whether those before were answered or not. */
async function paced(events) {
  const requests = events.map(signed);
  const began = performance.now();
  const answers = [];
  for (const [index, each] of requests.entries()) {
    const due = began + (1_000 * index) / PACED_A_SECOND;
    if (due > performance.now()) await pause(due - performance.now());
    answers.push(send(each));
  }
  return Promise.all(answers);
}

const quantile = (times, share) =>
  [...times].sort((one, other) => one - other)[Math.floor(times.length * share)];

await withDatabases(databases, { clients: 5_000 }, async ({ url, env, mint }) => {
  const system = new System();
  const ready = async () => (await fetch(`${BASE}/readyz`)).ok;
  await system.start({
    ...SYSTEMS.Latchkey,
    env,
    command: [...(process.env.PROF ?? '').split(' ').filter(Boolean), ...SYSTEMS.Latchkey.command],
    port: PORT,
    ready,
  });
  const { read, close } = await openToRead(url, { entities, migrations });
  const counted = async (sql) => Number((await read.rows(`SELECT COUNT(*) AS n FROM ${sql}`))[0].n);
  const waiting = () => counted("provider_events WHERE state = 'WAITING'");
  const worked = async () => {
    while ((await waiting()) > 0) await pause(20);
  };
  try {
    const accounts = await accountsOf(mint);
    await burst(eventsOf(accounts, 3_000));
    await worked();
    let sent = 3_000;
    const samples = [];
    for (let round = 0; round < Number(options.rounds); round += 1) {
      const events = eventsOf(accounts, Number(options.events));
      const cpu = system.cpu();
      const began = performance.now();
      const { perSecond, times } = await burst(events);
      const left = await waiting();
      await worked();
      const workedPerSecond = (1_000 * events.length) / (performance.now() - began);
      const cpuUs = (system.cpu() - cpu) / events.length;
      const even = eventsOf(accounts, PACED_A_SECOND * Number(options.seconds));
      const answers = await paced(even);
      const behind = await waiting();
      await worked();
      sent += events.length + even.length;
      samples.push({
        perSecond,
        p99: quantile(times, 0.99),
        left,
        workedPerSecond,
        cpuUs,
        even: quantile(answers, 0.99),
        evenP50: quantile(answers, 0.5),
        behind,
      });
      console.log(
        `  round ${round + 1}: ${JSON.stringify(samples.at(-1), (_, value) => (typeof value === 'number' ? Math.round(10 * value) / 10 : value))}`,
      );
    }
    const of = (field) => median(samples.map((sample) => sample[field]));
    console.log(
      `  as fast as ${CONNECTIONS} connections can: ${of('perSecond').toFixed(0)} events accepted a second (best ${Math.max(...samples.map(({ perSecond }) => perSecond)).toFixed(0)}), p99 ${of('p99').toFixed(0)} ms; accepted and worked ${of('workedPerSecond').toFixed(0)} a second; CPU ${of('cpuUs').toFixed(0)} us an event`,
    );
    console.log(
      `  ${PACED_A_SECOND} a second: p50 ${of('evenP50').toFixed(1)} ms, p99 ${of('even').toFixed(1)} ms (best ${Math.min(...samples.map(({ even }) => even)).toFixed(1)}); ${of('behind')} not worked yet at the end`,
    );
    const [stored, calls, costs] = [
      await counted('provider_events'),
      await counted('calls'),
      await counted("calls WHERE costStatus = 'KNOWN' AND status = 'COMPLETED'"),
    ];
    if (stored !== sent || calls !== sent / 3 || costs !== calls)
      throw new Error(
        `${sent} events were sent: ${stored} are on record, of ${calls} calls, of which ${costs} are complete`,
      );
    console.log(`  ${sent} events were sent, and none is lost: ${calls} calls are complete`);
  } finally {
    await close();
    await system.stop();
    agent.destroy();
  }
});
