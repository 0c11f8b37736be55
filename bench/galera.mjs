// npm run bench:galera [-- --rounds N] [--seconds N] [--only OPERATION]
// Changes in one agency, by three instances on a Galera cluster of three nodes and by one instance on a
// MariaDB server without a cluster. All servers have the same settings, and their files in memory.
import { build } from 'esbuild';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { load, OPERATIONS, PRODUCT, requestsFor, startAll, startProvider } from './changes.mjs';
import { withDatabases } from './compare.mjs';
import { median } from './load.mjs';

const { values: options } = parseArgs({
  options: { rounds: { type: 'string' }, seconds: { type: 'string' }, only: { type: 'string' } },
});
const rounds = Number(options.rounds ?? 3);
const seconds = Number(options.seconds ?? 5);
const WARM_UP_SECONDS = 4;
const CLIENTS = 50;
const measured = Object.entries(OPERATIONS).filter(([name]) =>
  options.only ? name === options.only : ['set', 'startTestCall'].includes(name),
);
const inOneAgency = (index) => ({ agency: 0, ordinal: index % CLIENTS });

/** The cluster of the tests, whose code is TypeScript. */
async function clusters() {
  const outfile = join(import.meta.dirname, `galera-${process.pid}.cjs`);
  const entryPoints = [join(import.meta.dirname, '../test/cluster/galera.ts')];
  await build({ entryPoints, outfile, bundle: true, platform: 'node', format: 'cjs', packages: 'external' });
  try {
    return await import(outfile);
  } finally {
    rmSync(outfile);
  }
}

/** What the instances reach on servers of which each has the same data. */
async function measure(ports, instances) {
  const samples = {};
  const server = `mysql://root@127.0.0.1:${ports[0]}`;
  await withDatabases(['mariadb'], { clients: 5000, server }, async ({ url, env, mint }) => {
    const provider = await startProvider();
    const database = new URL(url).pathname;
    // Each instance prefers another node.
    const envOf = (instance) => {
      const hosts = ports.map((_, index) => `127.0.0.1:${ports[(index + instance) % ports.length]}`);
      return { ...env, ...provider.env, DATABASE_URL: `mariadb://root@${hosts.join(',')}${database}` };
    };
    const systems = await startAll({ ...PRODUCT, instances, envOf });
    try {
      for (const [title, operation] of measured) {
        const lists = await requestsFor(mint, operation, inOneAgency, false);
        await load(systems, lists, WARM_UP_SECONDS * instances, null);
        samples[title] = await load(systems, lists, seconds, null);
      }
    } finally {
      for (const { system } of systems) await system.stop();
      await provider.stop();
    }
  });
  return samples;
}

const { GaleraCluster, startSingleServer } = await clusters();
const results = [];
for (let round = 0; round < rounds; round += 1) {
  const single = await startSingleServer();
  const alone = await measure([single.port], 1).finally(() => single.destroy());
  const cluster = await GaleraCluster.start();
  const ports = cluster.nodes.map(({ port }) => port);
  results.push({ alone, together: await measure(ports, ports.length).finally(() => cluster.destroy()) });
}

for (const [title] of measured) {
  const shown = (name, of) => {
    const samples = results.map((each) => of(each)[title]);
    const cells = ['perSecond', 'p50Ms', 'p99Ms'].map((field) =>
      Math.round(median(samples.map((sample) => sample[field]))),
    );
    const refused = samples.map((sample) => JSON.stringify(sample.refused)).join(' ');
    console.log(`  ${name.padEnd(40)}${cells.map((cell) => String(cell).padStart(8)).join('')}  ${refused}`);
  };
  console.log(`\n  ${title}: a second, p50 ms, p99 ms, and what was refused in each round`);
  shown('MariaDB, one instance', ({ alone }) => alone);
  shown('Galera, three nodes, three instances', ({ together }) => together);
  const ratios = results.map(({ alone, together }) => together[title].perSecond / alone[title].perSecond);
  console.log(`  ratio ${median(ratios).toFixed(2)} (${ratios.map((ratio) => ratio.toFixed(2)).join(', ')})`);
}
process.exit();
