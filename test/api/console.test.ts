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

/** Files with all that they import, and without what is asked for later. */
function withImports(names: readonly string[], known = new Set<string>()): Set<string> {
  for (const name of names.filter((each) => !known.has(each))) {
    known.add(name);
    const imported = readFileSync(join(ASSETS, name), 'utf8').matchAll(
      /(?:^|[;}"'])\s*(?:import|export)(?:[\w\s{},$*]*from)?\s*["']\.\/([\w-]+\.js)["']/g,
    );
    withImports(
      [...imported].map(([, file = '']) => file),
      known,
    );
  }
  return known;
}

const sizeOf = (names: Iterable<string>) =>
  [...names].reduce((sum, name) => sum + readFileSync(join(ASSETS, `${name}.gz`)).length, 0);

describe('the console', () => {
  test('opens at its own addresses, however deep, and nowhere else', async () => {
    const listed = readFileSync(join(__dirname, '../../console/src/pages.ts'), 'utf8').matchAll(
      /'(\/[\w/:-]*)'/g,
    );
    const addresses = [...listed].map(([, address = '']) => address.replaceAll(/:\w+/g, '1'));
    expect(addresses).toEqual(
      expect.arrayContaining(['/', '/clients/1/1', '/agency/webhooks/1', '/integrations']),
    );
    const pages = await Promise.all([...addresses, '/signed-in?code=1'].map(get));
    expect([...new Set(pages.map(({ status }) => status))]).toEqual([200]);
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
      'media-src blob:',
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
    const names = [...page.matchAll(/(?:src|href)="(\/assets\/[\w-]+-[0-9A-Z]{8}\.\w+)"/g)].map(
      ([, name = '']) => name,
    );
    expect(names.map((name) => name.replace(/-[0-9A-Z]{8}/, ''))).toEqual([
      '/assets/icon.svg',
      '/assets/main.css',
      '/assets/main.js',
      '/assets/chunk.js',
    ]);
    for (const name of names) {
      const file = await get(name);
      expect(file.status).toBe(200);
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      await file.arrayBuffer();
    }
  });

  test('takes at most 33 KB on its way to a browser to start, and 13 KB more for any other page', async () => {
    const named = [...(await (await get('/')).text()).matchAll(/\/assets\/([\w-]+\.(?:js|css))/g)];
    const start = withImports(named.map(([, name = '']) => name));
    expect(sizeOf(start)).toBeLessThanOrEqual(33 * 1024);
    const later = readdirSync(ASSETS).filter((name) => name.endsWith('.js') && !start.has(name));
    expect(later.length).toBeGreaterThan(5);
    for (const name of later) {
      const files = [...withImports([name])].filter((each) => !start.has(each));
      const isWithin = sizeOf(files) <= 13 * 1024;
      expect({ name, size: sizeOf(files), isWithin }).toMatchObject({ isWithin: true });
    }
  });

  test('is served only when an operator turns it on', async () => {
    const without = await startTestApp();
    for (const path of ['/', '/clients']) expect((await fetch(without.url + path)).status).toBe(404);
    await without.close();
  });
});
