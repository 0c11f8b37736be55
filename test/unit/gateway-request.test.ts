import { PassThrough } from 'node:stream';
import { bounded } from '../../src/gateway/request-body';

test('a file that stops before anybody reads it ends what was made of it, and not the process', async () => {
  const file = new PassThrough();
  const bound = bounded(file);
  const closed = new Promise((resolve) => bound?.once('close', resolve));
  const fault = new Error('aborted');
  file.destroy(fault);
  await closed;
  // Whoever comes to read it finds out.
  expect(bound?.errored).toBe(fault);
});
