import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isLoopbackHost } from '../http/addresses';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';
import { DEMO_PEOPLE } from './seed';
import { DemoSignIn, sendJson } from './sign-in';

export interface DemoIssuer {
  readonly issuer: string;
  mint(claims: TokenClaims): Promise<string>;
  close(): Promise<void>;
}

export interface TokenClaims {
  readonly subject: string;
  readonly audience: string;
  readonly expiresInSeconds: number;
  readonly email?: string;
  readonly emailVerified?: boolean;
}

type SigningKey = Awaited<ReturnType<typeof importJWK>>;

const HOST = '127.0.0.1';
const ANSWER_MS = 2_000;
const TAKE_OVER_EVERY_MS = 500;
const KEY_ID = 'demo';
const ALGORITHM = 'ES256';
/** It is short, so that the console renews the tokens while somebody looks at it. */
const ACCESS_TOKEN_S = 300;

/**
 * Starts the demo's own OpenID issuer on the loopback interface. People sign in there with a browser, and
 * this process makes tokens for them directly.
 */
export async function startIssuer({
  keyFile,
  port = 0,
  accessTokenSeconds = ACCESS_TOKEN_S,
}: {
  keyFile: string;
  port?: number;
  accessTokenSeconds?: number;
}): Promise<DemoIssuer> {
  const privateJwk = await readOrCreateKey(keyFile);
  const server = issuerServer(privateJwk, accessTokenSeconds);
  await listen(server, port);
  return issuerAt(issuerOf(server), privateJwk, () => close(server));
}

/**
 * Starts the issuer of earlier demos in this folder again, under the address that it had then, so that their
 * tokens stay good and their people stay known. It is shared with a demo that still runs. It moves to another
 * port only when another program has taken its own.
 */
export async function resumeIssuer({
  keyFile,
  portFile,
}: {
  keyFile: string;
  portFile: string;
}): Promise<DemoIssuer> {
  const port = existsSync(portFile) ? Number(readFileSync(portFile, 'utf8')) : 0;
  try {
    return remembered(await startIssuer({ keyFile, port }), portFile);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    const privateJwk = await readOrCreateKey(keyFile);
    return (await isServed(privateJwk, port))
      ? shareIssuer(privateJwk, port)
      : remembered(await startIssuer({ keyFile }), portFile);
  }
}

function remembered(issuer: DemoIssuer, portFile: string): DemoIssuer {
  writeFileSync(portFile, new URL(issuer.issuer).port, { mode: 0o600 });
  return issuer;
}

async function isServed({ x, y }: JWK, port: number): Promise<boolean> {
  try {
    const response = await fetch(`${addressOf(port)}/jwks`, { signal: AbortSignal.timeout(ANSWER_MS) });
    const { keys } = (await response.json()) as { keys: JWK[] };
    return keys.some((key) => key.x === x && key.y === y);
  } catch {
    return false;
  }
}

// Another demo serves the issuer. When that demo ends, this one takes over.
async function shareIssuer(privateJwk: JWK, port: number): Promise<DemoIssuer> {
  const server = issuerServer(privateJwk).on('error', () => undefined);
  const takingOver = setInterval(
    () => server.listening || server.listen(port, HOST),
    TAKE_OVER_EVERY_MS,
  ).unref();
  return issuerAt(addressOf(port), privateJwk, () => {
    clearInterval(takingOver);
    return close(server);
  });
}

function issuerServer(privateJwk: JWK, accessTokenSeconds = ACCESS_TOKEN_S): Server {
  const { d: _private, ...publicJwk } = privateJwk;
  const signIn = new DemoSignIn({
    people: DEMO_PEOPLE,
    accessTokenSeconds,
    mint: async (subject, audience, expiresInSeconds) => {
      const email = DEMO_PEOPLE.find((person) => person.subject === subject)?.email;
      const claims = { subject, audience, expiresInSeconds, ...(email !== undefined && { email }) };
      return mint(issuerOf(server), await importJWK(privateJwk, ALGORITHM), claims);
    },
  });
  const server = createServer((request, response) => {
    const issuer = issuerOf(server);
    const bodies: Record<string, object> = {
      '/.well-known/openid-configuration': {
        issuer,
        jwks_uri: `${issuer}/jwks`,
        ...signIn.metadata(issuer),
      },
      '/jwks': { keys: [{ ...publicJwk, kid: KEY_ID, alg: ALGORITHM, use: 'sig' }] },
    };
    const body = bodies[request.url ?? ''];
    // A page elsewhere whose name leads to this machine (DNS rebinding) could otherwise obtain tokens.
    if (!isLoopbackHost(request.headers.host)) sendJson(response, 421, {});
    else if (body) sendJson(response, 200, body);
    else
      signIn.answer(request, response, new URL(request.url ?? '/', issuer)).then(
        (answered) => answered || sendJson(response, 404, {}),
        () => response.destroy(),
      );
  });
  return server;
}

async function issuerAt(issuer: string, privateJwk: JWK, stop: () => Promise<void>): Promise<DemoIssuer> {
  const key = await importJWK(privateJwk, ALGORITHM);
  return { issuer, mint: (claims) => mint(issuer, key, claims), close: stop };
}

function mint(issuer: string, key: SigningKey, claims: TokenClaims): Promise<string> {
  const { subject, audience, expiresInSeconds, email, emailVerified } = claims;
  return new SignJWT({ ...(email !== undefined && { email, email_verified: emailVerified ?? true }) })
    .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
    .setIssuer(issuer)
    .setSubject(subject)
    .setAudience(audience)
    .setIssuedAt()
    .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
    .sign(key);
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => server.once('error', reject).listen(port, HOST, resolve));
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}

function issuerOf(server: Server): string {
  return addressOf((server.address() as AddressInfo).port);
}

function addressOf(port: number): string {
  return `http://${HOST}:${port}`;
}

async function readOrCreateKey(file: string): Promise<JWK> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as JWK;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  return jwk;
}
