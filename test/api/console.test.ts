import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startTestApp, type TestApp } from '../harness';

const ASSETS = join(__dirname, '../../dist/console/assets');

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp({ CONSOLE: 'on', CONSOLE_CLIENT_ID: 'latchkey-console' });
});
afterAll(() => running.close());

const get = (path: string) => fetch(`${running.url}${path}`);

describe('the console', () => {
  test('opens at its own addresses, however deep, and nowhere else', async () => {
    const pages = await Promise.all(['/', '/clients', '/clients/1/agents', '/signed-in?code=1'].map(get));
    expect(pages.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(new Set(await Promise.all(pages.map((page) => page.text()))).size).toBe(1);
    for (const path of ['/none', '/assets/none.js', '/assets/..%2findex.html', '/assets/'])
      expect((await get(path)).status).toBe(404);
  });

  test('may load from this server and ask the issuer, and runs no text as code', async () => {
    const { headers } = await get('/');
    expect(headers.get('content-security-policy')?.split('; ')).toEqual([
      "default-src 'none'",
      "script-src 'self'",
      "style-src 'self'",
      "img-src 'self'",
      "font-src 'self'",
      `connect-src 'self' ${running.issuer.issuer}`,
      "form-action 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "require-trusted-types-for 'script'",
      "trusted-types 'none'",
    ]);
  });

  test('names files that browsers may keep for ever, and that are there', async () => {
    const page = await (await get('/')).text();
    const names = [...page.matchAll(/(?:src|href)="(\/assets\/[\w-]+-[0-9a-f]{10}\.\w+)"/g)].map(
      ([, name = '']) => name,
    );
    expect(names).toHaveLength(3);
    for (const name of names) {
      const file = await get(name);
      expect(file.status).toBe(200);
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      await file.arrayBuffer();
    }
  });

  test('takes at most 45 KB of scripts and styles on its way to a browser', () => {
    const sent = readdirSync(ASSETS).filter((name) => /\.(js|css)\.gz$/.test(name));
    expect(sent).toHaveLength(2);
    const bytes = sent.reduce((sum, name) => sum + readFileSync(join(ASSETS, name)).length, 0);
    expect(bytes).toBeLessThanOrEqual(45 * 1024);
  });

  test('is served only when an operator turns it on', async () => {
    const without = await startTestApp();
    for (const path of ['/', '/clients']) expect((await fetch(without.url + path)).status).toBe(404);
    await without.close();
  });
});
