// The limit of changes: a Fastify service that writes the same rows and asks the same provider.
import Fastify from 'fastify';
import { openByHand } from '../written-rows.mjs';

const rows = openByHand(process.env);
const provider = process.env.BLAND_BASE_URL;
const server = Fastify();

async function ask(path, key, body) {
  const response = await fetch(`${provider}${path}`, {
    method: body ? 'POST' : 'GET',
    headers: { authorization: `Bearer ${key}`, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return response.json();
}

server.get('/ready', async () => 'ok');

server.post('/set', async ({ body }) => {
  await rows.set(body);
  return { ok: true };
});

server.post('/clear', async ({ body }) => {
  await rows.clear(body);
  return { ok: true };
});

server.post('/call', async ({ body }) => {
  const resolved = await rows.resolve(body);
  const callId = await rows.startCall(body, resolved);
  const placed = await ask('/v1/calls', resolved.key, {
    phone_number: body.toNumber,
    agent_id: resolved.providerAgentId,
    metadata: { latchkey_call_id: callId },
  });
  await rows.endCall(callId, placed.call_id);
  return { id: callId };
});

server.post('/hand-in', async ({ body }) => {
  const handInId = await rows.handIn(body);
  await ask('/v1/me', body.apiKey);
  await rows.judgeHandIn(handInId, body);
  return { id: handInId };
});

await server.listen({ port: Number(process.env.PORT), host: '127.0.0.1' });
