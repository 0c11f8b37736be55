// Bundles the console into `<out>/console`: files whose names change with their content, and the page that loads them.
import { createHash } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { parse } from 'graphql';

const FOLDER = import.meta.dirname;

export async function buildConsole(out) {
  const assets = join(out, 'console', 'assets');
  const { outputFiles } = await build({
    entryPoints: [join(FOLDER, 'src/main.tsx'), join(FOLDER, 'src/main.css')],
    outdir: assets,
    bundle: true,
    minify: true,
    write: false,
    format: 'esm',
    target: ['chrome123', 'firefox120', 'safari17.5'],
    jsx: 'transform',
    jsxFactory: 'h',
    jsxFragment: 'Fragment',
    inject: [join(FOLDER, 'jsx.js')],
    tsconfigRaw: { compilerOptions: { target: 'es2023' } },
    logLevel: 'warning',
    define: { AUDIT_EVENT_TYPES: JSON.stringify((await valuesOf('AuditEventType')).join(' ')) },
    plugins: [trimmedDocuments],
  });
  const icon = { path: 'icon.svg', contents: await readFile(join(FOLDER, 'icon.svg')) };
  await mkdir(assets, { recursive: true });
  let page = await readFile(join(FOLDER, 'index.html'), 'utf8');
  for (const { path, contents } of [...outputFiles, icon]) {
    const name = hashedName(basename(path), contents);
    page = page.replace(`/assets/${basename(path)}`, `/assets/${name}`);
    await writeFile(join(assets, name), contents);
    // Blocks of this size make the smallest files of these.
    await writeFile(join(assets, `${name}.gz`), gzipSync(contents, { level: 9, memLevel: 7 }));
  }
  await writeFile(join(out, 'console', 'index.html'), page);
}

function hashedName(name, contents) {
  const hash = createHash('sha256').update(contents).digest('hex').slice(0, 10);
  return name.replace(extname(name), `-${hash}${extname(name)}`);
}

// The white space of GraphQL documents means nothing, and would be sent to every browser.
const trimmedDocuments = {
  name: 'trimmed-documents',
  setup({ onLoad }) {
    onLoad({ filter: /console[\\/]src[\\/].*\.tsx?$/ }, async ({ path }) => ({
      contents: (await readFile(path, 'utf8')).replace(
        /(graphql\(\s*`)([^`]*)(`)/g,
        (_all, before, document, after) => before + trimmed(document) + after,
      ),
      loader: path.endsWith('.tsx') ? 'tsx' : 'ts',
    }));
  },
};

/** The values of an enum of the schema. */
async function valuesOf(name) {
  const schema = await readFile(join(FOLDER, '../schema/schema.graphql'), 'utf8');
  const { definitions } = parse(schema);
  return definitions.find((each) => each.name.value === name).values.map((each) => each.name.value);
}

function trimmed(document) {
  return document
    .replace(/\s+/g, ' ')
    .replace(/ ?([{}():!]) ?/g, '$1')
    .trim();
}
