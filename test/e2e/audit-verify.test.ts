import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrations } from '../../migrations';
import { AuditHeadRow } from '../../src/audit/audit-head.entity';
import { AuditEventRow } from '../../src/audit/audit.entity';
import { readConfig } from '../../src/config';
import { entities } from '../../src/entities';
import { openToRead } from '../../src/database/database';
import { openStore } from '../../src/store';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { createTestDatabase } from '../database';
import { startTestApp, type TestApp } from '../harness';
import { CREATE_CLIENT } from '../operations';
import { Process } from './process';

const BRIGHTLINE = '01900000-0000-7000-8000-000000000001';

// One of them starts the command line four times.
let folder: string;
let running: TestApp;
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'latchkey-audit-'));
  running = await startTestApp();
});
afterEach(async () => {
  await running.close();
  rmSync(folder, { recursive: true });
});

const environment = () => ({
  DATABASE_URL: running.databaseUrl,
  LATCHKEY_MASTER_KEY_FILE: running.keyRingFile,
  AUTH_ISSUER: running.issuer.issuer,
  AUTH_AUDIENCE: running.audience,
});

async function verify(
  args: string[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<{ status: number | null; output: string }> {
  const verification = new Process('src/cli.js', folder, { ...environment(), ...env }, [
    'audit-verify',
    ...args,
  ]);
  return { status: await verification.ended(), output: verification.output };
}

function kept(text: string): string {
  const file = join(folder, 'earlier.txt');
  writeFileSync(file, text);
  return file;
}

describe('npm run audit:verify', () => {
  test('prints where each chain ends, and finds with that printout that the end was cut off and an old one put back', async () => {
    const { read } = running.app.database;
    const head = await read.findOneByOrFail(AuditHeadRow, { id: BRIGHTLINE });
    await running.data(CREATE_CLIENT, { input: { name: 'To be forgotten' } });
    await running.chained();
    const { hash } = await read.findOneByOrFail(AuditEventRow, { agencyId: BRIGHTLINE, sequence: 7 });
    const before = await verify();
    expect(before.output.split('\n')[0]).toBe(
      `agency ${BRIGHTLINE}: 7 events, all as they were written; the last is 7 ${hash}`,
    );
    expect(await verify(['--since', kept(before.output)])).toEqual(before);
    await running.app.database.write(async (tx) => {
      await tx.delete(AuditEventRow, { agencyId: BRIGHTLINE, sequence: 7 });
      await tx.update(AuditHeadRow, { id: BRIGHTLINE }, head);
    });
    expect((await verify()).status).toBe(0);
    const { status, output } = await verify(['--since', kept(before.output)]);
    expect([status, output.split('\n')[1]]).toEqual([
      1,
      '  event 7, which stood in the earlier printout, is gone',
    ]);
  });

  test('refuses a printout that is none: it would prove nothing', async () => {
    for (const file of [kept('something else'), join(folder, 'nowhere')]) {
      expect(await verify(['--since', file])).toEqual({
        status: 1,
        output: expect.stringContaining('--since: ') as string,
      });
    }
  });

  test('writes nothing: every table stays as it is, also with a master key that the database has not seen', async () => {
    const everything = async () =>
      JSON.stringify(await Promise.all(entities.map((entity) => running.app.database.read.find(entity))));
    const before = await everything();
    writeFileSync(
      running.keyRingFile,
      readFileSync(running.keyRingFile, 'utf8') + KeyRing.generateLine('new'),
    );
    expect((await verify()).status).toBe(0);
    expect(await everything()).toBe(before);
  });

  test('names a key whose row is gone, and exits with 1', async () => {
    await running.app.database.write((tx) =>
      tx.run("DELETE FROM api_keys WHERE agencyId = ? AND provider = 'BLAND'", [BRIGHTLINE]),
    );
    const { status, output } = await verify();
    expect([status, output.split('\n')[1]]).toEqual([
      1,
      expect.stringMatching(/^ {2}the BLAND key of the agency is missing, which event \d set as version 1$/),
    ]);
  });

  test('says so of a database without an audit trail, and makes none', async () => {
    const empty = await createTestDatabase();
    // SQLite reads an empty file as an empty database.
    if (empty.url.startsWith('sqlite:')) writeFileSync(empty.url.slice('sqlite:'.length), '');
    expect(await verify([], { DATABASE_URL: empty.url })).toEqual({
      status: 1,
      output: 'There is no audit trail in this database\n',
    });
    expect(await openToRead(empty.url, { entities, migrations })).toBeNull();
    await empty.drop();
  });

  test('says so of a trail without one event', async () => {
    const empty = await createTestDatabase();
    await (await openStore(readConfig({ ...environment(), DATABASE_URL: empty.url }))).database.close();
    expect(await verify([], { DATABASE_URL: empty.url })).toEqual({
      status: 0,
      output: 'there is no agency, and not one event\n',
    });
    await empty.drop();
  });

  test('does not go on with another master key', async () => {
    writeFileSync(running.keyRingFile, KeyRing.generateLine('test'), { mode: 0o600 });
    expect(await verify()).toEqual({
      status: 1,
      output: "The key ring does not open the audit trail's key\n",
    });
  });
});
