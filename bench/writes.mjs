// npm run bench:writes [-- --quick] [--database sqlite|mariadb] [--rounds N] [--seconds N] [--only OPERATION]
// Changes over HTTP, in one agency and over all of them, beside a Fastify service that writes the same rows
// and asks the same provider; on MariaDB also by three instances.
import { parseArgs } from 'node:util';
import {
  leaveNoWork,
  load,
  OPERATIONS,
  pidOfServer,
  PRODUCT,
  requestsFor,
  startAll,
  startProvider,
} from './changes.mjs';
import { withDatabases, YOUNG_GENERATION } from './compare.mjs';
import { AGENCIES } from './data.mjs';
import { median } from './load.mjs';

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

/** V8 optimizes what runs often only after a while; of several instances, each has a part of the requests. */
const WARM_UP_SECONDS = 10;
const CLIENTS_OF_ONE = 50;

const PLACES = {
  'one agency': (index, ordinal) => ({ agency: ordinal, ordinal: index % CLIENTS_OF_ONE }),
  [`${AGENCIES} agencies`]: (index, ordinal) => ({ agency: index % AGENCIES, ordinal }),
};

const measured = Object.entries(OPERATIONS).filter(([name]) => !options.only || name === options.only);

const SYSTEMS = {
  'bare Fastify service': {
    command: [...YOUNG_GENERATION, 'peers/writes.mjs'],
    ready: '/ready',
    isByHand: true,
  },
  Latchkey: PRODUCT,
};
const THREE = { 'Latchkey, three instances': { ...PRODUCT, instances: 3 } };

/** Another one comes first each time: a system goes on to get faster for some seconds. */
function inTurns(places, round) {
  const all = Object.entries(places);
  return round % 2 ? all.reverse() : all;
}

/** Every answer has to say that the change was made. */
function refuseRefusals({ refused }) {
  if (Object.keys(refused).length > 0) throw new Error(`Changes were refused: ${JSON.stringify(refused)}`);
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
  const provider = await startProvider();
  const own = { ...env, ...provider.env };
  const systems = url.startsWith('sqlite:') ? SYSTEMS : { ...SYSTEMS, ...THREE };
  const databasePid = await pidOfServer(own);
  const samples = {};
  try {
    for (let round = 0; round < rounds; round += 1) {
      for (const [name, system] of Object.entries(systems)) {
        const instances = await startAll({ ...system, envOf: () => own });
        try {
          for (const [title, operation] of measured) {
            for (const [scope, placeOf] of inTurns(PLACES, round)) {
              const lists = await requestsFor(mint, operation, placeOf, system.isByHand);
              const warmUpSeconds = options.quick ? 1 : WARM_UP_SECONDS * instances.length;
              refuseRefusals(await load(instances, lists, warmUpSeconds, databasePid));
              const sample = await load(instances, lists, seconds, databasePid);
              refuseRefusals(sample);
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
