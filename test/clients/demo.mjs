import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/src/demo/main.js', import.meta.url));

export const HARBOR = '01900000-0000-7000-8000-000000000101';
export const MAPLE = '01900000-0000-7000-8000-000000000102';

/** The demo as it is built, in a folder of its own. */
export async function startDemo() {
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-clients-'));
  const { PATH } = process.env;
  const child = spawn(process.execPath, [MAIN], { cwd: folder, env: { PATH, PORT: '0' } });
  const ended = once(child, 'exit');
  await isReady(child);
  const { url, tokens, sandbox } = JSON.parse(await readFile(join(folder, '.latchkey/demo.json'), 'utf8'));
  const endpoint = `${url}/graphql`;
  const authorization = `Bearer ${tokens.agencyAdmin}`;
  return {
    endpoint,
    headers: { authorization },
    retellKey: sandbox.retell.keys.valid,
    /** What the server says now, whatever any cache holds. */
    ask: (query, variables) => ask(endpoint, authorization, query, variables),
    async end() {
      child.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true });
    },
  };
}

async function isReady(child) {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (output += data));
  while (!output.includes("Latchkey's demo is ready")) {
    if (child.exitCode !== null) throw new Error(`The demo ended:\n${output}`);
    await Promise.race([once(child.stdout, 'data'), once(child, 'exit')]);
  }
}

async function ask(endpoint, authorization, query, variables) {
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}
