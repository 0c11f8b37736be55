import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../fixtures/oidc';
import { COMPILED_BEFORE, Process } from './process';

const folder = mkdtempSync(join(tmpdir(), 'latchkey-metrics-'));
afterAll(() => rmSync(folder, { recursive: true }));

const preload = join(folder, 'preload.js');
const loadedFile = join(folder, 'loaded.json');
writeFileSync(
  preload,
  `process.on('exit', () => require('node:fs').writeFileSync(${JSON.stringify(loadedFile)}, JSON.stringify(Object.keys(require.cache))));`,
);
const isOptional = /node_modules\/(prom-client|@redis)\//;
const loaded = () =>
  (JSON.parse(readFileSync(loadedFile, 'utf8')) as string[]).filter((file) => isOptional.test(file));

const start = (env: NodeJS.ProcessEnv = {}) =>
  new Process('src/demo/main.js', folder, {
    NODE_OPTIONS: `${COMPILED_BEFORE.NODE_OPTIONS} --require ${preload}`,
    ...env,
  });

describe('METRICS=on', () => {
  test('serves them on the port that is configured, on this machine alone', async () => {
    const port = await freePort();
    const running = start({ METRICS: 'on', METRICS_PORT: String(port) });
    await running.prints(/demo is ready/);
    const answer = await fetch(`http://127.0.0.1:${port}/metrics`);
    await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow();
    expect(await answer.text()).toMatch(/^latchkey_decrypts_total\{purpose="VAULT_KEY"\} 4$/m);
    expect(await running.end()).toBe(0);
    expect(loaded()).not.toEqual([]);
  });

  test('stops the start with one line where they cannot be served', async () => {
    const taken = createServer();
    const port = await freePort();
    await new Promise<void>((resolve) => taken.listen(port, '127.0.0.1', resolve));
    const running = start({ METRICS: 'on', METRICS_PORT: String(port) });
    expect(await running.ended()).toBe(1);
    expect(running.output.trim().split('\n').at(-1)).toBe(
      'METRICS_HOST and METRICS_PORT: the metrics cannot be served there (EADDRINUSE)',
    );
    taken.close();
  });
});

test('without METRICS and RATE_LIMIT_STORE, neither of their packages is loaded', async () => {
  const running = start();
  await running.prints(/demo is ready/);
  expect(await running.end()).toBe(0);
  expect(loaded()).toEqual([]);
});
