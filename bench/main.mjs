// npm run bench [-- --quick] [--database sqlite|mariadb] [--clients N] [--agency-clients N] [--rounds N]
// [--seconds N] [--json FILE]
import { writeFileSync } from 'node:fs';
import { availableParallelism, cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { measureQueries, SYSTEMS, withDatabases } from './compare.mjs';
import { measureInProcess } from './in-process.mjs';

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

const PEERS = {
  ...SYSTEMS,
  'mercurius with JIT, no authorization': { command: ['peers/mercurius.mjs'] },
  'Apollo, no authorization': { command: ['peers/apollo.mjs'] },
  'Apollo + type-graphql + graphql-shield': { command: ['peers/type-graphql-shield.mjs'] },
};

const size = { clients: Number(options.clients), agencyClients: Number(options['agency-clients']) };
const results = await withDatabases(databases, size, async ({ env, requests }) => {
  const result = {
    queries: await measureQueries(PEERS, {
      env,
      requests,
      rounds,
      seconds,
      warmUpSeconds: options.quick ? 1 : 3,
      checked: [7],
    }),
    inProcess: await measureInProcess(env, options.quick ? 1_000 : 5_000),
  };
  for (const line of result.inProcess)
    console.log(
      `  ${line.title}: ${line.productUs.toFixed(1)} us, by hand ${line.byHandUs.toFixed(1)} us, ratio ${(line.productUs / line.byHandUs).toFixed(2)}`,
    );
  return result;
});
const report = {
  node: process.version,
  processors: `${availableParallelism()} x ${cpus()[0]?.model}`,
  rounds,
  seconds,
  ...size,
  results,
};
if (options.json) writeFileSync(options.json, `${JSON.stringify(report, null, 2)}\n`);
