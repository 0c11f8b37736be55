// npm run bench:directus [-- --database sqlite|mariadb] [--clients N] [--rounds N] [--seconds N]
import { parseArgs } from 'node:util';
import { measureQueries, requestsOfEach, SYSTEMS, withDatabases } from './compare.mjs';
import { agencyId, LARGE_AGENCIES, PROVIDERS } from './data.mjs';
import { register, tokenOf } from './directus/register.mjs';
import { ADMIN_TOKEN, bootstrap, environmentOf, SERVER } from './directus/server.mjs';
import { toKey } from './peers/rows.mjs';

// Ten seconds, since an answer of Directus takes most of one: those that are under way at the end count for
// nothing.
const { values: options } = parseArgs({
  options: {
    database: { type: 'string' },
    clients: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '10' },
  },
});

// Longer than for the other peers: Directus has much code, and V8 needs more of the few requests that it
// answers to compile it.
const WARM_UP_SECONDS = 10;
const CLIENT = `id name
      apiKeys { provider isSet maskedKey status version }
      agents(sort: ["id"]) { id name provider providerAgentId }`;
const ONE = `query One($id: ID!) { clients_by_id(id: $id) { ${CLIENT} } }`;
const listOf = (filter) => `query List { clients(limit: 50, sort: ["id"]${filter}) { ${CLIENT} } }`;

/**
 * The answer of the others: Directus names the queries after the tables, and has no rows for keys that were
 * never set.
 */
function read({ data, errors }) {
  if (errors) throw new Error(`Directus: ${JSON.stringify(errors)}`);
  return {
    data: data.clients
      ? { clients: { nodes: data.clients.map(toClient) } }
      : { client: toClient(data.clients_by_id) },
  };
}

const toClient = ({ id, name, apiKeys, agents }) => ({
  id,
  name,
  apiKeys: PROVIDERS.map((provider) =>
    toKey(
      provider,
      apiKeys.find((key) => key.provider === provider),
    ),
  ),
  agents: { nodes: agents },
});

const bearer = (token) => ({ authorization: `Bearer ${token}` });
const asUser = requestsOfEach({ list: () => listOf(''), one: () => ONE }, (index) => bearer(tokenOf(index)));
const asAdmin = requestsOfEach(
  {
    list: (index) => listOf(`, filter: { agencyId: { id: { _eq: "${agencyId(index)}" } } }`),
    one: () => ONE,
  },
  () => bearer(ADMIN_TOKEN),
);
const everyAgency = Array.from({ length: LARGE_AGENCIES }, (_, index) => index);

await withDatabases(
  options.database ? [options.database] : ['sqlite', 'mariadb'],
  { clients: Number(options.clients) },
  async ({ url, env, folder, requests }) => {
    const directus = { command: SERVER, env: environmentOf(url, folder), read };
    await bootstrap(directus.env);
    await register(env);
    const systems = {
      ...SYSTEMS,
      'Directus, a user with permissions': { ...directus, requests: asUser },
      'Directus, its admin, nothing to check': { ...directus, requests: asAdmin },
    };
    // Directus makes a GraphQL schema for each user at the first request: checking every agency has that done
    // before it is measured.
    await measureQueries(systems, {
      env,
      requests,
      rounds: Number(options.rounds),
      seconds: Number(options.seconds),
      warmUpSeconds: WARM_UP_SECONDS,
      checked: everyAgency,
    });
  },
);
