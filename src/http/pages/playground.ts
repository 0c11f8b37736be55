import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import files from '@fastify/static';
import type { RenderOptions } from 'altair-static';
import { ConfigError } from '../../platform/config-error';
import type { Route } from '../server';

/**
 * The bearer tokens that the playground offers, by the name of the person. There are none outside of the
 * demo.
 */
export type PlaygroundTokens = Readonly<Record<string, string>>;

const BASE_PATH = '/playground/';

// The page into which people type keys loads everything from this origin, sends nothing elsewhere, and works
// offline.
const CONTENT_SECURITY_POLICY = [
  "default-src 'self'",
  "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "font-src 'self' data:",
  "worker-src 'self' blob:",
  "base-uri 'self'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Serves Altair from its package's own files, with a window for each operation of `schema/operations`. */
export function playground(tokens: PlaygroundTokens): Route {
  return async (scope) => {
    const { getDistDirectory, renderAltair } = await loadAltair();
    const operations = readOperations();
    const page = renderAltair(optionsOf(tokens, operations)).replace(
      '<head>',
      () => `<head>${startScript(operations.length)}`,
    );
    scope.addHook('onRequest', (_request, reply, done) => {
      reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
      done();
    });
    scope.get('/playground', async (_request, reply) => reply.type('text/html; charset=utf-8').send(page));
    // One route for each file that exists: no address leads out of the folder.
    await scope.register(files, {
      root: getDistDirectory(),
      prefix: BASE_PATH,
      wildcard: false,
      index: false,
      decorateReply: false,
      cacheControl: false,
    });
  };
}

// The package is loaded only where it is served: production has no use for it, and is installed without it.
async function loadAltair() {
  try {
    return await import('altair-static');
  } catch {
    throw new ConfigError(
      'PLAYGROUND is on, and the package altair-static is not installed (npm install altair-static).',
    );
  }
}

function optionsOf(tokens: PlaygroundTokens, operations: readonly Operation[]): RenderOptions {
  return {
    baseURL: BASE_PATH,
    endpointURL: '/graphql',
    disableAccount: true,
    // Nothing that is typed here outlives the page.
    preserveState: false,
    initialSettings: {
      historyDepth: 0,
      'alert.disableUpdateNotification': true,
      'banners.disable': true,
      'schema.reloadOnStart': true,
    },
    initialEnvironments: environmentsOf(tokens),
    initialWindows: operations.map(({ name, query, variables }) => ({
      initialName: name,
      initialQuery: query,
      initialVariables: variables,
      initialHeaders: { authorization: 'Bearer {{token}}' },
    })),
  };
}

/** Who sends an operation is chosen as an environment, which has that person's token. */
function environmentsOf(tokens: PlaygroundTokens): RenderOptions['initialEnvironments'] {
  const people = Object.entries(tokens);
  const known = people.length > 0 ? people : [['yourself', '<token>'] as const];
  return {
    activeSubEnvironment: known[0]?.[0],
    subEnvironments: known.map(([persona, token]) => ({
      id: persona,
      title: titleOf(persona),
      variables: { token },
    })),
  };
}

/** `agencyAdmin` as "Agency admin". */
function titleOf(persona: string): string {
  const words = persona.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/**
 * Runs before Altair. Each of its windows asks for the schema by itself: they share the answer to the first
 * that asks. And it opens the window that was made last: the first is opened in its place, when all are
 * there.
 */
const startScript = (windows: number) => `<script>
  const ask = window.fetch;
  let schema;
  window.fetch = (target, init) => {
    const body = init && init.body;
    if (typeof body !== 'string' || !body.includes('"operationName":"IntrospectionQuery"')) return ask(target, init);
    schema ??= ask(target, { ...init, signal: undefined }).then((answer) => {
      if (!answer.ok) schema = undefined;
      return answer;
    });
    return schema.then((answer) => answer.clone());
  };
  new MutationObserver((_changes, observer) => {
    const tabs = document.querySelectorAll('.window-switcher__item');
    if (tabs.length < ${windows}) return;
    observer.disconnect();
    setTimeout(() => tabs[0].click());
  }).observe(document, { childList: true, subtree: true });
</script>`;

export interface Operation {
  readonly name: string;
  /** The person who runs it in the demo: a name among the demo's tokens, from the line `# As: <name>`. */
  readonly persona: string;
  readonly query: string;
  /** The variables, as JSON. */
  readonly variables: string;
}

/**
 * Reads the ready-made operations, in the order of their files: `<name>.graphql`, and `<name>.json` with its
 * variables.
 */
export function readOperations(): Operation[] {
  const folder = join(projectRoot(), 'schema', 'operations');
  const files = readdirSync(folder).sort();
  return files
    .filter((file) => extname(file) === '.graphql')
    .map((file) => {
      const query = readFileSync(join(folder, file), 'utf8');
      const variables = file.replace(/\.graphql$/, '.json');
      return {
        name: file.replace(/^\d+-|\.graphql$/g, '').replaceAll('-', ' '),
        persona: /^# As: (\w+)/m.exec(query)?.[1] ?? 'agencyAdmin',
        query,
        variables: files.includes(variables) ? readFileSync(join(folder, variables), 'utf8') : '{}',
      };
    });
}

// The folder is searched for, because the source and the built code lie at different depths below the
// project.
function projectRoot(): string {
  let folder = __dirname;
  while (!readdirSync(folder).includes('package.json')) {
    if (folder === dirname(folder))
      throw new Error('The playground needs the operations that lie beside package.json');
    folder = dirname(folder);
  }
  return folder;
}
