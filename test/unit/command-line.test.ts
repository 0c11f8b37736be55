import { readCommandLine, WrongUsage } from '../../src/command-line';

describe('the command line', () => {
  test('gives the words and the options of a command', () => {
    expect(readCommandLine(['master-key', 'one', '--aws-kms', 'alias/key'])).toEqual({
      command: 'master-key',
      words: ['one'],
      options: { 'aws-kms': 'alias/key' },
    });
    expect(readCommandLine(['reconcile', '--agency=An id']).options).toEqual({ agency: 'An id' });
  });

  test.each([[['--help']], [['-h']], [['add-person', '--help']]])('asks for help by %j', (args) => {
    expect(readCommandLine(args).command).toBe('help');
  });

  test.each<[string[], string]>([
    [[], 'A command is missing.'],
    [['toString'], 'There is no such command.'],
    [['add-person', '--agancy', 'x'], "Unknown option '--agancy'."],
    [['create-agency', '--role', 'AGENCY_ADMIN'], "Unknown option '--role'."],
    [['add-person', '--name'], "Option '--name <value>' argument missing."],
    [['add-person', '--name', '--role', 'AGENCY_ADMIN'], "Option '--name' argument is ambiguous."],
    [['add-person', '--name', 'Ada', '--name', 'Bob'], '--name is given twice.'],
    [['add-person', '--name', 'Ada', '--agency', 'x', '--subject', 'ada'], '--role is missing.'],
    [['create-agency', '--agency', 'Acme', '--name', 'Ada'], '--subject is missing.'],
    [['keys-rotate', 'now'], 'There are too many words.'],
    [['audit-verify', 'earlier.txt'], 'There are too many words.'],
    [['master-key'], 'NAME is missing.'],
    [['master-key', 'one', 'two'], 'There are too many words.'],
    [['master-key', 'one', '--other-kms', 'key'], "Unknown option '--other-kms'."],
    [['master-key', 'one', '--aws-kms'], "Option '--aws-kms <value>' argument missing."],
  ])('refuses %j, and says why', (args, reason) => {
    expect(() => readCommandLine(args)).toThrow(new WrongUsage(reason));
  });
});
