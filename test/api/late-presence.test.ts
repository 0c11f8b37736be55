import { AlertRow } from '../../src/alerts/alert.entity';
import { AbsentAgentRow } from '../../src/keys/absent-agent.entity';
import { BRIGHTLINE, HARBOR, HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { CLEAR_CLIENT, SET_CLIENT, START_CALL } from '../operations';
import { json, Loopback } from '../providers/loopback';

let running: TestApp;
/** What happens before the next calls are answered, and how they are. */
const answers: { readonly meanwhile: () => Promise<unknown>; readonly isFound: boolean }[] = [];

beforeEach(async () => {
  const standIn = await Loopback.start((request, response) => {
    const { meanwhile, isFound } = answers.shift() ?? { meanwhile: () => Promise.resolve(), isFound: false };
    const placed = json(201, { call_id: 'call_01234567', call_status: 'registered' });
    const refused = json(422, { message: 'Not under given API key' });
    void meanwhile().then(() => (isFound ? placed : refused)(request, response));
  });
  running = await startTestApp({ RETELL_BASE_URL: standIn.baseUrl });
});
afterEach(async () => {
  answers.splice(0);
  await running.close();
  await Loopback.closeAll();
});

const call = () =>
  running.data(START_CALL, { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' } });
const setKey = (apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId: HARBOR, keys: [{ provider: 'RETELL', apiKey }] } });
const clearKey = () => running.data(CLEAR_CLIENT, { input: { clientId: HARBOR, providers: ['RETELL'] } });
const absent = () => running.app.database.read.find(AbsentAgentRow);
async function missing(): Promise<AlertRow[]> {
  await running.chained();
  await running.app.upkeep.alertWorker.work();
  return running.app.database.read.findBy(AlertRow, { kind: 'AGENTS_MISSING_IN_ACCOUNT', isOpen: true });
}

describe.each([
  ['has placed it', true],
  ['has not found its agent', false],
])('a late answer to a call, by which the provider %s,', (_, isFound) => {
  test('leaves on record that the agent is absent in the account of a newer version of the key', async () => {
    await call();
    expect(await absent()).toMatchObject([{ ownerId: HARBOR, keyVersion: 1 }]);
    const meanwhile = async () => {
      await setKey('key_newer_0123456789ab');
      await call();
    };
    answers.push({ meanwhile, isFound });
    await call();
    expect(await absent()).toMatchObject([{ ownerId: HARBOR, keyVersion: 2 }]);
    expect(await missing()).toHaveLength(1);
  });

  test("leaves on record that the agent is absent in its client's account, where it came by the agency's", async () => {
    await clearKey();
    await call();
    expect(await absent()).toMatchObject([{ ownerId: BRIGHTLINE }]);
    const meanwhile = async () => {
      await setKey('key_newer_0123456789ab');
      await call();
    };
    answers.push({ meanwhile, isFound });
    await call();
    expect(await absent()).toMatchObject([{ ownerId: HARBOR }]);
    expect(await missing()).toHaveLength(1);
  });

  test("leaves on record that the agent is absent in the agency's account, where it came by a key that is cleared", async () => {
    await call();
    const meanwhile = async () => {
      await clearKey();
      await call();
    };
    answers.push({ meanwhile, isFound });
    await call();
    expect(await absent()).toMatchObject([{ ownerId: BRIGHTLINE }]);
  });
});
