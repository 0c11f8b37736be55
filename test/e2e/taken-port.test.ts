import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { createTestDatabase } from '../database';
import { Process } from './process';

test.each([
  ['another program', '', ''],
  ['its own metrics', 'on', ', and METRICS_PORT is the same port'],
])(
  'a production start that finds its port taken tells so in one line, whatever database it has opened already: by %s',
  async (_taker, METRICS, more) => {
    const folder = mkdtempSync(join(tmpdir(), 'latchkey-taken-port-'));
    const keys = join(folder, 'master.keys');
    writeFileSync(keys, KeyRing.generateLine('test'), { mode: 0o600 });
    const database = await createTestDatabase();
    const taken = createServer();
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve));
    const { port } = taken.address() as AddressInfo;
    // The metrics take it themselves.
    if (METRICS) taken.close();
    const running = new Process('src/main.js', folder, {
      DATABASE_URL: database.url,
      LATCHKEY_MASTER_KEY_FILE: keys,
      AUTH_ISSUER: 'https://login.example.com/',
      AUTH_AUDIENCE: 'x',
      HOST: 'localhost',
      PORT: String(port),
      METRICS,
      METRICS_PORT: String(port),
    });
    expect(await running.ended()).toBe(1);
    expect(running.output).toBe(`HOST and PORT: the server cannot listen there${more} (EADDRINUSE)\n`);
    taken.close();
    await database.drop();
    rmSync(folder, { recursive: true });
  },
);
