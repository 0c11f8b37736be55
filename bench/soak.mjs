// npm run bench:soak [-- --database sqlite|mariadb] [--minutes N]
import { parseArgs } from 'node:util';
import { SYSTEMS, withDatabases } from './compare.mjs';
import { firstClientOf } from './data.mjs';
import { load, median } from './load.mjs';
import { System } from './system.mjs';

const { values: options } = parseArgs({
  options: { database: { type: 'string', default: 'sqlite' }, minutes: { type: 'string', default: '10' } },
});
const SLICES = 20;
const PORT = 24_110;

const SET =
  'mutation Set($input: SetClientApiKeysInput!) { setClientApiKeys(input: $input) { apiKeys { version } warnings { code } userErrors { code } } }';
const setOf = (request, index) => ({
  ...request,
  body: JSON.stringify({
    query: SET,
    variables: {
      input: {
        clientId: firstClientOf(index),
        keys: [{ provider: 'BLAND', apiKey: `key_of_bench_${index}_abcdefgh` }],
      },
    },
  }),
});

/** Memory of the product while it is asked for lists and clients, and keys are set, as fast as it goes. */
await withDatabases([options.database], { clients: 5_000 }, async ({ env, requests: { list, one } }) => {
  const system = new System();
  const base = `http://127.0.0.1:${PORT}`;
  const ready = async () => (await fetch(`${base}/readyz`)).ok;
  await system.start({ ...SYSTEMS.Latchkey, env, port: PORT, ready });
  try {
    const mixed = list.flatMap((request, index) => [request, one[index], setOf(request, index)]);
    // Refusals come as 200, too.
    const answers = async () => {
      for (const request of mixed.slice(0, 3)) {
        const text = await (await fetch(`${base}${request.path}`, request)).text();
        if (/"errors"|"code"/.test(text)) throw new Error(text);
      }
    };
    await answers();
    const samples = [];
    for (let slice = 0; slice < SLICES; slice += 1)
      samples.push(await load(system, base, mixed, (Number(options.minutes) * 60) / SLICES));
    await answers();
    const each = samples.map(({ memoryMb }) => memoryMb);
    const of = (from, to) => median(each.slice(SLICES * from, SLICES * to)).toFixed(0);
    console.log(
      `  ${median(samples.map(({ perSecond }) => perSecond)).toFixed(0)} requests a second for ${options.minutes} minutes; resident memory in MB, ${SLICES} times: ${each.map((mb) => mb.toFixed(0)).join(' ')}`,
    );
    console.log(
      `  median of the second quarter ${of(0.25, 0.5)} MB, of the third ${of(0.5, 0.75)} MB, of the last ${of(0.75, 1)} MB`,
    );
  } finally {
    await system.stop();
  }
});
