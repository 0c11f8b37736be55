import { readdirSync, readFileSync } from 'node:fs';
import { dirname, extname, join, relative, sep } from 'node:path';
import type { RenderOptions } from 'altair-static';
import type { FastifyInstance, FastifyReply } from 'fastify';

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

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css',
  '.html': 'text/html',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.ttf': 'font/ttf',
  '.woff': 'font/woff',
  '.woff2': 'font/woff2',
};

/** Serves Altair from its package's own files, with a window for each operation of `schema/operations`. */
export async function servePlayground(server: FastifyInstance, tokens: PlaygroundTokens): Promise<void> {
  // Loaded where it is served: a production start has no use for it.
  const { getDistDirectory, renderAltair } = await import('altair-static');
  const page = renderAltair(optionsOf(tokens));
  const files = listFiles(getDistDirectory());
  const allowOwnFiles = (reply: FastifyReply) =>
    reply.header('content-security-policy', CONTENT_SECURITY_POLICY);
  server.get('/', async (_request, reply) => {
    void allowOwnFiles(reply).type('text/html');
    return page;
  });
  server.get<{ Params: { '*': string } }>(`${BASE_PATH}*`, async (request, reply) => {
    const file = files.get(request.params['*']);
    if (file === undefined) {
      reply.callNotFound();
      return reply;
    }
    void allowOwnFiles(reply).type(CONTENT_TYPES[extname(file)] ?? 'application/octet-stream');
    return readFileSync(file);
  });
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

// An allow-list of what exists: an address cannot lead out of the folder.
function listFiles(folder: string): Map<string, string> {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  return new Map(
    entries.map((entry) => {
      const file = join(entry.parentPath, entry.name);
      return [relative(folder, file).split(sep).join('/'), file];
    }),
  );
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
