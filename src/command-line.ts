import { parseArgs } from 'node:util';
import { COMMANDS, FLAGS, type Command } from './commands';

/** The command line cannot be used as it stands. The message says why; the usage is printed below it. */
export class WrongUsage extends Error {}

export interface CommandLine {
  readonly command: keyof typeof COMMANDS | 'help';
  readonly words: readonly string[];
  readonly options: Readonly<Record<string, string | undefined>>;
}

/** Throws `WrongUsage`. */
export function readCommandLine([command = '', ...rest]: readonly string[]): CommandLine {
  if ([command, ...rest].some((word) => word === '--help' || word === '-h'))
    return { command: 'help', words: [], options: {} };
  if (command === '') throw new WrongUsage('A command is missing.');
  if (!isCommand(command)) throw new WrongUsage('There is no such command.');
  const { words, options, required = [] }: Command = COMMANDS[command];
  const { tokens, positionals, values } = parse(options, rest);
  const given = tokens.flatMap((token) => (token.kind === 'option' ? [token.name] : []));
  const twice = given.find((name, index) => given.indexOf(name) < index);
  if (twice !== undefined) throw new WrongUsage(`--${twice} is given twice.`);
  const missing = words[positionals.length];
  if (missing !== undefined) throw new WrongUsage(`${missing} is missing.`);
  const absent = required.find((name) => !given.includes(name));
  if (absent !== undefined) throw new WrongUsage(`--${absent} is missing.`);
  if (positionals.length > words.length) throw new WrongUsage('There are too many words.');
  return { command, words: positionals, options: textsOf(values) };
}

function textsOf(values: Readonly<Record<string, unknown>>): CommandLine['options'] {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
}

function isCommand(name: string): name is keyof typeof COMMANDS {
  return Object.hasOwn(COMMANDS, name);
}

function parse(names: readonly string[], args: string[]) {
  const options = Object.fromEntries(
    names.map((name) => [name, { type: FLAGS.has(name) ? ('boolean' as const) : ('string' as const) }]),
  );
  try {
    return parseArgs({ args, options, allowPositionals: true, tokens: true });
  } catch (error) {
    // The further sentences are advice on words that begin with a dash.
    const [fault = ''] = (error as Error).message.split(/\.\s/);
    throw new WrongUsage(`${fault}.`);
  }
}
