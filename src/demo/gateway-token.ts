import type { Ask } from './ask';

interface Known {
  readonly prefix: string;
  readonly revokedAt: string | null;
  readonly expiresAt: string;
}

const LIFETIME_MS = 90 * 24 * 60 * 60 * 1000;

/**
 * Returns the gateway token of an earlier start while it is in force, and otherwise a new one. It is created
 * as an admin would do it, because it can be read in no other place than the answer.
 */
export async function gatewayToken(
  ask: Ask,
  earlier: string | null | undefined,
  providers: readonly string[],
): Promise<string | null> {
  if (earlier && (await isInForce(ask, earlier))) return earlier;
  const { createGatewayToken } = await ask(
    'mutation ($input: CreateGatewayTokenInput!) { createGatewayToken(input: $input) { token } }',
    {
      input: {
        name: 'Scheduler',
        providers,
        scopes: ['READ', 'PLACE_CALLS'],
        expiresAt: new Date(Date.now() + LIFETIME_MS),
      },
    },
  );
  return (createGatewayToken as { token: string | null } | undefined)?.token ?? null;
}

async function isInForce(ask: Ask, token: string): Promise<boolean> {
  const { gatewayTokens } = await ask(
    '{ gatewayTokens(first: 100) { nodes { prefix revokedAt expiresAt } } }',
  );
  const nodes = (gatewayTokens as { nodes: readonly Known[] } | null)?.nodes ?? [];
  return nodes.some(
    ({ prefix, revokedAt, expiresAt }) =>
      token.startsWith(prefix) && revokedAt === null && new Date(expiresAt) > new Date(),
  );
}
