import type { AuditEventType } from '../../src/audit/audit-event';
import type { Audited } from '../../src/audit/audited-mutation';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { startTestApp, type TestApp } from '../harness';
import { mutationCases, mutations, runMutation } from '../mutations';

const declared = (name: string) => mutations[name]?.extensions.audit as Audited;

let running: TestApp;
beforeEach(async () => (running = await startTestApp()));
afterEach(() => running.close());

/** By mutation, the events that its cases recorded. */
const recorded = new Map<string, Set<AuditEventType>>();

describe('a mutation records what it declares, and nothing else', () => {
  test.each(mutationCases(() => running).map((each) => [each.name, each.what, each] as const))(
    '%s: %s',
    async (name, _what, { input, refused }) => {
      const given = await input();
      const { read } = running.app.database;
      const before = new Set((await read.find(AuditEventRow)).map(({ id }) => id));
      expect((await runMutation(running, name, given)).userErrors).toHaveLength(refused ? 1 : 0);
      const added = (await read.find(AuditEventRow))
        .filter(({ id }) => !before.has(id))
        .map(({ type }) => type);
      recorded.set(name, new Set([...(recorded.get(name) ?? []), ...added]));
      expect(added).not.toEqual([]);
      expect(added.filter((type) => !declared(name).includes(type))).toEqual([]);
    },
  );

  test('every mutation of the schema has a case in test/mutations.ts, and every event that one declares occurs', () => {
    const sorted = (types: Iterable<AuditEventType>) => [...types].sort();
    const found = Object.keys(mutations).map((name) => [name, sorted(recorded.get(name) ?? [])]);
    expect(Object.fromEntries(found)).toEqual(
      Object.fromEntries(Object.keys(mutations).map((name) => [name, sorted(declared(name))])),
    );
  });
});
