// The limit: SQL and JSON over node:http, and nothing else.
import { createServer } from 'node:http';
import { openRows } from './rows.mjs';

const rows = openRows(process.env.DATABASE_URL);

async function expand(agency, clients) {
  const ids = clients.map(({ id }) => id);
  const [keys, agents] = await Promise.all([rows.keys(agency, ids), rows.agents(agency, ids)]);
  return clients.map(({ id, name }, index) => ({
    id,
    name,
    apiKeys: keys[index],
    agents: { nodes: agents[index] },
  }));
}

async function answer(agency, { operationName, variables }) {
  if (operationName === 'List')
    return { clients: { nodes: await expand(agency, await rows.clients(agency, 50)) } };
  const client = await rows.client(agency, variables.id);
  return { client: client && (await expand(agency, [client]))[0] };
}

const server = createServer((request, response) => {
  let body = '';
  request.on('data', (chunk) => (body += chunk));
  request.on('end', async () => {
    const data = await answer(request.headers['x-agency'], JSON.parse(body));
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data }));
  });
});
server.listen(Number(process.env.PORT), '127.0.0.1');
