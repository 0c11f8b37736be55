import { ownAddress } from '../../src/app';
import type { Config } from '../../src/config';
import type { Server } from '../../src/http/server';

const server = { server: { address: () => ({ port: 4315 }) } } as unknown as Server;

test.each([
  ['127.0.0.1', 'http://127.0.0.1:4315'],
  ['0.0.0.0', 'http://127.0.0.1:4315'],
  ['::', 'http://127.0.0.1:4315'],
  ['::1', 'http://[::1]:4315'],
  ['keys.internal', 'http://keys.internal:4315'],
])('a server that listens on %s is at %s for whoever is on this machine', (host, address) => {
  expect(ownAddress(server, { host } as Config)).toBe(address);
  expect(URL.canParse(address)).toBe(true);
});
