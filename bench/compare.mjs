// Systems over HTTP on the same rows: asked the same, checked to answer the same, and measured in turns.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import mysql from 'mysql2/promise';
import { agencyId, fill, firstClientOf, LARGE_AGENCIES, subjectOf } from './data.mjs';
import { load, median } from './load.mjs';
import { QUERIES } from './queries.mjs';
import { System } from './system.mjs';

export const YOUNG_GENERATION = ['--max-semi-space-size=64', '--min-semi-space-size=16'];

const product = createRequire(import.meta.url);
const { startIssuer } = product('../dist/src/demo/issuer.js');
const { KeyRing } = product('../dist/src/vault/master-keys/key-ring.js');

const AUDIENCE = 'latchkey-bench';
const FIRST_PORT = 24_100;
const LIMIT = 'hand-written SQL and JSON';
const SERVER = process.env.BENCH_DATABASE_SERVER ?? 'mysql://root@127.0.0.1:3306';

/**
 * What every comparison has: the most that is to be had, and Latchkey, both with V8 set as `npm run serve`
 * does.
 */
export const SYSTEMS = {
  [LIMIT]: { command: [...YOUNG_GENERATION, 'peers/by-hand.mjs'] },
  Latchkey: { command: [...YOUNG_GENERATION, '../dist/src/main.js'] },
};

/**
 * Hands `work` each database in turn, filled; nothing of it is left afterwards. Answers what `work` did, by
 * database.
 */
export async function withDatabases(databases, { clients, agencyClients = 0, server = SERVER }, work) {
  const folder = mkdtempSync(join(tmpdir(), 'latchkey-bench-'));
  const issuer = await startIssuer({ keyFile: join(folder, 'issuer.json') });
  const results = {};
  try {
    for (const database of databases) {
      const url =
        database === 'sqlite' ? `sqlite:${join(folder, 'bench.sqlite')}` : await createSchema(server);
      try {
        writeFileSync(join(folder, 'master.keys'), KeyRing.generateLine('bench'), { mode: 0o600 });
        const env = productEnv(url, folder, issuer.issuer);
        const started = performance.now();
        await fill(env, { clients, agencyClients, issuer: issuer.issuer });
        console.log(
          `\n${database}: ${clients + agencyClients} clients, filled in ${Math.round((performance.now() - started) / 1000)} s`,
        );
        results[database] = await work({
          url,
          env,
          folder,
          requests: await requestsOf(issuer),
          mint: (subject) => mintFor(issuer, subject),
        });
      } finally {
        if (database === 'mariadb') await dropSchema(server, url);
      }
    }
  } finally {
    await issuer.close();
    rmSync(folder, { recursive: true });
  }
  return results;
}

function productEnv(url, folder, issuer) {
  const unlimited = Object.fromEntries(
    ['QUERIES', 'MUTATIONS', 'KEY_OPERATIONS', 'ONE_TIME_LINKS'].map((name) => [
      `RATE_LIMIT_${name}`,
      '1000000000',
    ]),
  );
  return {
    DATABASE_URL: url,
    LATCHKEY_MASTER_KEY_FILE: join(folder, 'master.keys'),
    AUTH_ISSUER: issuer,
    AUTH_AUDIENCE: AUDIENCE,
    LOG_LEVEL: 'info',
    ...unlimited,
  };
}

function mintFor(issuer, subject) {
  return issuer.mint({ subject, audience: AUDIENCE, expiresInSeconds: 24 * 3600 });
}

/** As the admin of each agency for Latchkey, with the agency in a header for those that check nothing. */
async function requestsOf(issuer) {
  const agencies = Array.from({ length: LARGE_AGENCIES }, (_, index) => index);
  const tokens = await Promise.all(agencies.map((index) => mintFor(issuer, subjectOf(index))));
  return requestsOfEach(
    Object.fromEntries(Object.entries(QUERIES).map(([name, { query }]) => [name, () => query])),
    (index) => ({
      'apollo-require-preflight': '1',
      authorization: `Bearer ${tokens[index]}`,
      'x-agency': agencyId(index),
      'x-role': 'AGENCY_ADMIN',
    }),
  );
}

/** One request for each of the large agencies, of every query. */
export function requestsOfEach(queries, headersOf) {
  return Object.fromEntries(
    Object.entries(queries).map(([name, queryOf]) => [
      name,
      Array.from({ length: LARGE_AGENCIES }, (_, index) => ({
        method: 'POST',
        path: '/graphql',
        headers: { 'content-type': 'application/json', ...headersOf(index) },
        body: JSON.stringify({
          query: queryOf(index),
          operationName: name === 'list' ? 'List' : 'One',
          variables: name === 'list' ? {} : { id: firstClientOf(index) },
        }),
      })),
    ]),
  );
}

/**
 * `systems` by name: a command, and where it differs from the product's its environment, its requests, and
 * how to read its answer as the others give it. `checked` are the agencies whose answers are compared.
 */
export async function measureQueries(systems, { env, requests, rounds, seconds, warmUpSeconds, checked }) {
  const samples = Object.fromEntries(
    Object.keys(QUERIES).map((query) => [
      query,
      Object.fromEntries(Object.keys(systems).map((name) => [name, []])),
    ]),
  );
  const startMs = Object.fromEntries(Object.keys(systems).map((name) => [name, []]));
  for (let round = 0; round < rounds; round += 1) {
    const expected = {};
    // In turns, and another one first each time: whatever else the machine does in the meantime concerns all
    // of them.
    const all = [...Object.entries(systems).entries()];
    for (const [index, [name, each]] of [
      ...all.slice(round % all.length),
      ...all.slice(0, round % all.length),
    ]) {
      const { command, env: own = env, requests: asked = requests, read = (answer) => answer } = each;
      const port = FIRST_PORT + index;
      const base = `http://127.0.0.1:${port}`;
      const system = new System();
      const answer = (request) => fetch(`${base}${request.path}`, request);
      startMs[name].push(
        await system.start({ command, env: own, port, ready: async () => (await answer(asked.one[0])).ok }),
      );
      try {
        for (const query of Object.keys(QUERIES)) {
          const answers = [];
          for (const agency of checked)
            answers.push(read(JSON.parse(await (await answer(asked[query][agency])).text())));
          const text = JSON.stringify(answers);
          expected[query] ??= text;
          if (text !== expected[query])
            throw new Error(
              `${name} answers something else:\n${text.slice(0, 500)}\n${expected[query].slice(0, 500)}`,
            );
          await load(system, base, asked[query], warmUpSeconds);
          samples[query][name].push(await load(system, base, asked[query], seconds));
        }
      } finally {
        await system.stop();
      }
    }
  }
  const result = {};
  for (const query of Object.keys(QUERIES)) result[query] = table(query, samples[query]);
  console.log(
    `\n  start to the first answer: ${Object.entries(startMs)
      .map(([name, each]) => `${name} ${Math.round(median(each))} ms`)
      .join(', ')}`,
  );
  return { ...result, startMs };
}

function table(query, samples) {
  const rows = Object.entries(samples).map(([name, each]) => {
    const of = (field) => median(each.map((sample) => sample[field]));
    const ratios = each.map((sample, round) => sample.perSecond / samples[LIMIT][round].perSecond);
    return {
      name,
      perSecond: of('perSecond'),
      p50Ms: of('p50Ms'),
      p99Ms: of('p99Ms'),
      cpuUs: of('cpuUs'),
      memoryMb: of('memoryMb'),
      ratio: median(ratios),
      least: Math.min(...ratios),
      most: Math.max(...ratios),
    };
  });
  console.log(`\n  ${QUERIES[query].title}`);
  console.log(
    `  ${''.padEnd(40)}${['req/s', 'p50 ms', 'p99 ms', 'CPU us', 'MB', 'ratio', 'from', 'to'].map((head) => head.padStart(8)).join('')}`,
  );
  for (const row of rows) {
    const cells = [
      row.perSecond.toFixed(0),
      row.p50Ms,
      row.p99Ms,
      row.cpuUs.toFixed(0),
      row.memoryMb.toFixed(0),
      row.ratio.toFixed(2),
      row.least.toFixed(2),
      row.most.toFixed(2),
    ];
    console.log(`  ${row.name.padEnd(40)}${cells.map((cell) => String(cell).padStart(8)).join('')}`);
  }
  return rows;
}

let schemas = 0;

async function createSchema(server) {
  const connection = await mysql.createConnection(server);
  const name = `bench_${process.pid}_${(schemas += 1)}`;
  await connection.query(`DROP DATABASE IF EXISTS ${name}`);
  await connection.query(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  await connection.end();
  return `${server.replace(/^mysql:/, 'mariadb:')}/${name}`;
}

async function dropSchema(server, url) {
  const connection = await mysql.createConnection(server);
  await connection.query(`DROP DATABASE ${new URL(url).pathname.slice(1)}`);
  await connection.end();
}
