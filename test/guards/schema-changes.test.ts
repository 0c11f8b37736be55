import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { buildSchema, findBreakingChanges } from 'graphql';

const root = join(__dirname, '../..');
const FILE = 'schema/schema.graphql';
const git = (...args: string[]) => execFileSync('git', args, { cwd: root, encoding: 'utf8' });

/**
 * The newest committed schema that differs from the one in the working tree; null in a clone that has no
 * other.
 */
function earlierSchema(current: string): string | null {
  const commits = git('log', '-n', '2', '--format=%H', '--', FILE)
    .split('\n')
    .filter((commit) => commit !== '');
  return commits.map((commit) => git('show', `${commit}:${FILE}`)).find((text) => text !== current) ?? null;
}

function undocumented(earlier: string, current: string, changes: string): string[] {
  const breaking = findBreakingChanges(buildSchema(earlier), buildSchema(current));
  return breaking
    .map(({ description }) => description)
    .filter((description) => !changes.includes(description));
}

describe('breaking changes of the schema', () => {
  const current = readFileSync(join(root, FILE), 'utf8');

  test('since its last commit stand in schema/changes.md, in the words of graphql-js', () => {
    const changes = readFileSync(join(root, 'schema/changes.md'), 'utf8');
    expect(undocumented(earlierSchema(current) ?? current, current, changes)).toEqual([]);
  });

  test('are found where no line tells of them', () => {
    const [earlier, later] = ['type Query { name: String! old: String }', 'type Query { name: String }'];
    expect(undocumented(earlier, later, 'Query.old was removed.')).toEqual([
      'Query.name changed type from String! to String.',
    ]);
  });
});
