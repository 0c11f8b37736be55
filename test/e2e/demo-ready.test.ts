import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../fixtures/oidc';
import { Process, until } from './process';

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'latchkey-ready-'))));
afterEach(() => rmSync(folder, { recursive: true }));

test('the demo says so of a port that fetch and browsers refuse', async () => {
  const running = new Process('src/demo/main.js', folder, { PORT: '6000' });
  expect(await running.ended()).toBe(1);
  expect(running.output).toBe('PORT: fetch refuses this port, as browsers do: choose another\n');
});

test('whoever waits until the demo is ready finds the file with its tokens', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const running = new Process('src/demo/main.js', folder, { PORT: new URL(url).port });
  const ready = async () => {
    const answer = await fetch(`${url}/readyz`).catch(() => null);
    return answer && [answer.status, await answer.json()];
  };
  let first: Awaited<ReturnType<typeof ready>> = null;
  await until(async () => (first = await ready()) !== null);
  expect(first).toEqual([503, { status: 'not ready', demo: 'It is still being filled' }]);
  await until(async () => (await ready())?.[0] === 200);
  const file = readFileSync(join(folder, '.latchkey', 'demo.json'), 'utf8');
  expect(JSON.parse(file)).toMatchObject({ url, tokens: { agencyAdmin: expect.any(String) as string } });
  expect(await running.end()).toBe(0);
});
