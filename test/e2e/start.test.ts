import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeJwt } from 'jose';
import { createApp } from '../../src/app';
import { ConfigError, readConfig } from '../../src/config';
import { HARBOR_RETELL_AGENT, MAPLE, MAPLE_RETELL_AGENT } from '../demo-ids';
import { post } from '../harness';
import { CLIENT_KEYS, codes, PENDING_HAND_INS, SET_CLIENT, START_CALL, type UserErrors } from '../operations';
import { KeyRing } from '../../src/vault/master-keys/key-ring';
import { startFakeIssuer } from '../fixtures/fake-issuer';
import { startWaitingProvider } from '../fixtures/waiting-provider';
import { Process, until } from './process';

const SEQUENCE_MS = 120_000;

interface Demo {
  readonly url: string;
  readonly tokens: Record<string, string>;
  readonly oneTimeLink: { readonly url: string; readonly code: string };
  readonly gatewayToken: string;
  readonly sandbox: Record<string, { baseUrl: string; keys: Record<string, string> }>;
}

let folder: string;
beforeEach(() => (folder = newFolder()));
afterEach(() => rmSync(folder, { recursive: true }));

const newFolder = () => mkdtempSync(join(tmpdir(), 'latchkey-start-'));
const demoFile = (of = folder) => join(of, '.latchkey', 'demo.json');
const ringFile = (of: string) => join(of, '.latchkey', 'master.keys');
const webhooksFile = (of: string) => join(of, '.latchkey', 'webhooks.jsonl');

async function startDemo(
  inFolder: string,
  env: NodeJS.ProcessEnv = {},
): Promise<{ demo: Demo; running: Process }> {
  const running = new Process('src/demo/main.js', inFolder, env);
  await running.prints(/demo is ready/);
  return { demo: JSON.parse(readFileSync(demoFile(inFolder), 'utf8')) as Demo, running };
}

const ask = (demo: Demo, query: string, variables: object) =>
  post(demo.url, demo.tokens.agencyAdmin ?? '', { query, variables });
const setKey = (demo: Demo, apiKey: string) =>
  ask(demo, SET_CLIENT, { input: { clientId: MAPLE, keys: [{ provider: 'RETELL', apiKey }] } });

const whoAmI = (on: Demo, { tokens } = on) =>
  post(on.url, tokens.agencyAdmin ?? '', { query: '{ viewer { role } }' });
const useLink = ({ oneTimeLink: { url, code }, sandbox }: Demo) =>
  fetch(url, {
    method: 'POST',
    body: new URLSearchParams({ code, apiKey: sandbox.bland?.keys.valid ?? '' }),
  });
const pathOf = (demo: Demo) => new URL(demo.oneTimeLink.url).pathname;
const issuerOf = ({ tokens }: Demo) => decodeJwt(tokens.agencyAdmin ?? '').iss ?? '';

interface Day {
  readonly calls: { nodes: { kind: string; origin: string; direction: string; isOtherAccount: boolean }[] };
  readonly alerts: { nodes: { client: { name: string } | null }[] };
}

/** The demo's calls, once their events have come and the alert of its client that is down has opened. */
async function dayOf(demo: Demo) {
  const query = `{ calls(first: 100) { nodes { kind origin direction isOtherAccount } }
    alerts(open: true, kinds: [KEY_INVALID]) { nodes { client { name } } } }`;
  const read = async () => {
    const { calls, alerts } = (await ask(demo, query, {})).data as Day;
    return { calls: calls.nodes, down: alerts.nodes.flatMap(({ client }) => client?.name ?? []) };
  };
  // The stand-ins send their events one after the other.
  await until(async () => {
    const { calls, down } = await read();
    return down.length > 0 && calls.some(({ isOtherAccount }) => isOtherAccount);
  });
  return read();
}

describe('the demo', () => {
  test('does not run where NODE_ENV says that this is production', async () => {
    const running = new Process('src/demo/main.js', folder, { NODE_ENV: 'production' });
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(/npm run serve/);
  });

  test('does not run where a `.env` says so either', async () => {
    writeFileSync(join(folder, '.env'), 'NODE_ENV=production\n');
    const running = new Process('src/demo/main.js', folder);
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(/npm run serve/);
    expect(existsSync(demoFile())).toBe(false);
  });

  test("does not fill a database that holds other agencies than the demo's", async () => {
    const keys = join(folder, 'master.keys');
    writeFileSync(keys, KeyRing.generateLine('own'), { mode: 0o600 });
    const env = { DATABASE_URL: `sqlite:${join(folder, 'own.sqlite')}`, LATCHKEY_MASTER_KEY_FILE: keys };
    const admin = new Process(
      'src/cli.js',
      folder,
      { ...env, AUTH_ISSUER: 'https://login.example.com/', AUTH_AUDIENCE: 'x' },
      ['create-agency', '--agency', 'Own', '--name', 'Olga', '--subject', 'olga'],
    );
    expect(await admin.ended()).toBe(0);
    const running = new Process('src/demo/main.js', folder, env);
    expect(await running.ended()).toBe(1);
    expect(running.output).toBe(
      "DATABASE_URL: this database holds agencies that are not the demo's. The demo was not put into it.\n",
    );
  });
});

/**
 * Each start takes more than a second: one sequence of starts and ends shows all that several tests say of
 * them.
 */
async function startAgainAndAgain(inFolder: string) {
  const { demo: first, running: firstRunning } = await startDemo(inFolder);
  const handIns = (await ask(first, PENDING_HAND_INS, {})).data;
  const day = await dayOf(first);
  await until(() => existsSync(webhooksFile(inFolder)));
  const printed = firstRunning.output;
  const files = [demoFile(inFolder), ringFile(inFolder), webhooksFile(inFolder)];
  const modes = files.map((file) => statSync(file).mode & 0o777);
  const otherHost = (await post(first.url, null, {}, { host: 'evil.example' })).status;
  await setKey(first, 'key_kept_over_starts_77');

  const written = readFileSync(demoFile(inFolder), 'utf8');
  const busy = new Process('src/demo/main.js', inFolder, { PORT: new URL(first.url).port });
  const busyStatus = await busy.ended();
  const onBusyPort = {
    status: busyStatus,
    output: busy.output,
    theOther: (await whoAmI(first)).status,
    file: readFileSync(demoFile(inFolder), 'utf8'),
  };

  const { demo: second, running: secondRunning } = await startDemo(inFolder);
  const ofBoth = await Promise.all(
    [first, second].flatMap((on) => [first, second].map((tokensOf) => whoAmI(on, tokensOf))),
  );
  const firstStatus = await firstRunning.end();
  const secondAlone = (await whoAmI(second)).status;
  await until(async () => (await fetch(`${issuerOf(second)}/jwks`).catch(() => null))?.status === 200);
  await secondRunning.end();

  const { demo: third, running: thirdRunning } = await startDemo(inFolder);
  const kept = (await ask(third, CLIENT_KEYS, { id: MAPLE })).data;
  const tokens = { own: (await whoAmI(third)).status, earlier: (await whoAmI(third, first)).status };
  const linkUsed = (await useLink(third)).status;
  await thirdRunning.end();

  const taken = createServer((_request, response) => response.end('{}'));
  await new Promise<void>((resolve) =>
    taken.listen(Number(new URL(issuerOf(third)).port), '127.0.0.1', resolve),
  );
  const { demo: fourth, running: fourthRunning } = await startDemo(inFolder);
  const moved = (await whoAmI(fourth)).status;
  const links = (await ask(fourth, '{ keyLinks { nodes { status } } }', {})).data;
  await fourthRunning.end();
  taken.closeAllConnections();
  taken.close();

  writeFileSync(ringFile(inFolder), KeyRing.generateLine('demo'), { mode: 0o600 });
  const other = new Process('src/demo/main.js', inFolder);
  const onOtherRing = { status: await other.ended(), output: other.output };

  return {
    first,
    second,
    third,
    fourth,
    modes,
    handIns,
    day,
    printed,
    otherHost,
    written,
    onBusyPort,
    ofBoth,
    firstStatus,
    secondAlone,
    kept,
    tokens,
    linkUsed,
    moved,
    links,
    onOtherRing,
  };
}

describe('the demo, started again and again in one folder', () => {
  let inFolder: string;
  let seen: Awaited<ReturnType<typeof startAgainAndAgain>>;
  beforeAll(async () => {
    inFolder = newFolder();
    seen = await startAgainAndAgain(inFolder);
  }, SEQUENCE_MS);
  afterAll(() => rmSync(inFolder, { recursive: true }));

  test('shows keys that wait for an admin, and a one-time link that opens', () => {
    expect(seen.handIns).toMatchObject({
      keyHandIns: { nodes: [{ handedInByKind: 'KEY_LINK' }, { handedInByKind: 'PERSON' }] },
    });
    expect(seen.linkUsed).toBe(200);
  });

  test('shows a day of calls of each kind, a client that is down because of its key, and a receiver of webhooks', () => {
    const { calls, down } = seen.day;
    const kinds = calls.map((call) => [call.kind, call.origin, call.direction].join(' '));
    expect([...new Set(kinds)].sort()).toEqual(
      expect.arrayContaining(['LIVE API OUTBOUND', 'LIVE PROVIDER INBOUND', 'TEST API OUTBOUND']),
    );
    expect(calls.some(({ isOtherAccount }) => isOtherAccount)).toBe(true);
    expect(down).toContain('Juniper Fitness');
  });

  test('ends what it prints with where everything is, and writes the webhooks that come to a file', () => {
    expect(seen.printed).toMatch(/demo is ready\.\n(?: .*\n)+$/);
    expect(seen.printed).toContain(join('.latchkey', 'webhooks.jsonl'));
  });

  test('writes what is needed to try it, for its owner alone, and ends when it is told to', () => {
    const { first, modes, firstStatus } = seen;
    expect(first.url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(first.tokens)).toEqual([
      'agencyAdmin',
      'agencyMember',
      'portalUser',
      'portalUserNoPermissions',
      'otherAgencyAdmin',
    ]);
    for (const provider of ['retell', 'vapi', 'bland']) {
      expect(Object.keys(first.sandbox[provider]?.keys ?? {})).toEqual(
        expect.arrayContaining(['valid', 'revoked', 'restricted', 'rateLimited', 'outOfFunds']),
      );
    }
    expect(modes).toEqual([0o600, 0o600, 0o600]);
    expect(firstStatus).toBe(0);
  });

  test('answers no other host, so that no page elsewhere reads its tokens by DNS rebinding', () => {
    expect(seen.otherHost).toBe(421);
  });

  test('keeps its data over starts, with tokens that are good', () => {
    expect(JSON.stringify(seen.kept)).toContain('••••••••s_77');
    expect(seen.third.url).not.toBe(seen.second.url);
    expect(seen.tokens.own).toBe(200);
  });

  test('leaves the tokens of an earlier start good', () => {
    expect(seen.tokens.earlier).toBe(200);
  });

  test('ends when its port is in use, says what to do, and changes nothing of the one that runs', () => {
    const { onBusyPort, written } = seen;
    expect(onBusyPort).toEqual({
      status: 1,
      output: 'The port is in use. Choose another: PORT=4001 npm start\n',
      theOther: 200,
      file: written,
    });
  });

  test('runs twice in one folder, each with the tokens of both, whichever ends first', () => {
    expect(seen.second.url).not.toBe(seen.first.url);
    expect(seen.ofBoth.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(seen.secondAlone).toBe(200);
  });

  test('moves its issuer where another program has taken its port', () => {
    expect(issuerOf(seen.fourth)).not.toBe(issuerOf(seen.third));
    expect(seen.moved).toBe(200);
  });

  test('keeps its one-time link over starts while it is open, and makes another when it is not', () => {
    const { first, second, third, fourth } = seen;
    for (const again of [second, third]) {
      expect(pathOf(again)).toBe(pathOf(first));
      expect(new URL(again.oneTimeLink.url).origin).toBe(again.url);
    }
    expect(pathOf(fourth)).not.toBe(pathOf(first));
    expect(seen.links).toEqual({ keyLinks: { nodes: [{ status: 'OPEN' }, { status: 'USED' }] } });
  });

  test('keeps its gateway token over starts', () => {
    const { first, second, third, fourth } = seen;
    expect(first.gatewayToken).toMatch(/^lk_gw_/);
    for (const { gatewayToken } of [second, third, fourth]) expect(gatewayToken).toBe(first.gatewayToken);
  });

  test('does not start on a key ring that is not the one of its database, and says so', () => {
    expect(seen.onOtherRing).toEqual({
      status: 1,
      output: 'Not the master key that this database knows by this name: demo\n',
    });
  });
});

/**
 * A demo that is killed while a provider is placing a call; and, started again, is asked to end while the
 * provider is placing another.
 */
async function endWhilePlacing(inFolder: string) {
  const provider = await startWaitingProvider();
  const env = { RETELL_BASE_URL: provider.url };
  const once = { input: { agentId: HARBOR_RETELL_AGENT, toNumber: '+14155550123', idempotencyKey: 'once' } };
  const first = await startDemo(inFolder, env);
  const killed = ask(first.demo, START_CALL, once).catch(() => null);
  await until(() => provider.placed() === 1);
  first.running.signal('SIGKILL');
  await first.running.ended();
  const answerOfKilled = await killed;

  const { demo, running } = await startDemo(inFolder, env);
  const again = (await ask(demo, START_CALL, once)).data as {
    startTestCall: UserErrors & { call: { status: string } };
  };
  const placedUnderOneKey = provider.placed();

  const calling = ask(demo, START_CALL, { input: { agentId: MAPLE_RETELL_AGENT, toNumber: '+14155550123' } });
  await until(() => provider.placed() === 2);
  running.signal('SIGTERM');
  await until(async () => (await fetch(`${demo.url}/healthz`).catch(() => null))?.status !== 200);
  running.signal('SIGTERM');
  provider.release();
  const finished = (await calling).data;
  const status = await running.ended();
  provider.close();
  return {
    providerUrl: provider.url,
    demo,
    answerOfKilled,
    again,
    placedUnderOneKey,
    placed: provider.placed(),
    finished,
    status,
  };
}

describe('a demo with the address of a provider, ended while the provider is placing a call', () => {
  let inFolder: string;
  let seen: Awaited<ReturnType<typeof endWhilePlacing>>;
  beforeAll(async () => {
    inFolder = newFolder();
    seen = await endWhilePlacing(inFolder);
  }, SEQUENCE_MS);
  afterAll(() => rmSync(inFolder, { recursive: true }));

  test("does not use a provider's stand-in when the provider's address is given", () => {
    expect(seen.demo.sandbox.retell).toEqual({ baseUrl: seen.providerUrl, keys: {} });
    expect(seen.placed).toBe(2);
  });

  test('when killed, has the call on record, and never places it a second time under the same idempotency key', () => {
    expect(seen.answerOfKilled).toBeNull();
    expect([codes(seen.again.startTestCall), seen.again.startTestCall.call.status]).toEqual([[], 'UNKNOWN']);
    expect(seen.placedUnderOneKey).toBe(1);
  });

  test('when asked to end, finishes the call that it is placing, however often it is asked, and takes no new request', () => {
    expect(seen.finished).toMatchObject({
      startTestCall: { call: { status: 'QUEUED', providerCallId: 'call_1' } },
    });
    expect(seen.status).toBe(0);
  });
});

describe('a production start', () => {
  const environment = (env: NodeJS.ProcessEnv): NodeJS.ProcessEnv => {
    const keys = join(folder, 'master.keys');
    if (!existsSync(keys)) writeFileSync(keys, KeyRing.generateLine('test'), { mode: 0o600 });
    return {
      DATABASE_URL: `sqlite:${join(folder, 'production.sqlite')}`,
      LATCHKEY_MASTER_KEY_FILE: keys,
      AUTH_ISSUER: 'https://login.example.com/',
      AUTH_AUDIENCE: 'x',
      ...env,
    };
  };

  test('names everything that is wrong in one message, and does not start', async () => {
    const running = new Process('src/main.js', folder, { PORT: 'x', DATABASE_URL: 'postgres://' });
    expect(await running.ended()).toBe(1);
    for (const name of ['PORT', 'DATABASE_URL', 'LATCHKEY_MASTER_KEY_FILE', 'AUTH_ISSUER', 'AUTH_AUDIENCE'])
      expect(running.output).toContain(name);
    expect(running.output).not.toContain('    at ');
  });

  const unusable = [
    ['mysql://latchkey:hunter2@127.0.0.1:9/latchkey', 'ECONNREFUSED'],
    ['mariadb://latchkey:hunter2@nowhere.invalid/latchkey', '(ENOTFOUND|EAI_AGAIN)'],
    ['sqlite:/dev/null/none/latchkey.sqlite', '\\w+'],
    ['sqlite:/absent/latchkey.sqlite', 'ENOENT'],
    ['sqlite:/tmp', 'EISDIR'],
  ] as const;
  const cannotBeOpened = (code: string) => `DATABASE_URL: the database cannot be opened \\(${code}\\)`;

  test('that cannot open its database prints one line, without the password, and ends', async () => {
    const [[DATABASE_URL, code]] = unusable;
    const running = new Process('src/main.js', folder, environment({ DATABASE_URL }));
    expect(await running.ended()).toBe(1);
    expect(running.output).toMatch(new RegExp(`^${cannotBeOpened(code)}\\n$`));
  });

  test.each(unusable)(
    'finds %s in its configuration not to be usable, without the password',
    async (DATABASE_URL, code) => {
      const error: unknown = await createApp(readConfig(environment({ DATABASE_URL }))).catch(
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ConfigError);
      expect((error as ConfigError).message).toMatch(new RegExp(`^${cannotBeOpened(code)}$`));
    },
  );

  test('is refused where AUTH_ISSUER is not what the discovery document says, and both are named', async () => {
    const issuer = await startFakeIssuer();
    const running = new Process('src/main.js', folder, environment({ AUTH_ISSUER: `${issuer.url}/` }));
    expect(await running.ended()).toBe(1);
    expect(running.output).toBe(
      `AUTH_ISSUER is ${issuer.url}/, but the discovery document ${issuer.url}/.well-known/openid-configuration says ${issuer.url}: both must be the same\n`,
    );
    issuer.server.close();
  });

  test('goes on while the issuer is away: the log and /readyz say which address cannot be read and why', async () => {
    const issuer = await startFakeIssuer();
    issuer.status = 503;
    const running = new Process('src/main.js', folder, environment({ AUTH_ISSUER: issuer.url }));
    const problem = `the discovery document ${issuer.url}/.well-known/openid-configuration cannot be read (HTTP 503)`;
    const [, url = ''] = await running.prints(/Server listening at (http:[^"]+)/);
    const [, said] = await running.prints(/"msg":"Nobody can sign in yet: ([^"]+)"/);
    expect(said).toBe(problem);
    const ready = await fetch(`${url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready', signIn: problem }]);
    expect(await running.end()).toBe(0);
    issuer.server.close();
  });

  test('ends when it is told to before it listens, as the first process of a container ends on no other signals', async () => {
    const issuer = await startFakeIssuer();
    issuer.instead = () => true;
    const running = new Process('src/main.js', folder, environment({ AUTH_ISSUER: issuer.url }));
    await until(() => issuer.requests.length > 0);
    // Without a handler of its own, the process would end by the signal, and would have no status.
    expect(await running.end()).toBe(0);
    issuer.server.close();
  });

  test('warns of where one-time links lead without PUBLIC_URL, of a misspelt setting, and of a key ring that others can read', async () => {
    const quiet = new Process('src/main.js', folder, environment({ PUBLIC_URL: 'https://keys.example.com' }));
    await quiet.prints(/Server listening/);
    await quiet.end();
    expect(quiet.output).not.toMatch(/PUBLIC_URL|is not a setting|others than its owner/);
    const misspelt = environment({ CORS_ORIGIN: 'https://portal.example.com' });
    chmodSync(misspelt.LATCHKEY_MASTER_KEY_FILE ?? '', 0o644);
    const running = new Process('src/main.js', folder, misspelt);
    await running.prints(/"level":40.*"CORS_ORIGIN is not a setting .* CORS_ORIGINS\."/);
    await running.prints(/"level":40.*"LATCHKEY_MASTER_KEY_FILE: others than its owner .*0644/);
    await running.prints(
      /"level":40.*PUBLIC_URL is not given: one-time links lead to http:\/\/127\.0\.0\.1:\d+, which is this machine/,
    );
    expect(await running.end()).toBe(0);
  });
});
