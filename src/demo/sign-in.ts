import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text as textOf } from 'node:stream/consumers';
import { signInPage, type DemoPerson } from './sign-in-page';

export interface SignInOptions {
  readonly people: readonly DemoPerson[];
  readonly accessTokenSeconds: number;
  readonly mint: (subject: string, audience: string, expiresInSeconds: number) => Promise<string>;
}

/** A code or a refresh token stands for this. */
interface Grant {
  readonly subject: string;
  readonly clientId: string;
  readonly audience: string;
  readonly redirectUri: string;
  readonly challenge: string;
}

const COOKIE = 'latchkey-demo-person';
const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);
// Any page may ask. It obtains a token only with a code, and the code goes to a page on this machine.
const CORS = {
  'access-control-allow-origin': '*',
  'access-control-allow-headers': 'content-type',
  'access-control-allow-methods': 'GET, POST',
};

/**
 * Signs people in at the demo's issuer, with OAuth's code flow, PKCE and refresh tokens. A visitor chooses a
 * person and types no password.
 */
export class DemoSignIn {
  readonly #grants = new Map<string, Grant>();

  constructor(private readonly options: SignInOptions) {}

  /** Returns what the discovery document says about signing in. */
  metadata(issuer: string): object {
    return {
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      end_session_endpoint: `${issuer}/sign-out`,
      response_types_supported: ['code'],
      grant_types_supported: ['authorization_code', 'refresh_token'],
      code_challenge_methods_supported: ['S256'],
      token_endpoint_auth_methods_supported: ['none'],
      id_token_signing_alg_values_supported: ['ES256'],
      subject_types_supported: ['public'],
    };
  }

  /** Returns false when the address is none of its own. */
  async answer(request: IncomingMessage, response: ServerResponse, url: URL): Promise<boolean> {
    if (url.pathname === '/authorize') this.#authorize(request, response, url);
    else if (url.pathname === '/token') await this.#token(request, response);
    else if (url.pathname === '/sign-out') signOut(response, url);
    else return false;
    return true;
  }

  #authorize(request: IncomingMessage, response: ServerResponse, url: URL): void {
    const asked = url.searchParams;
    const redirectUri = asked.get('redirect_uri') ?? '';
    if (!isOnThisMachine(redirectUri) || asked.get('code_challenge_method') !== 'S256') {
      response
        .writeHead(400, { 'content-type': 'text/plain' })
        .end('The demo signs in to pages on this machine only.');
      return;
    }
    const remembered = asked.get('prompt') ? null : personOf(request);
    const person = this.options.people.find(({ subject }) => subject === (asked.get('person') ?? remembered));
    if (!person) {
      sendPage(response, signInPage(url, this.options.people));
      return;
    }
    const back = new URL(redirectUri);
    back.searchParams.set('code', this.#grant(person.subject, redirectUri, asked));
    back.searchParams.set('state', asked.get('state') ?? '');
    back.searchParams.set('iss', url.origin);
    redirect(response, back, `${COOKIE}=${person.subject}; HttpOnly; SameSite=Lax; Path=/`);
  }

  #grant(subject: string, redirectUri: string, asked: URLSearchParams): string {
    return this.#remember({
      subject,
      redirectUri,
      clientId: asked.get('client_id') ?? '',
      audience: asked.get('audience') ?? '',
      challenge: asked.get('code_challenge') ?? '',
    });
  }

  #remember(grant: Grant): string {
    const code = randomBytes(32).toString('base64url');
    this.#grants.set(code, grant);
    return code;
  }

  async #token(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'OPTIONS') {
      response.writeHead(204, CORS).end();
      return;
    }
    const form = new URLSearchParams(await textOf(request));
    const isRenewal = form.get('grant_type') === 'refresh_token';
    const code = form.get(isRenewal ? 'refresh_token' : 'code') ?? '';
    const grant = this.#grants.get(code);
    // Each code and each refresh token can be used once.
    this.#grants.delete(code);
    if (!grant || grant.clientId !== form.get('client_id') || !(isRenewal || isProven(grant, form)))
      sendJson(response, 400, { error: 'invalid_grant' });
    else sendJson(response, 200, await this.#tokens(grant));
  }

  async #tokens(grant: Grant): Promise<object> {
    const { accessTokenSeconds, mint } = this.options;
    return {
      token_type: 'Bearer',
      access_token: await mint(grant.subject, grant.audience, accessTokenSeconds),
      id_token: await mint(grant.subject, grant.clientId, accessTokenSeconds),
      expires_in: accessTokenSeconds,
      refresh_token: this.#remember(grant),
    };
  }
}

function isProven({ challenge, redirectUri }: Grant, form: URLSearchParams): boolean {
  const verifier = form.get('code_verifier') ?? '';
  const proof = createHash('sha256').update(verifier).digest();
  const expected = Buffer.from(challenge, 'base64url');
  return (
    form.get('redirect_uri') === redirectUri &&
    proof.length === expected.length &&
    timingSafeEqual(proof, expected)
  );
}

function isOnThisMachine(address: string): boolean {
  return URL.canParse(address) && LOOPBACK.has(new URL(address).hostname);
}

function personOf({ headers }: IncomingMessage): string | null {
  return new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(headers.cookie ?? '')?.[1] ?? null;
}

function signOut(response: ServerResponse, url: URL): void {
  const back = url.searchParams.get('post_logout_redirect_uri') ?? '';
  const target = isOnThisMachine(back) ? new URL(back) : new URL('/signed-out', url);
  redirect(response, target, `${COOKIE}=; Max-Age=0; Path=/`);
}

function redirect(response: ServerResponse, target: URL, cookie: string): void {
  response.writeHead(303, { location: target.href, 'set-cookie': cookie, 'cache-control': 'no-store' }).end();
}

function sendPage(response: ServerResponse, { html, policy }: { html: string; policy: string }): void {
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': policy };
  response.writeHead(200, { ...headers, 'cache-control': 'no-store' }).end(html);
}

export function sendJson(response: ServerResponse, status: number, body: object): void {
  const headers = { 'content-type': 'application/json', 'cache-control': 'no-store' };
  response.writeHead(status, { ...headers, ...CORS }).end(JSON.stringify(body));
}
