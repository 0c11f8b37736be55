import { AbstractLogger, In } from 'typeorm';
import { AlertRow } from '../../src/alerts/alert.entity';
import { AgencyRow } from '../../src/agencies/agency.entity';
import { ChangedOwnerRow, noteChange } from '../../src/agencies/changed-owner';
import { AgentRow } from '../../src/agents/agent.entity';
import { CallRow } from '../../src/calls/call.entity';
import { accountOf } from '../../src/calls/provider-call';
import { noteUnheardEnd, UnheardEndRow } from '../../src/calls/unheard-end';
import { ClientRow } from '../../src/clients/client.entity';
import { AbsentAgentRow } from '../../src/keys/absent-agent.entity';
import { ApiKeyRow } from '../../src/keys/api-key.entity';
import { newId } from '../../src/platform/ids';
import { PROVIDERS, type Provider } from '../../src/providers';
import { secretEndOf } from '../../src/vault/cipher';
import { NORTHWIND } from '../../src/demo/ids';
import { BRIGHTLINE, CEDAR, HARBOR, MAPLE } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import {
  ARCHIVE,
  CLEAR_AGENCY,
  CLEAR_CLIENT,
  CREATE_AGENT,
  ENDPOINTS,
  RESTORE,
  SET_AGENCY,
  SET_CLIENT,
  START_CALL,
  VERIFY_AGENCY,
  VERIFY_CLIENT,
} from '../operations';

const MINUTE = 60 * 1000;

let running: TestApp;
beforeEach(async () => {
  running = await startTestApp();
});
afterEach(() => running.close());

const work = (now = new Date()) => running.app.upkeep.alertWorker.work(now);
const check = (now = new Date()) => running.app.upkeep.keyChecker.checkDue(now);
const set = (clientId: string, provider: Provider, apiKey: string) =>
  running.data(SET_CLIENT, { input: { clientId, keys: [{ provider, apiKey }] } });
const clear = (clientId: string, provider: Provider) =>
  running.data(CLEAR_CLIENT, { input: { clientId, providers: [provider] } });
const verify = (clientId: string, provider: Provider) =>
  running.data(VERIFY_CLIENT, { input: { clientId, providers: [provider] } });
const keys = () => running.sandbox.bland.keys;

describe('whatever happens', () => {
  /** The alerts that have to be open, as one reads them from all rows there are, one by one. */
  async function oracle(now: Date): Promise<string[]> {
    const { read } = running.app.database;
    const [rows, agents, clients, absent, ends, received] = [
      await read.find(ApiKeyRow),
      await read.find(AgentRow),
      await read.find(ClientRow),
      await read.find(AbsentAgentRow),
      await read.find(UnheardEndRow),
      await read.rows<{ ownerId: string; provider: string; receivedAt: string | Date }>(
        'SELECT ownerId, provider, receivedAt FROM provider_events',
      ),
    ];
    const placed = rows.filter(({ isSet }) => isSet);
    const active = clients.filter(({ archivedAt }) => archivedAt === null);
    const owners = [
      ...active.map(({ id, agencyId }) => ({ id, agencyId })),
      ...[...new Set(clients.map(({ agencyId }) => agencyId))].map((id) => ({ id, agencyId: id })),
    ];
    const keyOf = (ownerId: string, provider: string) =>
      placed.find((key) => key.ownerId === ownerId && key.provider === provider);
    const payerOf = ({ clientId, agencyId, provider }: AgentRow) =>
      (clientId !== null && keyOf(clientId, provider)) || keyOf(agencyId, provider);
    const reachable = agents.filter(
      ({ clientId }) => clientId === null || active.some(({ id }) => id === clientId),
    );
    return owners
      .flatMap(({ id, agencyId }) =>
        PROVIDERS.flatMap((provider) => {
          const key = keyOf(id, provider);
          const users = key ? reachable.filter((agent) => payerOf(agent) === key) : [];
          const left = reachable.filter(
            (agent) => (agent.clientId ?? agencyId) === id && agent.agencyId === agencyId,
          );
          const lost = left.filter((agent) => agent.provider === provider && !payerOf(agent));
          const missing = users.filter((agent) =>
            absent.some(
              (row) =>
                row.agentId === agent.id &&
                row.ownerId === id &&
                row.provider === provider &&
                row.keyVersion === key?.version &&
                row.providerAgentId === agent.providerAgentId,
            ),
          );
          const isSilent = ends.some(
            (row) =>
              row.ownerId === id &&
              row.provider === provider &&
              row.keyVersion === key?.version &&
              now.getTime() - row.learntAt.getTime() >= 10 * MINUTE &&
              !received.some(
                (event) =>
                  event.ownerId === id &&
                  event.provider === provider &&
                  new Date(
                    event.receivedAt instanceof Date
                      ? event.receivedAt
                      : `${event.receivedAt.replace(' ', 'T')}Z`,
                  ) >= row.callAt,
              ),
          );
          const found: [boolean, string, number][] = [
            [key?.status === 'INVALID', 'KEY_INVALID', users.length],
            [key?.status === 'INSUFFICIENT_PERMISSIONS', 'KEY_INSUFFICIENT_PERMISSIONS', users.length],
            [key?.status === 'OUT_OF_FUNDS', 'KEY_OUT_OF_FUNDS', users.length],
            [
              key?.status === 'RATE_LIMITED' || key?.errorCode === 'RATE_LIMITED',
              'KEY_RATE_LIMITED',
              users.length,
            ],
            [isSilent, 'WEBHOOK_SILENT', users.length],
            [missing.length > 0, 'AGENTS_MISSING_IN_ACCOUNT', missing.length],
            [lost.length > 0, 'AGENTS_WITHOUT_KEY', lost.length],
          ];
          return found.flatMap(([isThere, kind, count]) =>
            isThere ? [`${id} ${kind} ${provider} ${count}`] : [],
          );
        }),
      )
      .sort();
  }

  const open = async () =>
    (await running.app.database.read.findBy(AlertRow, { isOpen: true }))
      .map((row) => `${row.ownerId} ${row.kind} ${row.provider} ${row.affectedAgentCount}`)
      .sort();

  // The same numbers in each run, so that a failure can be looked into.
  function numbers(seed: number): (below: number) => number {
    let state = seed;
    return (below) => {
      state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
      return Math.floor((state / 2_147_483_648) * below);
    };
  }

  test.each([1, 2, 3])('exactly the alerts are open that the facts ask for (seed %i)', async (seed) => {
    const next = numbers(seed);
    const pick = <T>(list: readonly T[]): T => list[next(list.length)] as T;
    const clients = [HARBOR, MAPLE, CEDAR];
    const names = ['retell', 'vapi', 'bland'] as const;
    const providerOf = (name: (typeof names)[number]) => name.toUpperCase() as Provider;
    const agent = async () =>
      pick(
        await running.app.database.read.find(AgentRow, {
          where: { agencyId: BRIGHTLINE },
          order: { id: 'ASC' },
        }),
      );
    const someKey = (name: (typeof names)[number]) =>
      pick(Object.values(running.sandbox[name].keys) as string[]);
    let now = Date.now();
    const steps: readonly (() => Promise<unknown>)[] = [
      async () => {
        const name = pick(names);
        await set(pick(clients), providerOf(name), someKey(name));
      },
      async () => clear(pick(clients), providerOf(pick(names))),
      async () => {
        const name = pick(names);
        await running.data(SET_AGENCY, {
          input: { keys: [{ provider: providerOf(name), apiKey: someKey(name) }] },
        });
      },
      async () => running.data(CLEAR_AGENCY, { input: { providers: [providerOf(pick(names))] } }),
      async () => running.data(VERIFY_CLIENT, { input: { clientId: pick(clients) } }),
      async () => running.data(VERIFY_AGENCY, { input: {} }),
      async () =>
        running.ask('agencyAdmin', pick([ARCHIVE, RESTORE]), { input: { clientId: pick(clients) } }),
      async () => {
        const { id } = await agent();
        await running.ask(
          'agencyAdmin',
          'mutation ($input: AssignAgentInput!) { assignAgent(input: $input) { userErrors { code } } }',
          { input: { agentId: id, clientId: pick([...clients, null]) } },
        );
      },
      async () => {
        const name = pick(names);
        const input = {
          name: 'New',
          provider: providerOf(name),
          providerAgentId: newId(),
          clientId: pick([...clients, null]),
        };
        await running.ask('agencyAdmin', CREATE_AGENT, { input });
      },
      async () => {
        const { id } = await agent();
        await running.ask('agencyAdmin', START_CALL, { input: { agentId: id, toNumber: '+14155550123' } });
        now += MINUTE;
        await check(new Date(now));
      },
      async () => {
        // What a worker does that learns of an end by asking.
        const calls = (await running.app.database.read.find(CallRow, { order: { id: 'ASC' } })).filter(
          accountOf,
        );
        if (calls.length === 0) return;
        const call = pick(calls);
        await running.app.database.write((tx) => noteUnheardEnd(tx, call, accountOf(call) ?? ''));
        now += 10 * MINUTE;
      },
      async () => {
        const [owner, provider] = [pick(clients), providerOf(pick(names))];
        const { webhookEndpoints } = await running.data<{
          webhookEndpoints: { provider: string; url: string }[];
        }>(ENDPOINTS, { clientId: owner });
        const { pathname } = new URL(webhookEndpoints.find((each) => each.provider === provider)?.url ?? '');
        const body = JSON.stringify({
          event: 'x',
          call: {},
          message: { type: 'x' },
          call_id: newId(),
          n: newId(),
        });
        await fetch(`${running.url}${pathname}`, { method: 'POST', body });
        await running.app.upkeep.eventWorker.work();
      },
    ];
    for (let step = 0; step < 60; step++) {
      await pick(steps)();
      // What keys were set and cleared is noted when the events that tell of it are chained.
      await running.chained();
      now = Math.max(now, Date.now());
      const at = new Date(now);
      await work(at);
      expect([step, await open()]).toEqual([step, await oracle(at)]);
    }
    expect(await running.app.database.read.countBy(AlertRow, { isOpen: false })).toBeGreaterThan(2);
  });
});

/** Counts the statements of some work. */
async function statementsOf(doWork: () => Promise<unknown>): Promise<number> {
  let count = 0;
  const spy = jest.spyOn(AbstractLogger.prototype, 'logQuery').mockImplementation(() => void (count += 1));
  await doWork();
  spy.mockRestore();
  return count;
}

/** Notes a change of the agency itself, which is all that there is of these agencies. */
const noteEach = (agencyIds: readonly string[]) =>
  running.app.database.write(async (tx) => {
    for (const agencyId of agencyIds) await noteChange(tx, agencyId, null);
  });

test('changes of twenty agencies are looked at by as many statements as those of one', async () => {
  const { database } = running.app;
  await work();
  const model = await database.read.findOneByOrFail(AgencyRow, { id: BRIGHTLINE });
  const agencies = Array.from({ length: 21 }, () => ({ ...model, id: newId() }));
  await database.write((tx) => tx.insert(AgencyRow, agencies));
  const [one = '', ...others] = agencies.map(({ id }) => id);
  await noteEach([one]);
  const ofOne = await statementsOf(work);
  await noteEach(others);
  expect(await statementsOf(work)).toBe(ofOne);
  expect(await database.read.countBy(ChangedOwnerRow, {})).toBe(0);
});

test('an agency that cannot be looked at keeps no other from its turn, and has its own a minute later', async () => {
  const { database, audit } = running.app;
  await work();
  await database.write(async (tx) => {
    await tx.update(
      ApiKeyRow,
      { agencyId: In([BRIGHTLINE, NORTHWIND]), ownerType: 'AGENCY' },
      { mac: 'forged' },
    );
  });
  await noteEach([NORTHWIND, BRIGHTLINE]);
  const record = audit.record.bind(audit);
  const spy = jest.spyOn(audit, 'record').mockImplementation((tx, actor, event) => {
    if (actor.agencyId === NORTHWIND) throw new Error('The disk is full');
    return record(tx, actor, event);
  });
  const openIn = (agencyId: string) =>
    database.read.countBy(AlertRow, { agencyId, kind: 'KEY_UNREADABLE', isOpen: true });
  await work();
  expect(await openIn(BRIGHTLINE)).toBeGreaterThan(0);
  expect(await openIn(NORTHWIND)).toBe(0);
  expect(running.logs.join('')).toContain('The disk is full');
  spy.mockRestore();
  await work(new Date(Date.now() + MINUTE + 1000));
  expect(await openIn(NORTHWIND)).toBeGreaterThan(0);
});

test('what has to be looked at costs the same, however many keys and calls there are', async () => {
  const { database, vault } = running.app;
  const model = await database.read.findOneByOrFail(ApiKeyRow, { ownerId: HARBOR, provider: 'RETELL' });
  const secretEnd = secretEndOf(model.sealed ?? '');
  const withMac = (row: ApiKeyRow) => ({ ...row, mac: vault.placeMacs.of({ ...row, secretEnd }) });
  const harbor = await database.read.findOneByOrFail(ClientRow, { id: HARBOR });
  const oneChange = async () => {
    await set(HARBOR, 'BLAND', keys().revoked);
    await verify(HARBOR, 'BLAND');
    await running.chained();
    const opening = await statementsOf(work);
    await clear(HARBOR, 'BLAND');
    await running.chained();
    return [opening, await statementsOf(work)];
  };
  await work();
  const few = await oneChange();
  expect(Math.max(...few)).toBeLessThanOrEqual(20);
  await database.write(async (tx) => {
    for (let start = 0; start < 1000; start += 250) {
      const added = Array.from({ length: 250 }, () => ({ ...harbor, id: newId() }));
      await tx.insert(ClientRow, added);
      await tx.insert(
        ApiKeyRow,
        added.map(({ id: ownerId }) => withMac({ ...model, id: newId(), ownerId })),
      );
    }
  });
  expect(await oneChange()).toEqual(few);
  expect(await statementsOf(work)).toBe(1);
  // A change of the agency's key is one of all its clients, a hundred in each transaction.
  await running.data(CLEAR_AGENCY, { input: { providers: ['VAPI'] } });
  await running.chained();
  expect(await statementsOf(work)).toBeLessThan(11 * 20);
  expect(await database.read.countBy(ChangedOwnerRow, {})).toBe(0);
});
