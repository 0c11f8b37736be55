import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import fastifyStatic from '@fastify/static';
import { providers } from '../../providers';
import { PROVIDER_REGIONS, type ProviderAdapter } from '../../providers/provider';
import type { Route, Server } from '../server';

/** What the console has to know of this server to sign people in. None of it is a secret. */
export interface ConsoleOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** What the access tokens that it asks for must name as their audience. */
  readonly audience: string;
  readonly scope: string;
}

/** The providers as the console shows them. */
const PROVIDERS = providers.map((adapter: ProviderAdapter) => ({
  id: adapter.id,
  name: adapter.name,
  regions: PROVIDER_REGIONS.filter((region) => region in adapter.baseUrls),
  agentKinds: adapter.agentKinds,
  hasWebCalls: adapter.webCalls !== null,
  events: adapter.events.setUp,
  gateway: adapter.gateway && { ...adapter.gateway.example, header: headerOf(adapter) },
}));

function headerOf({ keyPresentation }: ProviderAdapter): string {
  return 'header' in keyPresentation ? keyPresentation.header : 'authorization';
}

/** Serves the console: files that never change under their names, and one page for each of its addresses. */
export function browserConsole(options: ConsoleOptions): Route {
  return async (scope) => serveConsole(scope, options);
}

async function serveConsole(server: Server, options: ConsoleOptions): Promise<void> {
  const folder = consoleFolder();
  const html = pageWith(readFileSync(join(folder, 'index.html'), 'utf8'), options);
  const policy = contentSecurityPolicy(options);
  await server.register(fastifyStatic, {
    root: join(folder, 'assets'),
    prefix: '/assets/',
    wildcard: false,
    index: false,
    decorateReply: false,
    preCompressed: true,
    immutable: true,
    maxAge: '365d',
  });
  const addresses = JSON.parse(readFileSync(join(folder, 'addresses.json'), 'utf8')) as string[];
  for (const path of ['/', ...addresses.flatMap((page) => [`/${page}`, `/${page}/*`])])
    server.get(path, async (_request, reply) => {
      void reply.header('content-security-policy', policy).type('text/html; charset=utf-8');
      return html;
    });
}

// Connections go to this server and to the issuer alone, and no text becomes code or markup.
function contentSecurityPolicy({ issuer }: ConsoleOptions): string {
  return [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    "font-src 'self'",
    // Recordings, which are fetched with the token of whoever listens.
    'media-src blob:',
    `connect-src 'self' ${new URL(issuer).origin}`,
    "form-action 'none'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function pageWith(html: string, options: ConsoleOptions): string {
  const content = JSON.stringify({ ...options, providers: PROVIDERS })
    .replaceAll('&', '&amp;')
    .replaceAll('"', '&quot;');
  return html.replace('name="latchkey" content="{}"', () => `name="latchkey" content="${content}"`);
}

// Built code and the tests, which run the source, find it in the same place below the project.
function consoleFolder(): string {
  let folder = __dirname;
  while (!existsSync(join(folder, 'package.json')) && folder !== dirname(folder)) folder = dirname(folder);
  const built = join(folder, 'dist', 'console');
  if (!existsSync(built)) throw new Error('The console is not built: run `npm run build`');
  return built;
}
