import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ERROR_STATUS, type ErrorCode } from '../../src/graphql/errors';
import { USER_ERRORS } from '../../src/graphql/user-error';
import { SETTING_NAMES } from '../../src/settings';
import { blocksOf } from '../blocks';

const textOf = (file: string) => readFileSync(join(__dirname, '../..', file), 'utf8');

describe('the documents', () => {
  test('name no command that is not run by test/e2e/readme.test.ts or by .ci/run', () => {
    const blocks = [...blocksOf('docs/architecture.md', 'The tests'), ...blocksOf('docs/performance.md')];
    const commands = blocks.flatMap(({ commands }) => commands.trim().split(/(?: +#.*)?\n| && /));
    expect(commands.length).toBeGreaterThan(3);
    for (const command of ['npm ci', ...commands]) expect(textOf('.ci/run')).toContain(command);
  });

  test('explain every code of `userErrors`', () => {
    for (const [code, message] of Object.entries(USER_ERRORS))
      expect(textOf('docs/errors.md')).toContain(`| \`${code}\` | ${message} |`);
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
    for (const name of SETTING_NAMES) expect(textOf('docs/operations.md')).toContain(`\`${name}\``);
  });
});
