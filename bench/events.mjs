// npm run bench:events [-- --database sqlite|mariadb] [--provider retell|vapi|bland] [--rounds N]
//   [--events N] [--seconds N] [--hours-late N] [--quick]
// Events of each provider over HTTP, as its stand-in makes and signs them, new and of a plausible length, to
// one instance whose worker works them meanwhile. At the end, each has to be on record once, and worked. It
// fails where less than 1,000 events a second are accepted, or p99 is above 50 ms at 200 a second.
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
    provider: { type: 'string' },
    quick: { type: 'boolean', default: false },
    rounds: { type: 'string' },
    events: { type: 'string' },
    seconds: { type: 'string' },
    // So long ago the calls started: what is counted already has to be counted again.
    'hours-late': { type: 'string', default: '0' },
  },
});
const ROUNDS = Number(options.rounds ?? (options.quick ? 2 : 3));
const EVENTS = Number(options.events ?? (options.quick ? 6_000 : 9_000));
const SECONDS = Number(options.seconds ?? (options.quick ? 5 : 10));
/** Until so many events were taken, what takes them is still being compiled. */
const WARM_UP = 6_000;
const LEAST_A_SECOND = 1_000;
const MOST_P99_MS = 50;
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
const { startSandbox } = product('../dist/src/demo/sandbox/index.js');
const { PROVIDERS } = product('../dist/src/providers/index.js');
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

/** The accounts of some agencies at a provider, each with its address and the id of an agent. */
async function accountsOf(mint, standIn) {
  const accounts = [];
  for (let agency = 0; agency < Math.min(ACCOUNTS, LARGE_AGENCIES, AGENCIES); agency += 1) {
    const token = await mint(subjectOf(agency));
    const { webhookEndpoints, agents } = await ask(token, ENDPOINTS);
    await ask(token, SET_SECRET, { input: { provider: standIn.provider, secret: SECRET } });
    const isOfProvider = ({ provider }) => provider === standIn.provider;
    const { providerAgentId } = agents.nodes.find(isOfProvider);
    const account = { ...standIn.accounts.agency };
    const { pathname: path } = new URL(webhookEndpoints.find(isOfProvider).url);
    standIn.events.sendTo(account, { url: BASE + path, secret: SECRET });
    accounts.push({ account, path, providerAgentId });
  }
  return accounts;
}

/** The events of calls that came in, and how many calls these are: all begin before the first one ends. */
function eventsOf({ events, receive }, accounts, count) {
  const [begun, over] = [[], []];
  let calls = 0;
  for (; begun.length + over.length < count; calls += 1) {
    const { account, path, providerAgentId } = accounts[calls % accounts.length];
    const at = new Date(Date.now() - 100_000 - LATE_MS + calls);
    const call = receive(account, providerAgentId, '+14155550177', at);
    call.ring();
    call.answer(at);
    begun.push(...events.waiting.splice(0).map((event) => ({ event, path })));
    call.end(61_000);
    over.push(...events.waiting.splice(0).map((event) => ({ event: withTranscript(event), path })));
  }
  return { calls, events: [...begun, ...over].map((each) => ({ ...each, standInEvents: events })) };
}

/** What was said stands beside what else is told of the call. */
function withTranscript(event) {
  const json = JSON.parse(event.body);
  Object.assign(json.call ?? json.message ?? json, { transcript: TRANSCRIPT });
  return { ...event, body: JSON.stringify(json) };
}

const signed = ({ event, path, standInEvents }) => ({
  path,
  body: event.body,
  headers: standInEvents.headersOf(event),
});

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

/** Sends the events of one provider, in rounds, and tells how fast they were taken. */
async function measure(standIn, accounts, { system, waiting, worked }) {
  const totals = { events: 0, calls: 0 };
  const made = (count) => {
    const { calls, events } = eventsOf(standIn, accounts, count);
    totals.events += events.length;
    totals.calls += calls;
    return events;
  };
  await burst(made(WARM_UP));
  await worked();
  const samples = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const events = made(EVENTS);
    const cpu = system.cpu();
    const began = performance.now();
    const { perSecond, times } = await burst(events);
    const left = await waiting();
    await worked();
    const workedPerSecond = (1_000 * events.length) / (performance.now() - began);
    const cpuUs = (system.cpu() - cpu) / events.length;
    const answers = await paced(made(PACED_A_SECOND * SECONDS));
    const behind = await waiting();
    await worked();
    const sample = { perSecond, p99: quantile(times, 0.99), left, workedPerSecond, cpuUs };
    samples.push({
      ...sample,
      even: quantile(answers, 0.99),
      evenP50: quantile(answers, 0.5),
      behind,
    });
    console.log(
      `  ${standIn.provider}, round ${round + 1}: ${JSON.stringify(samples.at(-1), (_, value) => (typeof value === 'number' ? Math.round(10 * value) / 10 : value))}`,
    );
  }
  tell(standIn.provider, samples);
  return totals;
}

function tell(provider, samples) {
  const of = (field) => median(samples.map((sample) => sample[field]));
  console.log(
    `  ${provider}, as fast as ${CONNECTIONS} connections can: ${of('perSecond').toFixed(0)} events accepted a second (best ${Math.max(...samples.map(({ perSecond }) => perSecond)).toFixed(0)}), p99 ${of('p99').toFixed(0)} ms; accepted and worked ${of('workedPerSecond').toFixed(0)} a second; CPU ${of('cpuUs').toFixed(0)} us an event`,
  );
  console.log(
    `  ${provider}, ${PACED_A_SECOND} a second: p50 ${of('evenP50').toFixed(1)} ms, p99 ${of('even').toFixed(1)} ms (best ${Math.min(...samples.map(({ even }) => even)).toFixed(1)}); ${of('behind')} not worked yet at the end`,
  );
  if (of('perSecond') >= LEAST_A_SECOND && of('even') <= MOST_P99_MS) return;
  console.error(
    `  missed: at least ${LEAST_A_SECOND} a second, and at most ${MOST_P99_MS} ms at ${PACED_A_SECOND} a second`,
  );
  process.exitCode = 1;
}

const sandbox = await startSandbox();
const standIns = sandbox.providers.filter(
  ({ provider }) => !options.provider || provider === options.provider.toUpperCase(),
);
if (standIns.length === 0) throw new Error(`--provider is one of ${PROVIDERS.join(', ').toLowerCase()}`);

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
    const sent = { events: 0, calls: 0 };
    for (const standIn of standIns) {
      const accounts = await accountsOf(mint, standIn);
      const { events, calls } = await measure(standIn, accounts, { system, waiting, worked });
      sent.events += events;
      sent.calls += calls;
    }
    const [stored, calls, costs] = [
      await counted('provider_events'),
      await counted('calls'),
      await counted("calls WHERE costStatus = 'KNOWN' AND status = 'COMPLETED'"),
    ];
    if (stored !== sent.events || calls !== sent.calls || costs !== calls)
      throw new Error(
        `${sent.events} events of ${sent.calls} calls were sent: ${stored} are on record, of ${calls} calls, of which ${costs} are complete`,
      );
    console.log(`  ${stored} events were sent, and none is lost: ${calls} calls are complete`);
  } finally {
    await close();
    await system.stop();
  }
});
agent.destroy();
await sandbox.close();
