import * as oauth from 'oauth4webapi';
import { settings } from './settings';

export interface Tokens {
  readonly access: string;
  readonly refresh: string | null;
  /** For the issuer, when its person signs out. */
  readonly id: string | null;
  /** In milliseconds since 1970. */
  readonly expiresAt: number;
}

/** What has to be remembered between leaving for the issuer and coming back. */
export interface Journey {
  readonly state: string;
  readonly verifier: string;
}

const client: oauth.Client = { client_id: settings.clientId };
const isSecure = !settings.issuer.startsWith('http:');
// eslint-disable-next-line @typescript-eslint/no-deprecated -- for an issuer on this machine alone, as the server demands
const options = { [oauth.allowInsecureRequests]: !isSecure };
const DEFAULT_LIFETIME_S = 300;

export const redirectUri = `${location.origin}/signed-in`;

let found: Promise<oauth.AuthorizationServer> | null = null;

function discover(): Promise<oauth.AuthorizationServer> {
  const issuer = new URL(settings.issuer);
  found ??= oauth
    .discoveryRequest(issuer, options)
    .then((response) => oauth.processDiscoveryResponse(issuer, response));
  // An issuer that does not answer now may answer the next time.
  found.catch(() => (found = null));
  return found;
}

export async function startJourney(): Promise<{ journey: Journey; url: URL }> {
  const { authorization_endpoint } = await discover();
  const journey = { state: oauth.generateRandomState(), verifier: oauth.generateRandomCodeVerifier() };
  const url = new URL(authorization_endpoint ?? '');
  const asked = {
    client_id: client.client_id,
    response_type: 'code',
    redirect_uri: redirectUri,
    scope: settings.scope,
    state: journey.state,
    code_challenge: await oauth.calculatePKCECodeChallenge(journey.verifier),
    code_challenge_method: 'S256',
    audience: settings.audience,
    // RFC 8707 takes addresses alone.
    ...(URL.canParse(settings.audience) && { resource: settings.audience }),
  };
  for (const [name, value] of Object.entries(asked)) url.searchParams.set(name, value);
  return { journey, url };
}

/** Throws when the answer is not one to this journey, or the issuer does not accept the code. */
export async function finishJourney({ state, verifier }: Journey, answer: URL): Promise<Tokens> {
  const server = await discover();
  const parameters = oauth.validateAuthResponse(server, client, answer, state);
  const response = await oauth.authorizationCodeGrantRequest(
    server,
    client,
    oauth.None(),
    parameters,
    redirectUri,
    verifier,
    options,
  );
  return tokensOf(await oauth.processAuthorizationCodeResponse(server, client, response), null);
}

/** Null where the issuer renews nothing any more. */
export async function renew({ refresh, id }: Tokens): Promise<Tokens | null> {
  if (refresh === null) return null;
  const server = await discover();
  const response = await oauth.refreshTokenGrantRequest(server, client, oauth.None(), refresh, options);
  // The issuer says no. Whatever else goes wrong says nothing of the person.
  if (response.status === 400 || response.status === 401) return null;
  const renewed = tokensOf(await oauth.processRefreshTokenResponse(server, client, response), id);
  return { ...renewed, refresh: renewed.refresh ?? refresh };
}

/** Where the person signs out at the issuer too; null where it has no such address. */
export async function signOutUrl({ id }: Tokens): Promise<URL | null> {
  const { end_session_endpoint } = await discover();
  if (end_session_endpoint === undefined) return null;
  const url = new URL(end_session_endpoint);
  url.searchParams.set('client_id', client.client_id);
  url.searchParams.set('post_logout_redirect_uri', `${location.origin}/`);
  if (id !== null) url.searchParams.set('id_token_hint', id);
  return url;
}

function tokensOf(response: oauth.TokenEndpointResponse, id: string | null): Tokens {
  const { access_token, refresh_token, id_token, expires_in = DEFAULT_LIFETIME_S } = response;
  return {
    access: access_token,
    refresh: refresh_token ?? null,
    id: id_token ?? id,
    expiresAt: Date.now() + expires_in * 1000,
  };
}
