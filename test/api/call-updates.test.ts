import { HARBOR_RETELL_AGENT } from '../demo-ids';
import { startTestApp, type TestApp } from '../harness';
import { START_CALL } from '../operations';

interface Seen {
  readonly id: string;
  readonly updatedAt: string;
}

let running: TestApp;
beforeAll(async () => (running = await startTestApp()));
afterAll(() => running.close());

const callsSince = async (updatedSince: string | null) =>
  (
    await running.data<{ calls: { totalCount: number; nodes: Seen[] } }>(
      'query ($updatedSince: DateTime) { calls(updatedSince: $updatedSince) { totalCount nodes { id updatedAt } } }',
      { updatedSince },
    )
  ).calls;

async function call(): Promise<Seen> {
  const input = { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123' };
  const { startTestCall } = await running.data<{ startTestCall: { call: { id: string } } }>(START_CALL, {
    input,
  });
  const { nodes } = await callsSince(null);
  const seen = nodes.find(({ id }) => id === startTestCall.call.id);
  if (!seen) throw new Error('The call is not listed');
  return seen;
}

describe('calls(updatedSince:)', () => {
  test('answers the calls that changed at that time or later, and no other', async () => {
    const first = await call();
    const between = new Date(Date.parse(first.updatedAt) + 1).toISOString();
    await new Promise<void>((resolve) => {
      const wait = () => (new Date().toISOString() > between ? resolve() : void setImmediate(wait));
      wait();
    });
    const second = await call();
    expect((await callsSince(between)).nodes).toEqual([second]);
    expect((await callsSince(first.updatedAt)).nodes.map(({ id }) => id)).toEqual(
      expect.arrayContaining([first.id, second.id]),
    );
    expect(await callsSince(new Date(Date.parse(second.updatedAt) + 1).toISOString())).toEqual({
      totalCount: 0,
      nodes: [],
    });
  });

  test.each([
    ['updatedSince', 'calls(updatedSince: "0001-01-01T00:00:00Z")'],
    ['filter.since', 'auditEvents(filter: { since: "9999-12-31T23:59:59-23:59" })'],
    ['filter.until', 'auditEvents(filter: { until: "0001-01-01T00:00:00Z" })'],
    ['filter.since', 'auditEvents(filter: { since: "2026-02-01T00:00:00Z", until: "2026-01-31T00:00:00Z" })'],
  ])(
    'refuses a time that no database keeps as it is, or that is after the end: %s of %s',
    async (argument, list) => {
      const { errors } = await running.ask('agencyAdmin', `{ ${list} { totalCount } }`);
      expect(errors.map(({ extensions }) => [extensions.code, extensions.argument])).toEqual([
        ['BAD_USER_INPUT', argument],
      ]);
    },
  );
});
