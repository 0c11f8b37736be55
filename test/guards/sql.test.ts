import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getMetadataArgsStorage } from 'typeorm';
import ts from 'typescript';
import { entities } from '../../src/entities';

const source = join(__dirname, '../../src');

/** Tables that have no row class, with their columns. */
const OTHER_TABLES: Readonly<Record<string, readonly string[]>> = {
  migration_lock: ['id', 'holder', 'expires_at'],
  migrations: ['id', 'timestamp', 'name'],
};
// What databases and drivers themselves give a name to, and the types of columns.
const NOT_OURS =
  /^(wsrep_\w+|eq_range_index_dive_limit|character_set_database|Variable_name|rows|wal_checkpoint|synchronous)$/;

const isSql = (text: string) =>
  /\b(SELECT|INSERT INTO|UPDATE|DELETE FROM|WHERE|ORDER BY|GROUP BY|AND|OR) [\w(?+*]/.test(text);

/** Every text of a file that is SQL or a part of it; what is put into a template is left out. */
function sqlOf(text: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text);
    if (ts.isTemplateExpression(node)) {
      found.push(
        [node.head, ...node.templateSpans.map(({ literal }) => literal)].map((part) => part.text).join(' ? '),
      );
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('', text, ts.ScriptTarget.ES2022, true));
  return found.filter(isSql);
}

const withoutValues = (sql: string) => sql.replace(/'[^']*'|:(\.\.\.)?\w+|@@?\w+/g, ' ');

/** The names that statements give to what they select. */
function givenNames(statements: readonly string[]): Set<string> {
  const patterns = [/\bAS (\w+)/g, /\) (\w+)/g, /\b(?:FROM|JOIN|UPDATE) +[\w?]+ +(\w+)/g];
  const text = statements.map(withoutValues).join('\n');
  return new Set(patterns.flatMap((pattern) => [...text.matchAll(pattern)].map(([, name = '']) => name)));
}

/** The names in a statement that must be columns, tables or indexes, and are not. */
function unknownNames(sql: string, known: ReadonlySet<string>, given: ReadonlySet<string>): string[] {
  // A name before a bracket is that of a function.
  const names = [...withoutValues(sql).matchAll(/(?<![\w.])(?:\w+\.)?([A-Za-z_]\w*)\b(?!\()/g)].map(
    ([, name = '']) => name,
  );
  return names.filter(
    (name) => !/^[A-Z_]+$/.test(name) && !known.has(name) && !given.has(name) && !NOT_OURS.test(name),
  );
}

const storage = getMetadataArgsStorage();
const tables = storage.tables
  .filter(({ target }) => (entities as unknown[]).includes(target))
  .map(({ name }) => String(name));
const columns = storage.columns.map(({ propertyName, options }) => options.name ?? propertyName);
const indexes = storage.indices.map(({ name }) => String(name));
const known = new Set([
  ...tables,
  ...columns,
  ...indexes,
  ...Object.keys(OTHER_TABLES),
  ...Object.values(OTHER_TABLES).flat(),
]);

const files = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.ts'),
);

describe('the SQL of the code', () => {
  test('names only columns, tables and indexes that exist', () => {
    let seen = 0;
    const unknown = files.flatMap((file) => {
      const statements = sqlOf(readFileSync(join(source, file), 'utf8'));
      seen += statements.length;
      const given = givenNames(statements);
      return statements.flatMap((sql) =>
        unknownNames(sql, known, given).map((name) => `${file}: ${name} in ${sql}`),
      );
    });
    expect(unknown).toEqual([]);
    expect(seen).toBeGreaterThan(20);
  });

  test('with a misspelt column is found', () => {
    expect(unknownNames('SELECT id, agncyId FROM clients WHERE name = ?', known, new Set())).toEqual([
      'agncyId',
    ]);
    expect(unknownNames('event.actrId = :actorId', known, new Set())).toEqual(['actrId']);
  });
});
