import type { RequestListener } from 'node:http';
import { adapterOf, providers } from '../../src/providers';
import { MAX_LIST_PAGES, MAX_LISTED, readLists } from '../../src/providers/list-requests';
import type { ListedAgent, ListedNumber, Listing, ListPage } from '../../src/providers/listing';
import { readPages } from '../../src/providers/page-requests';
import type { ProviderAdapter } from '../../src/providers/provider';
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

describe('a list of calls', () => {
  const span = (cursor: string | null) => ({ callId: null, since: new Date(0), until: new Date(), cursor });
  const idsOf = (items: readonly unknown[]) => items.map((item) => (item as { id: string }).id);

  /** Reads the calls of an account page by page, as they are answered for a query. */
  async function readCalls(
    provider: 'VAPI' | 'BLAND',
    answer: (query: URLSearchParams) => unknown,
  ): Promise<{ readonly ids: ReadonlySet<string>; readonly outcome: string; readonly server: Loopback }> {
    const adapter: ProviderAdapter = adapterOf(provider);
    const server = await Loopback.start((request, response) =>
      json(200, answer(new URL(request.url ?? '', 'http://127.0.0.1').searchParams))(request, response),
    );
    const listing: Listing<unknown> = {
      request: (cursor) => adapter.listCalls(span(cursor)),
      read: (page, cursor) => adapter.readCallList(page, span(cursor)),
    };
    const ids = new Set<string>();
    let outcome = '';
    for await (const read of readPages(adapter, server.sender(), listing)) {
      outcome = read.outcome;
      if (read.outcome === 'PAGE') for (const id of idsOf(read.page.items)) ids.add(id);
    }
    return { ids, outcome, server };
  }

  const vapiCalls = (together: number) => [
    ...Array.from({ length: 30 }, (_, index) => ({ id: `late-${index}`, createdAt: timeOf(9_000 - index) })),
    ...Array.from({ length: together }, (_, index) => ({ id: `same-${index}`, createdAt: timeOf(5_000) })),
    ...Array.from({ length: 30 }, (_, index) => ({ id: `early-${index}`, createdAt: timeOf(900 - index) })),
  ];
  const timeOf = (ms: number) => new Date(Date.UTC(2026, 8, 1) + ms).toISOString();
  const byVapi = (calls: ReturnType<typeof vapiCalls>) => (query: URLSearchParams) =>
    calls
      .filter(({ createdAt }) => createdAt <= (query.get('createdAtLe') ?? ''))
      .slice(0, Number(query.get('limit')));

  test('of Vapi is read to its end where more calls than a page were made at the same time', async () => {
    const calls = vapiCalls(120);
    const { ids, outcome, server } = await readCalls('VAPI', byVapi(calls));
    expect([outcome, ids.size]).toEqual(['PAGE', calls.length]);
    expect(server.seen.length).toBeLessThan(8);
  });

  test('of Vapi is a fault where more were made at the same time than it ever lists', async () => {
    expect((await readCalls('VAPI', byVapi(vapiCalls(1_001)))).outcome).toBe('UNKNOWN');
  });

  const byBland = (count: number, most: number, hasTotal: boolean) => (query: URLSearchParams) => {
    const from = Number(query.get('from'));
    const calls = Array.from({ length: count }, (_, index) => ({ id: `call-${index}` }));
    const page = calls.slice(from, from + Math.min(most, Number(query.get('limit'))));
    return { count: page.length, ...(hasTotal && { total_count: count }), calls: page };
  };

  test.each([
    [150, 100, true],
    [500, 500, true],
    [0, 500, true],
    [700, 500, false],
    [1_000, 500, false],
  ])(
    'of Bland with %d calls, of which it lists %d at once, is read to its end',
    async (count, most, hasTotal) => {
      const { ids, outcome } = await readCalls('BLAND', byBland(count, most, hasTotal));
      expect([outcome, ids.size]).toEqual(['PAGE', count]);
    },
  );

  test('of Bland ends where its total is more than there is', async () => {
    const { ids, outcome } = await readCalls('BLAND', (query) => ({
      ...(byBland(120, 100, false)(query) as object),
      total_count: 1_000,
    }));
    expect([outcome, ids.size]).toEqual(['PAGE', 120]);
  });
});
