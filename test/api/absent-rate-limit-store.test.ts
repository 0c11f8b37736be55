import { createServer, type AddressInfo, type Server } from 'node:net';
import { startTestApp, type Answer, type TestApp } from '../harness';
import { freePort } from '../fixtures/oidc';

const PASSWORD = 'a-password-of-the-store';
const LIMIT = 10;

let running: TestApp;
let silent: Server;
beforeAll(async () => {
  running = await startTestApp();
  // It takes connections, reads what it is sent, and says nothing.
  silent = createServer((socket) => socket.on('error', () => undefined).resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await running.close();
  silent.close();
});

const CLEAR = `mutation { clearAgencyApiKeys(input: { providers: [] }) { userErrors { code } } }`;
const outcome = ({ status, errors }: Answer) => [status, errors[0]?.extensions.code];

const stores = {
  'is not there': freePort,
  'says nothing': async () => (silent.address() as AddressInfo).port,
};

describe.each(Object.entries(stores))('a store of the rate limits that %s', (_, portOf) => {
  let instance: TestApp;
  let port: number;
  beforeAll(async () => {
    port = await portOf();
    instance = await running.another({
      RATE_LIMIT_STORE: `redis://latchkey:${PASSWORD}@127.0.0.1:${port}/3`,
      RATE_LIMIT_KEY_OPERATIONS: String(LIMIT),
    });
  });
  afterAll(() => instance.close());

  test('stops no start, refuses nobody within the limit, and the limit holds in memory', async () => {
    const answers: unknown[] = [];
    for (let n = 0; n < LIMIT; n++) answers.push(outcome(await instance.ask('agencyAdmin', CLEAR)));
    expect(answers).toEqual(Array.from({ length: LIMIT }, () => [200, undefined]));
    expect(outcome(await instance.ask('agencyAdmin', CLEAR))).toEqual([429, 'RATE_LIMITED']);
  });

  test('is told once, with a code and without its address', () => {
    const told = instance.logs.filter((line) => line.includes('store of the rate limits'));
    expect(told).toHaveLength(1);
    expect(JSON.parse(told[0] ?? '')).toMatchObject({
      level: 40,
      code: expect.stringMatching(/^(ECONNREFUSED|TIMEOUT)$/) as string,
    });
    expect(instance.logs.join('')).not.toMatch(new RegExp(`${PASSWORD}|${port}`));
  });
});
