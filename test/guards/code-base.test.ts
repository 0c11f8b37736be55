import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';

const root = join(__dirname, '../..');
const source = join(root, 'src');

const SHELF = [
  'platform',
  'vault',
  'providers',
  'access',
  'audit',
  'agencies',
  'clients',
  'people',
  'agents',
  'keys',
  'calls',
  'portal',
  'api',
];

interface SourceFile {
  readonly name: string;
  readonly text: string;
  /** Files of `src` that it imports, by their path below it. */
  readonly imports: readonly string[];
}

const files: SourceFile[] = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => {
    const text = readFileSync(join(source, name), 'utf8');
    const specifiers = [...text.matchAll(/from '(\.[^']*)'/g)].map((match) => match[1] ?? '');
    const imports = specifiers.map((specifier) =>
      relative(source, resolve(dirname(join(source, name)), specifier))
        .split(sep)
        .join('/'),
    );
    return { name: name.split(sep).join('/'), text, imports };
  });

const folderOf = (name: string) => (name.includes('/') ? (name.split('/')[0] ?? '') : '');

describe('the code base', () => {
  test('has folders that import only what stands before them on the shelf', () => {
    const violations = files.flatMap(({ name, imports }) => {
      const place = SHELF.indexOf(folderOf(name));
      if (place < 0) return [];
      // A row class may name any row class: foreign keys go both ways.
      const allowed = (imported: string) =>
        imported.endsWith('.entity') || SHELF.indexOf(folderOf(`${imported}/`)) <= place;
      const known = (imported: string) => SHELF.includes(folderOf(`${imported}/`));
      return imports
        .filter((imported) => !known(imported) || !allowed(imported))
        .map((imported) => `${name} -> ${imported}`);
    });
    expect(violations).toEqual([]);
  });

  test('reveals keys in the vault only', () => {
    const revealing = files
      .filter(({ text }) => text.includes('ApiKeyText.reveal'))
      .map(({ name }) => folderOf(name));
    expect(new Set(revealing)).toEqual(new Set(['vault']));
  });

  test('has nothing of the demo in what a production start loads', () => {
    const loaded = new Set<string>();
    const load = (name: string) => {
      if (loaded.has(name)) return;
      loaded.add(name);
      const file = files.find((each) => each.name === `${name}.ts` || each.name === `${name}/index.ts`);
      for (const imported of file?.imports ?? []) load(imported);
    };
    load('main');
    expect(loaded).toContain('app');
    expect([...loaded].filter((name) => name.startsWith('demo'))).toEqual([]);
  });

  test('declares mutations only with what they record in the audit trail', () => {
    const bare = files.filter(
      ({ name, text }) =>
        name !== 'audit/audited-mutation.ts' && /@Mutation\(|\bMutation\b.*from 'type-graphql'/.test(text),
    );
    expect(bare.map(({ name }) => name)).toEqual([]);
  });

  test('keeps the fallback chain pure: it imports nothing', () => {
    expect(files.find(({ name }) => name === 'keys/chain.ts')?.imports).toEqual([]);
  });

  test('names no place outside of the repository', () => {
    const tracked = [
      ...files.map(({ text }) => text),
      readFileSync(join(root, 'README.md'), 'utf8'),
      readFileSync(join(root, 'package.json'), 'utf8'),
    ];
    expect(tracked.filter((text) => /\.\.\/shared|\/work\//.test(text))).toEqual([]);
  });
});
