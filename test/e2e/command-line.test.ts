import { tmpdir } from 'node:os';
import { Process } from './process';

async function run(...args: string[]) {
  const command = new Process('src/cli.js', tmpdir(), {}, args);
  return { status: await command.ended(), lines: command.output.split('\n') };
}

test('the command line prints the usage when it is asked, and with a reason and the status 2 when it is not understood', async () => {
  const [help, ...refused] = await Promise.all([
    run('--help'),
    run('add-person', '--agancy', 'x'),
    run('master-key', 'One'),
    run('master-key', 'one', '--aws-kms', 'key', '--vault-transit', 'transit/key'),
  ]);
  expect([help.status, help.lines[0]]).toEqual([0, 'Usage:']);
  expect(refused.map(({ status, lines }) => [status, ...lines.slice(0, 3)])).toEqual([
    [2, "Unknown option '--agancy'.", '', 'Usage:'],
    [2, 'NAME must be up to 64 small letters, digits, `-` and `_`.', '', 'Usage:'],
    [2, 'Only one service can wrap a key.', '', 'Usage:'],
  ]);
});
