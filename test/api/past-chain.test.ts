import fc from 'fast-check';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { CEDAR, HARBOR, HARBOR_RETELL_AGENT, MAPLE, OTHER_AGENCYS_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { moment } from '../moment';

let running: TestApp;
beforeAll(async () => {
  running = await startTestApp();
  // The demo's rows are written without events, so that the trail does not tell whose the agent was at first.
  await CHANGES.release();
});
afterAll(() => running.close());
beforeEach(async () => {
  for (const clientId of [HARBOR, MAPLE]) await CHANGES.restore(clientId);
  await CHANGES.assign(HARBOR);
});

interface Resolution {
  readonly source: string | null;
  readonly version: number | null;
  readonly status: string;
  readonly steps: readonly { readonly source: string; readonly isSet: boolean; readonly taken: boolean }[];
  readonly sourceIfClientKeyCleared: string | null;
}
const RESOLUTION = '{ source version status steps { source isSet taken } sourceIfClientKeyCleared }';
const NOW = `query ($id: ID!) { agent(id: $id) { keyResolution ${RESOLUTION} } }`;
const THEN = `query ($id: ID!, $at: DateTime!) { agent(id: $id) { keyResolutionAt(at: $at) ${RESOLUTION} } }`;

const resolutionNow = async (id: string) =>
  (await running.data<{ agent: { keyResolution: Resolution } }>(NOW, { id })).agent.keyResolution;
const resolutionAt = async (id: string, at: Date) =>
  (await running.data<{ agent: { keyResolutionAt: Resolution | null } }>(THEN, { id, at })).agent
    .keyResolutionAt;

const change = (name: string, field: string, input: object) =>
  running.data(`mutation ($input: ${name}Input!) { ${field}(input: $input) { userErrors { code } } }`, {
    input,
  });
let keys = 0;
const newKey = () => `key_past_${String((keys += 1)).padStart(20, '0')}`;

const CHANGES = {
  setClient: (clientId: string) =>
    change('SetClientApiKeys', 'setClientApiKeys', {
      clientId,
      keys: [{ provider: 'RETELL', apiKey: newKey() }],
    }),
  clearClient: (clientId: string) =>
    change('ClearClientApiKeys', 'clearClientApiKeys', { clientId, providers: ['RETELL'] }),
  verifyClient: (clientId: string) =>
    change('VerifyClientApiKeys', 'verifyClientApiKeys', { clientId, providers: ['RETELL'] }),
  setAgency: () =>
    change('SetAgencyApiKeys', 'setAgencyApiKeys', { keys: [{ provider: 'RETELL', apiKey: newKey() }] }),
  clearAgency: () => change('ClearAgencyApiKeys', 'clearAgencyApiKeys', { providers: ['RETELL'] }),
  archive: (clientId: string) => change('ArchiveClient', 'archiveClient', { clientId }),
  restore: (clientId: string) => change('ArchiveClient', 'restoreClient', { clientId }),
  assign: (clientId: string) =>
    change('AssignAgent', 'assignAgent', { agentId: HARBOR_RETELL_AGENT, clientId }),
  release: () => change('AssignAgent', 'assignAgent', { agentId: HARBOR_RETELL_AGENT, clientId: null }),
} as const;

test('a key that was set before the trail began had not been verified before it was', async () => {
  const before = await resolutionNow(HARBOR_RETELL_AGENT);
  const at = await moment();
  await CHANGES.verifyClient(HARBOR);
  expect([before.status, (await resolutionNow(HARBOR_RETELL_AGENT)).status]).toEqual(['UNVERIFIED', 'VALID']);
  expect(await resolutionAt(HARBOR_RETELL_AGENT, at)).toEqual(before);
});

test('a key resolution at any time is what was answered at that time, whatever was changed since', async () => {
  const steps = fc.array(
    fc.tuple(
      fc.constantFrom(...(Object.keys(CHANGES) as (keyof typeof CHANGES)[])),
      fc.constantFrom(HARBOR, MAPLE),
    ),
    { minLength: 5, maxLength: 12 },
  );
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(steps, async (changes) => {
      const seen: { at: Date; resolution: Resolution }[] = [];
      for (const [name, clientId] of changes) {
        await CHANGES[name](clientId);
        const resolution = await resolutionNow(HARBOR_RETELL_AGENT);
        seen.push({ at: await moment(), resolution });
      }
      for (const { at, resolution } of seen) {
        expect(await resolutionAt(HARBOR_RETELL_AGENT, at)).toEqual(resolution);
        compared += 1;
      }
    }),
    { numRuns: 8 },
  );
  expect(compared).toBeGreaterThanOrEqual(40);
});

test('an answer names the past, and no key', async () => {
  await CHANGES.setClient(HARBOR);
  const at = await moment();
  await CHANGES.clearClient(HARBOR);
  const query = `query ($id: ID!, $at: DateTime!) { agent(id: $id) { keyResolutionAt(at: $at) { explanation } } }`;
  const answer = await running.ask('agencyAdmin', query, { id: HARBOR_RETELL_AGENT, at });
  expect(answer.text).toContain("Calls used the client's Retell key.");
  expect(answer.text).not.toContain('key_past');
});

test('nothing is told of a time before the trail, or before the agent was created', async () => {
  expect(await resolutionAt(HARBOR_RETELL_AGENT, new Date('2020-01-01'))).toBeNull();
  const before = await moment();
  const created = await running.data<{ createAgent: { agent: { id: string } } }>(
    'mutation ($input: CreateAgentInput!) { createAgent(input: $input) { agent { id } } }',
    { input: { name: 'Later', provider: 'RETELL', providerAgentId: 'agent_later', clientId: CEDAR } },
  );
  const { id } = created.createAgent.agent;
  const after = await moment();
  expect(await resolutionAt(id, before)).toBeNull();
  expect(await resolutionAt(id, after)).toMatchObject({
    steps: [{ source: 'CLIENT' }, { source: 'AGENCY' }],
  });
});

test('a key whose earlier versions are not on record is not guessed', async () => {
  await CHANGES.setClient(MAPLE);
  await CHANGES.assign(MAPLE);
  const { database } = running.app;
  await database.write((tx) => tx.delete(AuditEventRow, { type: 'API_KEY_SET', clientId: MAPLE }));
  await database.write((tx) => tx.delete(AuditEventRow, { type: 'API_KEY_CLEARED', clientId: MAPLE }));
  const between = await moment();
  await CHANGES.setClient(MAPLE);
  expect(await resolutionAt(HARBOR_RETELL_AGENT, between)).toBeNull();
  expect(await resolutionAt(HARBOR_RETELL_AGENT, await moment())).toMatchObject({ source: 'CLIENT' });
});

test('a time to come is refused, and others than admins ask in vain', async () => {
  const future = await running.ask('agencyAdmin', THEN, {
    id: HARBOR_RETELL_AGENT,
    at: '2100-01-01T00:00:00Z',
  });
  expect(future.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
  for (const persona of ['agencyMember', 'portalUser'] as const) {
    const answer = await running.ask(persona, THEN, { id: HARBOR_RETELL_AGENT, at: new Date() });
    expect(answer.errors[0]?.extensions.code).toBe('FORBIDDEN');
  }
  const foreign = await running.data<{ agent: null }>(THEN, { id: OTHER_AGENCYS_AGENT, at: new Date() });
  expect(foreign.agent).toBeNull();
});
