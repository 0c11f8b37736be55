// npm run bench:growth [-- --database sqlite|mariadb] [--rounds N] [--seconds N] [--sizes 5000,50000,500000]
// npm run bench:growth -- --calls [--database sqlite|mariadb] [--sizes 10000,1000000]
import { parseArgs } from 'node:util';
import { compareCallLists, openCallLists } from './call-lists.mjs';
import { SYSTEMS, withDatabases } from './compare.mjs';
import { openResolver } from './in-process.mjs';
import { load, median } from './load.mjs';
import { CLIENT, QUERIES } from './queries.mjs';
import { System } from './system.mjs';

const { values: options } = parseArgs({
  options: {
    database: { type: 'string', default: 'sqlite' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    calls: { type: 'boolean', default: false },
    sizes: { type: 'string' },
  },
});
const FIRST_PORT = 24_120;
const WARM_UP_SECONDS = 3;
const RESOLVED = 2_000;
const AGENCY_CLIENTS = 20_000;
const CLIENTS_OF_CALLS = 5_000;
const PAGE = `query Page($after: String) { clients(first: 50, after: $after) { nodes { ${CLIENT} } } }`;
const NEXT =
  'query Next($after: String) { clients(first: 100, after: $after) { pageInfo { hasNextPage endCursor } } }';

if (options.calls) await growthOfCalls();
else await growthOfClients();

function sizesOr(usual) {
  return (options.sizes ?? usual).split(',').map(Number);
}

/** The calls of one agency, which has few of them in one database and many in the other. */
async function growthOfCalls() {
  const sizes = sizesOr('10000,1000000');
  const small = { clients: CLIENTS_OF_CALLS };
  await withEach([small, small], async (opened) => {
    const lists = [];
    try {
      for (const [index, { env }] of opened.entries()) lists.push(await openCallLists(env, sizes[index]));
      await compareCallLists(...lists);
    } finally {
      for (const each of lists) await each.close();
    }
  });
}

/**
 * Deployments of each size, and one of the smallest size with an agency of 20,000 clients: asked in turns, so
 * that the rest of the machine concerns all.
 */
async function growthOfClients() {
  const [smallest, ...larger] = sizesOr('5000,50000,500000');
  const deployments = [
    { clients: smallest },
    ...larger.map((clients) => ({ clients })),
    { clients: smallest, agencyClients: AGENCY_CLIENTS },
  ];
  await withEach(deployments, async (opened) => {
    const systems = [];
    try {
      for (const [index, { env, requests }] of opened.entries()) {
        const system = new System();
        const base = `http://127.0.0.1:${FIRST_PORT + index}`;
        await system.start({
          ...SYSTEMS.Latchkey,
          env,
          port: FIRST_PORT + index,
          ready: async () => (await fetch(`${base}/readyz`)).ok,
        });
        systems.push({
          name: nameOf(deployments[index]),
          system,
          base,
          requests,
          resolver: await openResolver(env),
        });
      }
      const work = [...queriesOf(systems), ...(await pagesOf(systems[0], systems.at(-1)))];
      report(await measure(work, systems));
    } finally {
      for (const { system, resolver } of systems) {
        await system.stop();
        await resolver.close();
      }
    }
  });
}

async function withEach([next, ...rest], work, opened = []) {
  if (!next) return work(opened);
  return withDatabases([options.database], next, (database) => withEach(rest, work, [...opened, database]));
}

function nameOf({ clients, agencyClients }) {
  return agencyClients ? `${clients} and an agency of ${agencyClients}` : String(clients);
}

function queriesOf(systems) {
  return Object.entries(QUERIES).flatMap(([query, { title }]) =>
    systems.map(({ name, system, base, requests }) => ({
      title,
      name,
      system,
      base,
      requests: requests[query],
    })),
  );
}

/** The list of one agency: of 50 clients, and at the start, in the middle and at the end of 20,050. */
async function pagesOf(small, large) {
  const cursors = [null];
  const [asked] = large.requests.list;
  for (let more = true; more;) {
    const body = JSON.stringify({ query: NEXT, variables: { after: cursors.at(-1) } });
    const { data } = await (await fetch(`${large.base}/graphql`, { ...asked, body })).json();
    more = data.clients.pageInfo.hasNextPage;
    if (more) cursors.push(data.clients.pageInfo.endCursor);
  }
  const pageOf = ({ system, base, requests }, name, after) => ({
    title: 'a page of 50 of one agency',
    name,
    system,
    base,
    requests: [{ ...requests.list[0], body: JSON.stringify({ query: PAGE, variables: { after } }) }],
  });
  return [
    pageOf(small, 'the only one of 50 clients', null),
    pageOf(large, `the first of ${AGENCY_CLIENTS + 50}`, null),
    pageOf(large, 'one in the middle', cursors[cursors.length >> 1]),
    pageOf(large, 'one at the end', cursors.at(-1)),
  ];
}

async function measure(work, systems) {
  for (const { system, base, requests } of work) await load(system, base, requests, WARM_UP_SECONDS);
  const samples = work.map(() => []);
  const resolved = systems.map(() => []);
  for (let round = 0; round < Number(options.rounds); round += 1) {
    for (const [index, { system, base, requests }] of work.entries())
      samples[index].push((await load(system, base, requests, Number(options.seconds))).perSecond);
    for (const [index, { resolver }] of systems.entries())
      resolved[index].push(await resolver.time(RESOLVED));
  }
  return [
    ...work.map(({ title, name }, index) => ({
      title,
      name,
      unit: 'a second',
      each: samples[index],
      slower: (first, other) => first / other,
    })),
    ...systems.map(({ name }, index) => ({
      title: 'resolving a key',
      name,
      unit: 'us',
      each: resolved[index],
      slower: (first, other) => other / first,
    })),
  ];
}

/**
 * Beside each figure, how many times slower it is than the first of its kind: the median of the rounds, and
 * their spread.
 */
function report(rows) {
  const firsts = new Map();
  for (const { title, name, unit, each, slower } of rows) {
    if (!firsts.has(title)) console.log(`\n  ${title}`);
    const first = firsts.get(title) ?? each;
    firsts.set(title, first);
    const ratios = each
      .map((figure, round) => slower(first[round], figure))
      .sort((one, other) => one - other);
    console.log(
      `  ${name.padEnd(32)}${median(each).toFixed(0).padStart(8)} ${unit.padEnd(10)}${median(ratios).toFixed(2).padStart(6)} times (${ratios[0].toFixed(2)} to ${ratios.at(-1).toFixed(2)})`,
    );
  }
}
