import { openDatabase } from '../../src/database/database';
import { endOnSignals } from '../../src/platform/process';
import { createTestDatabase } from '../database';

test('a process that is told to end while it migrates does so after the migration that runs, and keeps no other waiting', async () => {
  const exit = jest.spyOn(process, 'exit').mockImplementation(() => undefined as never);
  const ran: string[] = [];
  const migration = (name: string) =>
    class {
      name = name;
      up = async () => {
        if (ran.push(name) === 1) process.emit('SIGTERM');
        await new Promise(setImmediate);
        ran.push(exit.mock.calls.length === 0 ? 'goes on' : 'has ended');
      };
      down = () => Promise.resolve();
    };
  endOnSignals();
  const two = [migration('First1700000000000'), migration('Second1700000000001')];
  const database = await createTestDatabase();
  const instance = await openDatabase(database.url, { entities: [], migrations: two });
  const { read } = instance;
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.removeAllListeners(signal);
  expect([ran, exit.mock.calls]).toEqual([['First1700000000000', 'goes on'], [[0]]]);
  expect(await read.rows('SELECT name FROM migrations')).toEqual([{ name: 'First1700000000000' }]);
  expect(await read.rows('SELECT * FROM migration_lock')).toEqual([]);
  await instance.close();
  await database.drop();
});
