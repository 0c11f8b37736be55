import fastify from 'fastify';
import { QueryFailedError } from 'typeorm';
import { DatabaseUnavailable } from '../../src/database/database-errors';
import { health } from '../../src/http/health';

const unreachable = new DatabaseUnavailable('The database cannot be reached (ECONNREFUSED)');

test.each([
  ['a database that cannot be reached', unreachable, unreachable.message],
  ['a statement that failed for it', new QueryFailedError('SELECT 1', [], unreachable), unreachable.message],
  [
    'anything else, by its code alone',
    new QueryFailedError('', [], Object.assign(new Error('user at host'), { code: 'ER_X' })),
    'The database does not answer as it should (ER_X)',
  ],
])('an instance that is not ready says why: %s', async (_what, error, reason) => {
  const server = fastify();
  await server.register(async (app) => {
    await health({ isReady: () => Promise.reject(error), issuerProblem: () => null })(app);
  });
  const { statusCode, json } = await server.inject('/readyz');
  expect([statusCode, json()]).toEqual([503, { status: 'not ready', database: reason }]);
  await server.close();
});
