import type { ProviderAdapter } from '../../providers/provider';
import type { Account, Accounts } from './account';
import { holderOf, type KeySet, type Standing } from './keys';
import { PlacedCalls } from './placed-calls';
import { splitAuthorization, type StandInReply, type StandInRequest } from './server';
import type { StandIn } from './stand-in';

const REFUSALS: Readonly<Record<Exclude<Standing, 'OK'>, StandInReply>> = {
  RESTRICTED: failure(403, 'The key may not do this.'),
  RATE_LIMITED: failure(429, 'There are too many requests.'),
  OUT_OF_FUNDS: failure(402, 'The account has no funds.'),
};

/**
 * This stand-in plays a provider that has no file of its own in this folder. It knows the keys and the agents
 * of two made-up accounts by what the adapter asks for. It places no calls, since the form of the answer is
 * known to the adapter alone.
 */
export function startPlainStandIn(adapter: ProviderAdapter): StandIn {
  const keys = keysOf(adapter);
  const accounts = accountsOf(adapter);
  return {
    keys,
    accounts,
    scene: { keys: [], agents: [], handIns: [] },
    calls: new PlacedCalls(),
    events: null,
    receive: () => null,
    answer(request) {
      const holder = holderOf(keys, keyIn(request, adapter));
      if (!holder) return failure(401, 'The key is not known.');
      return holder.standing === 'OK'
        ? answerTo(request, adapter, accounts[holder.account])
        : REFUSALS[holder.standing];
    },
  };
}

function answerTo(
  { method, path }: StandInRequest,
  adapter: ProviderAdapter,
  account: Account,
): StandInReply {
  const isPath = (request: { readonly path: string }) => request.path.split('?')[0] === path;
  if (method !== 'GET') return failure(400, 'This stand-in places no calls.');
  if (isPath(adapter.verify)) return { status: 200, body: { organization: account.orgName } };
  if (adapter.agentLists.some((list) => isPath(list.request(null))))
    return { status: 200, body: account.agents };
  const agent = account.agents.find(({ id }) =>
    isPath(adapter.agent({ providerAgentId: id, providerAgentKind: 'AGENT' })),
  );
  return agent ? { status: 200, body: agent } : failure(404, 'There is no such object.');
}

function keyIn({ headers, authorization }: StandInRequest, { keyPresentation }: ProviderAdapter): string {
  if ('header' in keyPresentation) return String(headers[keyPresentation.header.toLowerCase()] ?? '');
  const [scheme, key] = splitAuthorization(authorization);
  return scheme === keyPresentation.scheme ? key : '';
}

function keysOf({ id }: ProviderAdapter): KeySet {
  const key = (what: string, number: number) => `demo-${id.toLowerCase()}-${what}-000${number}`;
  return {
    valid: key('agency-valid', 1),
    secondAccount: key('client-valid', 2),
    revoked: key('revoked', 3),
    restricted: key('restricted', 4),
    rateLimited: key('rate-limited', 5),
    outOfFunds: key('out-of-funds', 6),
  };
}

function accountsOf({ fromNumberForm }: ProviderAdapter): Accounts {
  const account = (name: string, digit: number): Account => ({
    orgName: `Demo ${name}`,
    orgId: `demo-${name}`,
    agents: [
      { id: `demo-${name}-agent-1`, name: 'First' },
      { id: `demo-${name}-agent-2`, name: 'Second' },
    ],
    fromNumber: fromNumberForm === 'E164' ? `+1415555014${digit}` : `demo-${name}-number`,
  });
  return { agency: account('agency', 0), client: account('client', 1) };
}

function failure(status: number, message: string): StandInReply {
  return { status, body: { message } };
}
