import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import files from '@fastify/static';
import type { RenderOptions } from 'altair-static';
import { ConfigError } from '../../platform/config-error';
import type { Route } from '../server';

/** The bearer tokens with which the playground's windows open, by the persona that an operation names; empty outside of the demo. */
export type PlaygroundTokens = Readonly<Record<string, string>>;

const BASE_PATH = '/playground/';

// Everything from this origin: the page into which people type keys loads and tells nothing elsewhere, and works offline.
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
    const page = renderAltair(optionsOf(tokens));
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

// Loaded where it is served: production has no use for it, and is installed without it.
async function loadAltair() {
  try {
    return await import('altair-static');
  } catch {
    throw new ConfigError(
      'PLAYGROUND is on, and the package altair-static is not installed (npm install altair-static).',
    );
  }
}

function optionsOf(tokens: PlaygroundTokens): RenderOptions {
  const operations = readOperations();
  return {
    baseURL: BASE_PATH,
    endpointURL: '/graphql',
    disableAccount: true,
    // Nothing that is typed here outlives the page.
    preserveState: false,
    initialSettings: { historyDepth: 0, 'alert.disableUpdateNotification': true, 'banners.disable': true },
    // Altair shows the window that it opened last: the first operation.
    initialWindows: [...operations.slice(1), ...operations.slice(0, 1)].map(
      ({ name, persona, query, variables }) => ({
        initialName: name,
        initialQuery: query,
        initialVariables: variables,
        initialHeaders: { authorization: `Bearer ${tokens[persona] ?? '<token>'}` },
      }),
    ),
  };
}

export interface Operation {
  readonly name: string;
  /** Who runs it in the demo: a name among the demo's tokens, from the line `# As: <name>`. */
  readonly persona: string;
  readonly query: string;
  /** JSON. */
  readonly variables: string;
}

/** The ready-made operations, in the order of their files: `<name>.graphql`, and `<name>.json` with its variables. */
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

// The source lies two folders below the project, what is built from it three.
function projectRoot(): string {
  let folder = __dirname;
  while (!readdirSync(folder).includes('package.json')) {
    if (folder === dirname(folder))
      throw new Error('The playground needs the operations that lie beside package.json');
    folder = dirname(folder);
  }
  return folder;
}
