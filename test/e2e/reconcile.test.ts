import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { BRIGHTLINE } from '../demo-ids';
import { startTestApp } from '../harness';
import { Process } from './process';

const TO = '+14155550123';

test('an operator is told of each call that differs, by lines for people or for programs, and not whom it was with', async () => {
  const running = await startTestApp();
  const { accounts, agents, calls } = running.sandbox.retell;
  const { fromNumber } = accounts.client;
  const request = { override_agent_id: agents.client[0]?.id, to_number: TO, from_number: fromNumber };
  const call = calls.add(accounts.client, randomUUID(), request);
  call.answer();
  call.end(60_000);
  const command = async (...args: string[]) => {
    const env = { ...running.env, LOG_LEVEL: 'info' };
    const process = new Process('src/cli.js', tmpdir(), env, ['reconcile', ...args]);
    return { status: await process.ended(), output: process.output };
  };
  const first = await command('--agency', BRIGHTLINE, '--provider', 'retell');
  expect(first.status).toBe(1);
  expect(first.output).toContain(call.id);
  expect(first.output).toContain('had not heard of');
  expect(first.output).toMatch(/RETELL, the account of client \S+: 1 calls, 1 differ$/m);
  expect(first.output).not.toContain(TO);
  const second = await command('--json');
  expect(second.status).toBe(0);
  for (const line of second.output
    .trim()
    .split('\n')
    .filter((each) => each.startsWith('{')))
    expect(JSON.parse(line)).toMatchObject({ kind: 'ACCOUNT', obstacle: null, differences: 0 });
  await running.close();
});
