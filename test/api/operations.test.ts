import { readOperations } from '../../src/api/playground';
import { seedHandIns } from '../../src/demo/hand-ins';
import type { Persona } from '../../src/demo/seed';
import { startTestApp, type TestApp } from '../harness';

const operations = readOperations();

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  const { database, vault, audit } = running.app;
  await seedHandIns(database, vault, audit, running.sandbox);
});
afterAll(() => running.close());

describe('the ready-made operations', () => {
  test('cover the steps of the tour', () => {
    expect(operations.length).toBeGreaterThanOrEqual(9);
  });

  test.each(operations.map((operation) => [operation.name, operation] as const))('%s: runs in the demo as it stands', async (name, { persona, query, variables }) => {
    const { data, errors } = await running.ask(persona as Persona, query, JSON.parse(variables) as object);
    expect(data).toBeTruthy();
    expect(JSON.stringify(data)).not.toMatch(/"userErrors":\[\{/);
    // This one shows what a refusal looks like.
    expect(errors.map(({ extensions }) => extensions.code)).toEqual(name === 'what a portal user sees' ? ['FORBIDDEN'] : []);
  });
});
