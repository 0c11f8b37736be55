import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_STATUS, type ErrorCode } from '../../src/graphql/errors';
import { USER_ERRORS } from '../../src/graphql/user-error';
import { SETTING_NAMES } from '../../src/settings';
import { blocksOf } from '../blocks';

const textOf = (file: string) => readFileSync(join(__dirname, '../..', file), 'utf8');
/** Not the file itself, of which a failure would print every line. */
const missingIn = (file: string, texts: readonly string[]) =>
  texts.filter((text) => !textOf(file).includes(text));

describe('the documents', () => {
  test('name no command that is not run by test/e2e/readme.test.ts or by .ci/run', () => {
    const blocks = [...blocksOf('docs/architecture.md', 'The tests'), ...blocksOf('docs/performance.md')];
    const commands = blocks.flatMap(({ commands }) => commands.trim().split(/(?: +#.*)?\n| && /));
    expect(commands.length).toBeGreaterThan(3);
    expect(missingIn('.ci/run', ['npm ci', ...commands])).toEqual([]);
  });

  test('explain every code of `userErrors`', () => {
    const rows = Object.entries(USER_ERRORS).map(([code, message]) => `| \`${code}\` | ${message} |`);
    expect(missingIn('docs/errors.md', rows)).toEqual([]);
  });

  test('explain every code of top-level errors, with its HTTP status', () => {
    const [, table = ''] = textOf('docs/errors.md').split('## Everything else');
    const rows = table.split('\n').filter((line) => line.startsWith('| `'));
    const statuses = rows.flatMap((row) => {
      const [codes = '', status = ''] = row.split(' | ');
      return (codes.match(/[A-Z_]+/g) ?? []).map((each) => [each, status] as const);
    });
    expect(statuses.map(([code]) => code).sort()).toEqual(Object.keys(ERROR_STATUS).sort());
    for (const [code, status] of statuses) expect(status).toContain(String(ERROR_STATUS[code as ErrorCode]));
  });

  test('explain every setting', () => {
    const names = SETTING_NAMES.map((name) => `\`${name}\``);
    expect(missingIn('docs/operations.md', names)).toEqual([]);
  });
});
