import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { providers } from '../../src/providers';

const root = join(__dirname, '../..');
const source = join(root, 'src');

/** Folders, and then the files beside them: each may import only what stands before it. */
const SHELF = [
  ...[
    'platform',
    'graphql',
    'database',
    'access',
    'vault',
    'agencies',
    'providers',
    'audit',
    'clients',
    'people',
    'agents',
  ],
  ...[
    'outbox',
    'keys',
    'accounts',
    'intake',
    'billing',
    'calls',
    'analytics',
    'reconciliation',
    'events',
    'gateway',
    'deliveries',
    'alerts',
    'api',
    'http',
  ],
  ...[
    'entities.ts',
    'sealed-tables.ts',
    'misspelt-settings.ts',
    'open-secret-files.ts',
    'settings.ts',
    'config.ts',
    'store.ts',
    'stored-trail.ts',
    'services.ts',
    'upkeep.ts',
    'app.ts',
    'emit-schema.ts',
    'commands.ts',
    'command-line.ts',
    'cli.ts',
    'main.ts',
    'demo',
  ],
];

interface SourceFile {
  readonly name: string;
  readonly text: string;
  /** Files of `src` that it imports, by their path below it. */
  readonly imports: readonly string[];
}

const names = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => name.split(sep).join('/'));

// Static imports of values and of types, `export ... from`, and `import()` and `require()` where they are
// called.
const SPECIFIER = /(?:\bfrom |\bimport |\bimport\(|\brequire\()'(\.[^']*)'/g;

function importsOf(name: string, text: string): string[] {
  return [...text.matchAll(SPECIFIER)].flatMap(([, specifier = '']) => {
    const path = relative(source, resolve(dirname(join(source, name)), specifier))
      .split(sep)
      .join('/');
    return (
      names.find((each) => each === `${path}.ts` || each === `${path}/index.ts`) ??
      (path.startsWith('..') ? [] : path)
    );
  });
}

const files: SourceFile[] = names.map((name) => {
  const text = readFileSync(join(source, name), 'utf8');
  return { name, text, imports: importsOf(name, text) };
});

const folderOf = (name: string) => name.split('/')[0] ?? '';

describe('the code base', () => {
  test('has folders that import only what stands before them on the shelf', () => {
    const placeOf = (name: string) => SHELF.indexOf(folderOf(name));
    const unknown = files.filter(({ name }) => placeOf(name) < 0).map(({ name }) => name);
    const violations = files.flatMap(({ name, imports }) =>
      imports
        .filter((imported) => placeOf(imported) > placeOf(name))
        .map((imported) => `${name} -> ${imported}`),
    );
    expect([...unknown, ...violations]).toEqual([]);
  });

  test('writes for a viewer only where the rights of the viewer are checked again', () => {
    // What starts and keeps the product, and who is let in by a first sign-in: nobody who was let in asks for
    // it.
    const withoutViewers =
      /^(database|vault|demo)\/|^access\/tenant-database|^audit\/audit-(trail|sealer)|^calls\/call-asker|^keys\/checks\/key-checker|^alerts\/alert-worker|^analytics\/(counting-worker|day-counter)|^events\/(event-(worker|asker|retention)|refused-counts)|^deliveries\/delivery-(worker|batch)|^people\/(sign-in|enrol)\.|^keys\/old-places|^reconciliation\/reconciliation-worker|^[\w-]+\.ts$/;
    const bare = files.filter(
      ({ name, text }) =>
        /\bDatabase\b[^;]*database\/(database|dialect)'/.test(text) && !withoutViewers.test(name),
    );
    expect(bare.map(({ name }) => name)).toEqual([]);
    const unchecked = files.filter(({ text }) => /\.writeWithoutViewer\(/.test(text));
    expect(unchecked.map(({ name }) => name).sort()).toEqual([
      'calls/call-facts.service.ts',
      'calls/call-placement.service.ts',
      'events/event-journal.ts',
      'gateway/gateway-access.ts',
      'gateway/gateway-placement.service.ts',
      'intake/hand-in-decision.service.ts',
      'intake/hand-in.service.ts',
      'intake/key-link-form.service.ts',
      'keys/key-health.ts',
      'people/invitation.service.ts',
      'reconciliation/comparison.ts',
    ]);
  });

  test('has no files that import each other in a circle', () => {
    const importsByName = new Map(files.map(({ name, imports }) => [name, imports]));
    const reaches = (from: string, target: string, seen = new Set<string>()): boolean =>
      (importsByName.get(from) ?? []).some((imported) => {
        if (imported === target) return true;
        if (seen.has(imported)) return false;
        seen.add(imported);
        return reaches(imported, target, seen);
      });
    expect(names.filter((name) => reaches(name, name))).toEqual([]);
  });

  test('has no sub-folders beside each other that import each other', () => {
    const subFolderOf = (name: string) => name.split('/').slice(0, -1).join('/');
    const areSiblings = (one: string, other: string) =>
      one !== other && one.includes('/') && dirname(one) === dirname(other);
    const pairs = files.flatMap(({ name, imports }) =>
      imports
        .filter((imported) => areSiblings(subFolderOf(name), subFolderOf(imported)))
        .map((imported) => `${subFolderOf(name)} -> ${subFolderOf(imported)}`),
    );
    expect(pairs).toContain('keys/changes -> keys/checks');
    const circles = pairs.filter((pair) => pairs.includes(pair.split(' -> ').reverse().join(' -> ')));
    expect(circles).toEqual([]);
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
      const file = files.find((each) => each.name === name);
      for (const imported of file?.imports ?? []) load(imported);
    };
    load('main.ts');
    expect(loaded).toContain('app.ts');
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

  test('names a provider only in its own file, its stand-in and the list', () => {
    const named = new RegExp(providers.map(({ id }) => id).join('|'), 'i');
    const own = new Set(providers.map(({ id }) => `${id.toLowerCase()}.ts`));
    const allowed = ({ name }: SourceFile) => name === 'providers/index.ts' || own.has(basename(name));
    expect(files.filter((file) => !allowed(file) && named.test(file.text)).map(({ name }) => name)).toEqual(
      [],
    );
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
