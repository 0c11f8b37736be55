import { request as sendRequest, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import { buffer } from 'node:stream/consumers';
import type { TestApp } from './harness';
import {
  CREATE_GATEWAY_TOKEN,
  GATEWAY_TOKEN,
  REVOKE_GATEWAY_TOKEN,
  SET_AGENCY,
  SET_CLIENT,
} from './operations';
import { HARBOR } from './demo-ids';

export const BOTH = ['READ', 'PLACE_CALLS'];

export interface GatewayToken {
  readonly id: string;
  readonly token: string;
}

/** A token of the agency to read and to place calls, unless something else is asked for. */
export async function gatewayToken(running: TestApp, input: object = {}): Promise<GatewayToken> {
  const { createGatewayToken } = await running.data<{
    createGatewayToken: { token: string; gatewayToken: { id: string } };
  }>(CREATE_GATEWAY_TOKEN, {
    input: { ...GATEWAY_TOKEN, scopes: BOTH, expiresAt: new Date(Date.now() + 86_400_000), ...input },
  });
  return { token: createGatewayToken.token, id: createGatewayToken.gatewayToken.id };
}

export const revoke = (running: TestApp, gatewayTokenId: string) =>
  running.data(REVOKE_GATEWAY_TOKEN, { input: { gatewayTokenId } });

const setKeys = (running: TestApp, query: string, input: object) =>
  running.data<Record<string, { userErrors: object[] }>>(query, { input });

export async function setHarborsKey(running: TestApp, provider: string, apiKey: string): Promise<void> {
  const set = await setKeys(running, SET_CLIENT, { clientId: HARBOR, keys: [{ provider, apiKey }] });
  expect(set.setClientApiKeys?.userErrors).toEqual([]);
}

export async function setAgencyKey(running: TestApp, provider: string, apiKey: string): Promise<void> {
  const set = await setKeys(running, SET_AGENCY, { keys: [{ provider, apiKey }] });
  expect(set.setAgencyApiKeys?.userErrors).toEqual([]);
}

export interface Received {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: Buffer;
  readonly json: unknown;
  readonly reason: unknown;
}

interface Sent {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string | Buffer | undefined;
}

/** One request, with the path as it is written. */
export async function send(
  url: string,
  path: string,
  token: string | null,
  sent: Sent = {},
): Promise<Received> {
  const { hostname, port } = new URL(url);
  const request = sendRequest({
    hostname,
    port,
    path,
    method: sent.method ?? 'GET',
    headers: { ...(token !== null && { authorization: `Bearer ${token}` }), ...sent.headers },
  });
  const answered = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(sent.body);
  const [response] = await answered;
  const body = await buffer(response);
  const { statusCode: status = 0, headers } = response;
  return { status, headers, body, json: parse(body), reason: headers['latchkey-reason'] };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString());
  } catch {
    return undefined;
  }
}
