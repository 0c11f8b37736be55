// npm run bench [-- --quick] [--database sqlite|mariadb] [--clients N] [--agency-clients N] [--rounds N] [--seconds N] [--json FILE]
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import mysql from 'mysql2/promise';
import { agencyId, fill, firstClientOf, LARGE_AGENCIES, subjectOf } from './data.mjs';
import { measureInProcess } from './in-process.mjs';
import { load, median } from './load.mjs';
import { QUERIES } from './queries.mjs';
import { System } from './system.mjs';

const product = createRequire(import.meta.url);
const { startIssuer } = product('../dist/src/demo/issuer.js');
const { KeyRing } = product('../dist/src/vault/key-ring.js');

const { values: options } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    database: { type: 'string' },
    clients: { type: 'string', default: '5000' },
    'agency-clients': { type: 'string', default: '0' },
    rounds: { type: 'string' },
    seconds: { type: 'string' },
    json: { type: 'string' },
  },
});
const rounds = Number(options.rounds ?? (options.quick ? 1 : 5));
const seconds = Number(options.seconds ?? (options.quick ? 2 : 5));
const databases = options.database ? [options.database] : options.quick ? ['sqlite'] : ['sqlite', 'mariadb'];
const server = process.env.BENCH_DATABASE_SERVER ?? 'mysql://root@127.0.0.1:3306';

const AUDIENCE = 'latchkey-bench';
const FIRST_PORT = 24_100;
const WARM_UP_SECONDS = options.quick ? 1 : 3;
const PEERS = {
  'hand-written SQL and JSON': ['peers/by-hand.mjs'],
  Latchkey: ['--max-semi-space-size=64', '--min-semi-space-size=16', '../dist/src/main.js'],
  'mercurius with JIT, no authorization': ['peers/mercurius.mjs'],
  'Apollo, no authorization': ['peers/apollo.mjs'],
  'Apollo + type-graphql + graphql-shield': ['peers/type-graphql-shield.mjs'],
};
const LIMIT = 'hand-written SQL and JSON';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
const issuer = await startIssuer({ keyFile: join(folder, 'issuer.json') });
const report = { node: process.version, processors: `${availableParallelism()} x ${cpus()[0]?.model}`, rounds, seconds, clients: Number(options.clients), agencyClients: Number(options['agency-clients']), results: {} };
try {
  for (const database of databases) report.results[database] = await measure(database);
  if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
} finally {
  await issuer.close();
  rmSync(folder, { recursive: true });
}

async function measure(database) {
  const url = database === 'sqlite' ? `sqlite:${join(folder, 'bench.sqlite')}` : await createSchema();
  writeFileSync(join(folder, 'master.keys'), KeyRing.generateLine('bench'));
  const env = productEnv(url);
  const started = performance.now();
  await fill(env, { clients: report.clients, agencyClients: report.agencyClients, issuer: issuer.issuer });
  console.log(`\n${database}: ${report.clients + report.agencyClients} clients, filled in ${Math.round((performance.now() - started) / 1000)} s`);
  const requests = await requestsOf();
  const result = { queries: await measureQueries(url, env, requests), inProcess: await measureInProcess(env, options.quick ? 1_000 : 5_000) };
  for (const line of result.inProcess) console.log(`  ${line.title}: ${line.productUs.toFixed(1)} us, by hand ${line.byHandUs.toFixed(1)} us, ratio ${(line.productUs / line.byHandUs).toFixed(2)}`);
  if (database === 'mariadb') await dropSchema(url);
  return result;
}

function productEnv(url) {
  const unlimited = Object.fromEntries(['QUERIES', 'MUTATIONS', 'KEY_OPERATIONS', 'ONE_TIME_LINKS'].map((name) => [`RATE_LIMIT_${name}`, '1000000000']));
  return { DATABASE_URL: url, LATCHKEY_MASTER_KEY_FILE: join(folder, 'master.keys'), AUTH_ISSUER: issuer.issuer, AUTH_AUDIENCE: AUDIENCE, ...unlimited };
}

/** One for each of the large agencies: as its admin for Latchkey, with the agency in a header for those that check nothing. */
async function requestsOf() {
  const agencies = Array.from({ length: LARGE_AGENCIES }, (_, index) => index);
  const tokens = await Promise.all(agencies.map((index) => issuer.mint({ subject: subjectOf(index), audience: AUDIENCE, expiresInSeconds: 24 * 3600 })));
  return Object.fromEntries(
    Object.entries(QUERIES).map(([name, { query }]) => [
      name,
      agencies.map((index) => ({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json', 'apollo-require-preflight': '1', authorization: `Bearer ${tokens[index]}`, 'x-agency': agencyId(index), 'x-role': 'AGENCY_ADMIN' },
        body: JSON.stringify({ query, operationName: name === 'list' ? 'List' : 'One', variables: name === 'list' ? {} : { id: firstClientOf(index) } }),
      })),
    ]),
  );
}

async function measureQueries(url, env, requests) {
  const samples = Object.fromEntries(Object.keys(QUERIES).map((query) => [query, Object.fromEntries(Object.keys(PEERS).map((name) => [name, []]))]));
  const startMs = Object.fromEntries(Object.keys(PEERS).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const expected = {};
    // Interleaved: whatever else the machine does in the meantime concerns all of them.
    for (const [index, [name, command]] of Object.entries(PEERS).entries()) {
      const port = FIRST_PORT + index;
      const base = `http://127.0.0.1:${port}`;
      const system = new System();
      const answer = (request) => fetch(`${base}${request.path}`, request);
      startMs[name].push(await system.start({ command, env: { ...env, LOG_LEVEL: 'info' }, port, ready: async () => (await answer(requests.one[0])).ok }));
      try {
        for (const query of Object.keys(QUERIES)) {
          const text = JSON.stringify(JSON.parse(await (await answer(requests[query][7])).text()));
          expected[query] ??= text;
          if (text !== expected[query]) throw new Error(`${name} answers something else:\n${text.slice(0, 500)}\n${expected[query].slice(0, 500)}`);
          await load(system, base, requests[query], WARM_UP_SECONDS);
          samples[query][name].push(await load(system, base, requests[query], seconds));
        }
      } finally {
        await system.stop();
      }
    }
  }
  const result = {};
  for (const query of Object.keys(QUERIES)) result[query] = table(query, samples[query]);
  console.log(`\n  start to the first answer: ${Object.entries(startMs).map(([name, each]) => `${name} ${Math.round(median(each))} ms`).join(', ')}`);
  return { ...result, startMs };
}

function table(query, samples) {
  const rows = Object.entries(samples).map(([name, each]) => {
    const of = (field) => median(each.map((sample) => sample[field]));
    const ratios = each.map((sample, round) => sample.perSecond / samples[LIMIT][round].perSecond);
    return { name, perSecond: of('perSecond'), p50Ms: of('p50Ms'), p99Ms: of('p99Ms'), cpuUs: of('cpuUs'), memoryMb: of('memoryMb'), ratio: median(ratios), least: Math.min(...ratios), most: Math.max(...ratios) };
  });
  console.log(`\n  ${QUERIES[query].title}`);
  console.log(`  ${''.padEnd(40)}${['req/s', 'p50 ms', 'p99 ms', 'CPU us', 'MB', 'ratio', 'from', 'to'].map((head) => head.padStart(8)).join('')}`);
  for (const row of rows) {
    const cells = [row.perSecond.toFixed(0), row.p50Ms, row.p99Ms, row.cpuUs.toFixed(0), row.memoryMb.toFixed(0), row.ratio.toFixed(2), row.least.toFixed(2), row.most.toFixed(2)];
    console.log(`  ${row.name.padEnd(40)}${cells.map((cell) => String(cell).padStart(8)).join('')}`);
  }
  return rows;
}

async function createSchema() {
  const connection = await mysql.createConnection(server);
  const name = `bench_${process.pid}`;
  await connection.query(`DROP DATABASE IF EXISTS ${name}`);
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await connection.end();
  return `${server.replace(/^mysql:/, 'mariadb:')}/${name}`;
}

async function dropSchema(url) {
  const connection = await mysql.createConnection(server);
  await connection.query(`DROP DATABASE ${new URL(url).pathname.slice(1)}`);
  await connection.end();
}
