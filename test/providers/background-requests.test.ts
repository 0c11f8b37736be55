import { ProviderApi, type BaseUrls } from '../../src/providers/provider-api';
import { adapterOf, providers, PROVIDERS } from '../../src/providers';
import { RequestBuckets } from '../../src/providers/request-buckets';
import { ApiKeyText } from '../../src/vault/secret';
import { json, Loopback } from './loopback';

afterEach(() => Loopback.closeAll());

/** Requests to a server that knows nothing, and the waits of those that took a token. */
async function requestsTo() {
  const server = await Loopback.start(json(404, {}));
  const waits: number[] = [];
  class Watched extends RequestBuckets {
    override reserve(...args: Parameters<RequestBuckets['reserve']>): number {
      waits.push(super.reserve(...args));
      return 0;
    }
  }
  const urls = Object.fromEntries(PROVIDERS.map((id) => [id, { US: server.baseUrl }])) as BaseUrls;
  const api = new ProviderApi(urls, 5_000, null, new Watched(() => 0));
  return { server, api, background: api.inBackground(), waits };
}

describe.each(providers)('requests of $name in the background', ({ id: provider }) => {
  const { perSecond, burst } = adapterOf(provider).backgroundRate;
  const accountOf = (key: string) => ({ provider, region: 'US', key: new ApiKeyText(key) }) as const;

  test('take their tokens from one bucket of their account, whatever they ask for and however often its key was opened', async () => {
    const { background, waits } = await requestsTo();
    const agent = { providerAgentId: 'agent_1', providerAgentKind: adapterOf(provider).agentKinds[0] };
    for (let count = 0; count <= burst; count += 3) {
      await background.verifyKey(accountOf('a-key-of-an-account'));
      await background.findAgent(accountOf('a-key-of-an-account'), agent);
      await background.askForCall(accountOf('a-key-of-an-account'), 'call_1');
    }
    const expected = waits.map((_, count) => Math.max(0, ((count + 1 - burst) * 1000) / perSecond));
    expect(waits).toEqual(expected);
    expect(waits.length).toBeGreaterThan(burst);
    waits.length = 0;
    await background.askForCall(accountOf('a-key-of-another-account'), 'call_1');
    expect(waits).toEqual([0]);
  });

  test('are the only ones that wait: what people ask for does not', async () => {
    const { server, api, waits } = await requestsTo();
    for (let count = 0; count <= burst; count += 1)
      await api.askForCall(accountOf('a-key-of-an-account'), 'call_1');
    expect([server.seen.length, waits]).toEqual([burst + 1, []]);
  });
});
