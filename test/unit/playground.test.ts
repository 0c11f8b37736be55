/** @jest-environment node */
import Fastify from 'fastify';
import { playground } from '../../src/http/pages/playground';
import { ConfigError } from '../../src/platform/config-error';

test('the playground says which package is missing where it is switched on without it', async () => {
  jest.doMock('altair-static', () => {
    throw new Error("Cannot find module 'altair-static'");
  });
  const starting = Promise.resolve(playground({})(Fastify()));
  await expect(starting).rejects.toThrow(ConfigError);
  await expect(starting).rejects.toThrow(/PLAYGROUND .* altair-static .*npm install altair-static/);
});
