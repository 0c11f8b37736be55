import type { RequestListener } from 'node:http';
import { adapterOf, providers } from '../../src/providers';
import { MAX_LIST_PAGES, MAX_LISTED, readLists } from '../../src/providers/list-requests';
import type { ListedAgent, ListedNumber, ListPage } from '../../src/providers/listing';
import type { Send } from '../../src/vault/outbound';
import { fixturesOf } from './fixtures';
import { LIES, pathsOf, withLie } from './lies';
import { keyOfAgent } from '../../src/providers/provider-agent';
import { json, KEY, keyOf, Loopback, silence, type SeenRequest } from './loopback';

afterEach(() => Loopback.closeAll());

describe.each(providers)('the lists of $name', ({ id }) => {
  const adapter = adapterOf(id);
  const fixtures = fixturesOf(id);
  const listings = [...adapter.agentLists, ...adapter.numberLists];
  const listAgents = (send: Send) => readLists<ListedAgent>(adapter, send, adapter.agentLists, keyOfAgent);
  const listNumbers = (send: Send) =>
    readLists<ListedNumber>(adapter, send, adapter.numberLists, ({ fromNumber }) => fromNumber);
  const lists = adapter.numberLists.length === 0 ? [listAgents] : [listAgents, listNumbers];
  let server: Loopback;

  async function answering(answer: RequestListener) {
    server = await Loopback.start(answer);
    return server.sender({}, adapter.keyPresentation);
  }

  const keyIn = (request: SeenRequest) => keyOf(request, adapter.keyPresentation);

  test('lists the agents and the phone numbers of an account, page by page', async () => {
    for (const [pages, list, expected] of [
      [fixtures.agentPages, listAgents, fixtures.agents],
      [fixtures.numberPages, listNumbers, fixtures.numbers],
    ] as const) {
      const answers = pages.map((body) => json(200, body));
      const send = await answering((...exchange) => (answers.shift() ?? silence)(...exchange));
      expect(await list(send)).toEqual({ outcome: 'LISTED', items: expected, isWhole: true });
      expect(server.seen).toHaveLength(pages.length);
      expect(new Set(server.seen.map(keyIn))).toEqual(new Set(pages.length > 0 ? [KEY] : []));
    }
  });

  test('takes nothing but pages for a list of agents or of phone numbers', async () => {
    for (const listing of listings)
      for (const lie of LIES.filter((each) => !Array.isArray(each)))
        expect(listing.read(lie, null)).toBeNull();
    const send = await answering(json(404, {}));
    for (const list of lists)
      expect(await list(send)).toMatchObject({ outcome: 'UNKNOWN', error: { code: 'PROVIDER_FAULT' } });
  });

  test('takes no id in a list for true that cannot be', () => {
    const pages = [fixtures.agentPages[0], ...fixtures.numberPages] as object[];
    const taken = new Set<string>();
    for (const page of pages)
      for (const path of pathsOf(page).slice(0, 20))
        for (const lie of LIES)
          for (const listing of listings) {
            const read: ListPage<ListedAgent | ListedNumber> | null = listing.read(
              withLie(page, path, lie),
              null,
            );
            for (const item of read?.items ?? []) {
              const ids =
                'fromNumber' in item ? [item.fromNumber, ...item.providerAgentIds] : [item.providerAgentId];
              for (const id of ids) taken.add(id);
            }
          }
    // Each `expect` takes longer than reading a page.
    expect([...taken].filter((id) => !/^[\x21-\x7E]{1,128}$/.test(id))).toEqual([]);
    expect(taken.size).toBeGreaterThan(0);
  });

  test('does not follow a list that begins again', async () => {
    const [first] = fixtures.agentPages;
    const send = await answering(json(200, first));
    const listed = await listAgents(send);
    const { agentLists } = adapter;
    const isPaged = fixtures.agentPages.length > agentLists.length;
    expect(listed.outcome).toBe(isPaged ? 'UNKNOWN' : 'LISTED');
    expect(server.seen.length).toBeLessThan(2 + agentLists.length);
  });
});

describe('a list without an end', () => {
  const adapter = adapterOf('RETELL');
  const list = (server: Loopback) => readLists(adapter, server.sender(), adapter.agentLists, keyOfAgent);

  async function endless(agentsOnPage: number): Promise<Loopback> {
    let page = 0;
    return Loopback.start((...exchange) => {
      page += 1;
      const items = Array.from({ length: agentsOnPage }, (_, index) => ({
        agent_id: `agent_${page}_${index}`,
      }));
      json(200, { items, has_more: true, pagination_key: `page-${page}` })(...exchange);
    });
  }

  test('is read up to a number of agents, and is not taken for whole', async () => {
    const server = await endless(300);
    const listed = await list(server);
    expect(listed).toMatchObject({ outcome: 'LISTED', isWhole: false });
    expect(listed.outcome === 'LISTED' && listed.items).toHaveLength(MAX_LISTED);
    expect(server.seen).toHaveLength(4);
  });

  test('is read up to a number of pages, whatever is on them', async () => {
    const server = await endless(0);
    expect(await list(server)).toEqual({ outcome: 'LISTED', items: [], isWhole: false });
    expect(server.seen).toHaveLength(MAX_LIST_PAGES);
  });

  test('is not taken for whole where the provider has no further page', async () => {
    const bland = adapterOf('BLAND');
    const data = Array.from({ length: 500 }, (_, index) => ({ id: `agent-${index}` }));
    const server = await Loopback.start((request, response) =>
      json(200, request.url?.startsWith('/v1/pathway') ? [] : { data, errors: null })(request, response),
    );
    const listed = await readLists<ListedAgent>(bland, server.sender(), bland.agentLists, keyOfAgent);
    expect(listed).toMatchObject({ outcome: 'LISTED', isWhole: false });
  });
});
