import { once } from 'node:events';
import { copyFile, mkdtemp, rm } from 'node:fs/promises';
import { request as sendRequest, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import type { GraphQLSchema } from 'graphql';
import { buildSchema } from '../src/api/schema';
import { createApp, type App } from '../src/app';
import { readConfig } from '../src/config';
import { startIssuer, type DemoIssuer } from '../src/demo/issuer';
import { sandboxNameOf, startSandbox, type Sandbox } from '../src/demo/sandbox';
import { PERSONAS, seed, subjectOf, type Persona } from '../src/demo/seed';
import { BASE_URLS } from '../src/settings';
import { createMigratedDatabase, TEMPLATES } from './database';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly data: unknown;
  readonly errors: readonly {
    message: string;
    path?: (string | number)[];
    extensions: { code: string; [key: string]: unknown };
  }[];
}

/** The whole product on loopback, over a database of its own, with the demo's people, stand-ins and data. */
export interface TestApp {
  readonly app: App;
  readonly url: string;
  readonly issuer: DemoIssuer;
  readonly sandbox: Sandbox;
  readonly databaseUrl: string;
  readonly keyRingFile: string;
  readonly audience: string;
  /** What it was configured with. */
  readonly env: NodeJS.ProcessEnv;
  readonly tokens: Readonly<Record<Persona, string>>;
  /** Every log line so far. */
  readonly logs: string[];
  /** Without a persona, nobody has signed in. */
  ask(as: Persona | null, query: string, variables?: object): Promise<Answer>;
  /** As an agency admin; throws unless the answer has no errors. */
  data<T>(query: string, variables?: object, as?: Persona): Promise<T>;
  /** Waits until every event of the audit trail is chained. */
  chained(): Promise<void>;
  /** Another instance over the same database; `env` replaces what this one was configured with. */
  another(env?: NodeJS.ProcessEnv): Promise<TestApp>;
  close(): Promise<void>;
}

const AUDIENCE = 'latchkey-test';

/** `env` replaces what the harness would configure, e.g. the address of a provider. */
export async function startTestApp(
  env: NodeJS.ProcessEnv = {},
  signIn: { accessTokenSeconds?: number } = {},
): Promise<TestApp> {
  const database = await createMigratedDatabase('seeded');
  const folder = await mkdtemp(join(tmpdir(), 'latchkey-'));
  const keyRingFile = join(folder, 'master.keys');
  // A test may rotate it.
  await copyFile(join(TEMPLATES, 'master.keys'), keyRingFile);
  const issuer = await startIssuer({ keyFile: join(folder, 'issuer.json'), ...signIn });
  const sandbox = await startSandbox();
  const tokens = await mintTokens(issuer);
  const environment = {
    DATABASE_URL: database.url,
    LATCHKEY_MASTER_KEY_FILE: keyRingFile,
    AUTH_ISSUER: issuer.issuer,
    AUTH_AUDIENCE: AUDIENCE,
    PROVIDER_TIMEOUT_MS: '2000',
    // A suite asks more in a minute than people do.
    RATE_LIMIT_QUERIES: '1000000',
    RATE_LIMIT_MUTATIONS: '1000000',
    RATE_LIMIT_KEY_OPERATIONS: '1000000',
    RATE_LIMIT_ONE_TIME_LINKS: '1000000',
    RATE_LIMIT_GATEWAY: '1000000',
    ...sandboxUrls(sandbox),
    ...env,
  };
  const shared = { issuer, sandbox, tokens, databaseUrl: database.url, keyRingFile, audience: AUDIENCE };
  const first = await startInstance(environment, shared);
  await seed(first.app.database, first.app.vault, first.app.audit, issuer.issuer, sandbox);
  return {
    ...first,
    close: async () => {
      await first.close();
      await Promise.all([issuer.close(), sandbox.close(), database.drop(), rm(folder, { recursive: true })]);
    },
  };
}

/** The address of its stand-in for each region of each provider. */
function sandboxUrls(sandbox: Sandbox): NodeJS.ProcessEnv {
  return Object.fromEntries(
    BASE_URLS.map(({ provider, variable }) => [variable, sandbox[sandboxNameOf(provider)].baseUrl]),
  );
}

/** A test file builds it once. */
let schema: GraphQLSchema | undefined;

type Shared = Pick<TestApp, 'issuer' | 'sandbox' | 'tokens' | 'databaseUrl' | 'keyRingFile' | 'audience'>;

async function startInstance(environment: NodeJS.ProcessEnv, shared: Shared): Promise<TestApp> {
  const logs: string[] = [];
  // Compiled at once: what a compiled query answers is what the whole suite expects.
  const app = await createApp(readConfig(environment), {
    logStream: { write: (line) => void logs.push(line) },
    compiledFromRun: 1,
    schema: (schema ??= buildSchema()),
    playgroundTokens: shared.tokens,
    webhooksToLoopback: true,
  });
  // Events are chained, and providers asked about calls, when a test asks for it, so that it sees the
  // statements of its requests alone.
  await app.upkeep.stopWorkers();
  const url = await app.server.listen({ host: '127.0.0.1', port: 0 });
  await app.metrics?.listen({ host: '127.0.0.1', port: 0 });
  const ask: TestApp['ask'] = (as, query, variables) =>
    post(url, as && shared.tokens[as], { query, variables });
  const data = async <T>(query: string, variables?: object, as: Persona = 'agencyAdmin') => {
    const answer = await ask(as, query, variables);
    if (answer.errors.length > 0) throw new Error(`Unexpected errors: ${JSON.stringify(answer.errors)}`);
    return answer.data as T;
  };
  return {
    ...shared,
    app,
    env: environment,
    url,
    logs,
    ask,
    data,
    chained: async () => {
      const sql = 'SELECT id FROM audit_events WHERE sequence IS NULL LIMIT 1';
      const isBehind = async () => (await app.database.read.rows(sql)).length > 0;
      if (!(await isBehind())) return;
      do {
        await app.upkeep.sealer.seal();
        // Another instance may hold the lease, and needs its turn of the event loop to give it up.
        await new Promise(setImmediate);
      } while (await isBehind());
      await app.upkeep.sealer.stop();
    },
    another: (env = {}) => startInstance({ ...environment, ...env }, shared),
    close: () => app.close(),
  };
}

/**
 * A GraphQL request as any client would send it; by Node's own client, which takes less of a processor than
 * `fetch`.
 */
export async function post(
  url: string,
  token: string | null,
  body: unknown,
  headers: Record<string, string> = {},
): Promise<Answer> {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  const request = sendRequest(`${url}/graphql`, {
    method: 'POST',
    headers: {
      accept: '*/*',
      'content-type': 'application/json',
      ...(token && { authorization: `Bearer ${token}` }),
      ...headers,
    },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(text);
  const [response] = await answered;
  return answerOf(response, await textOf(response));
}

function answerOf({ statusCode = 0, rawHeaders }: IncomingMessage, text: string): Answer {
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2)
    headers.append(rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '');
  const { data, errors } = JSON.parse(text) as { data: unknown; errors?: Answer['errors'] };
  return { status: statusCode, headers, text, data, errors: errors ?? [] };
}

async function mintTokens(issuer: DemoIssuer): Promise<Record<Persona, string>> {
  const minted = PERSONAS.map(async (persona) => [
    persona,
    await issuer.mint({ subject: subjectOf(persona), audience: AUDIENCE, expiresInSeconds: 3600 }),
  ]);
  return Object.fromEntries(await Promise.all(minted)) as Record<Persona, string>;
}
