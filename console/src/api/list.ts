import { useState } from 'preact/hooks';
import { textOf, type Document } from './graphql';
import { useAnswered, type Answered } from './query';
import { request, type Failure } from './request';

export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

export interface List<Node> extends Answered<Page<Node>> {
  readonly isGrowing: boolean;
  /** Why the next page is not there. */
  readonly stopped: Failure | null;
  /** Appends the next page. */
  more(): Promise<void>;
}

const PAGE = 50;
/** As many as the API answers at once. */
const LONGEST_PAGE = 100;

export interface Paging {
  readonly first?: number | null;
  readonly after?: string | null;
}

async function askFor<Node, Variables extends Paging>(
  document: Document<{ list: Page<Node> | null }, Variables>,
  variables: Variables,
  after: string | null,
): Promise<Page<Node>> {
  const { list } = await request(document, { ...variables, after });
  return list ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 };
}

/** A list that is read to its end, however many pages it has: for what must not be overlooked. */
export function useWhole<Node, Variables extends Paging>(
  document: Document<{ list: Page<Node> | null }, Variables>,
  variables: Variables,
): Answered<readonly Node[]> {
  const whole = { ...variables, first: LONGEST_PAGE };
  return useAnswered<readonly Node[]>(`${textOf(document)}${JSON.stringify(whole)}`, async () => {
    let page = await askFor(document, whole, null);
    while (page.pageInfo.hasNextPage)
      page = joined(page, await askFor(document, whole, page.pageInfo.endCursor));
    return page.nodes;
  });
}

/** A list that grows page by page. After a change, as many pages are asked for again as are on the screen. */
export function useList<Node, Variables extends Paging>(
  document: Document<{ list: Page<Node> | null }, Variables>,
  variables: Variables,
): List<Node> {
  const [isGrowing, setGrowing] = useState(false);
  const [stopped, setStopped] = useState<Failure | null>(null);
  const ask = (after: string | null) => askFor(document, { ...variables, first: PAGE }, after);
  const answered = useAnswered<Page<Node>>(
    `${textOf(document)}${JSON.stringify(variables)}`,
    async (known) => {
      let page = await ask(null);
      // What was appended meanwhile is not taken away again.
      while (page.pageInfo.hasNextPage && page.nodes.length < (known()?.nodes.length ?? 0))
        page = joined(page, await ask(page.pageInfo.endCursor));
      return page;
    },
  );
  const append = async (): Promise<void> => {
    const known = answered.data.peek();
    if (!known?.pageInfo.hasNextPage) return;
    const next = await ask(known.pageInfo.endCursor);
    // Where the list was asked for again meanwhile, what is appended follows what is there now.
    if (known !== answered.data.peek()) await append();
    else answered.data.value = joined(known, next);
  };
  const more = async () => {
    if (isGrowing) return;
    setGrowing(true);
    setStopped(null);
    await append().catch(setStopped);
    setGrowing(false);
  };
  return { ...answered, isGrowing, stopped, more };
}

function joined<Node>(page: Page<Node>, next: Page<Node>): Page<Node> {
  return { ...next, nodes: [...page.nodes, ...next.nodes] };
}
