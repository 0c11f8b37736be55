/** @jest-environment node */
import { parseStoreAddress, RateLimitStore } from '../../src/http/rate-limit-store';
import { createLog } from '../../src/platform/log';

jest.mock('@redis/client', () => {
  throw new Error("Cannot find module '@redis/client'");
});

test('a store of the rate limits stops the start where its package is not installed, and says what to do', async () => {
  const opened = RateLimitStore.open(
    parseStoreAddress('redis://:hunter2@redis.internal'),
    createLog('silent'),
  );
  await expect(opened).rejects.toThrow(
    'RATE_LIMIT_STORE: the package @redis/client is not there (npm install @redis/client)',
  );
});
