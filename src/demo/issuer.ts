import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JWK } from 'jose';

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

const KEY_ID = 'demo';
const ALGORITHM = 'ES256';

/** The demo's own OpenID issuer: discovery and signing keys on loopback, and tokens for whoever asks in this process. */
export async function startIssuer({ keyFile, port = 0 }: { keyFile: string; port?: number }): Promise<DemoIssuer> {
  const privateJwk = await readOrCreateKey(keyFile);
  const { d: _private, ...publicJwk } = privateJwk;
  const server = createServer((request, response) => {
    const bodies: Record<string, object> = {
      '/.well-known/openid-configuration': { issuer: issuerOf(server), jwks_uri: `${issuerOf(server)}/jwks` },
      '/jwks': { keys: [{ ...publicJwk, kid: KEY_ID, alg: ALGORITHM, use: 'sig' }] },
    };
    const body = bodies[request.url ?? ''];
    response.writeHead(body ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body ?? {}));
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  const key = await importJWK(privateJwk, ALGORITHM);
  const issuer = issuerOf(server);
  return {
    issuer,
    mint: ({ subject, audience, expiresInSeconds, email, emailVerified }) =>
      new SignJWT({ ...(email !== undefined && { email, email_verified: emailVerified ?? true }) })
        .setProtectedHeader({ alg: ALGORITHM, kid: KEY_ID })
        .setIssuer(issuer)
        .setSubject(subject)
        .setAudience(audience)
        .setIssuedAt()
        .setExpirationTime(Math.floor(Date.now() / 1000) + expiresInSeconds)
        .sign(key),
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve(); });
        server.closeAllConnections();
      }),
  };
}

function issuerOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function readOrCreateKey(file: string): Promise<JWK> {
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as JWK;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = await exportJWK(privateKey);
  writeFileSync(file, JSON.stringify(jwk), { mode: 0o600 });
  return jwk;
}
