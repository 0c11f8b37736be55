import { useState } from 'preact/hooks';
import { textOf, type Document } from './graphql';
import { useAnswered, type Answered } from './query';
import { request } from './request';

export interface Page<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
  readonly totalCount: number;
}

export interface List<Node> extends Answered<Page<Node>> {
  readonly isGrowing: boolean;
  /** Appends the next page. */
  more(): Promise<void>;
}

const PAGE = 50;

export interface Paging {
  readonly first?: number | null;
  readonly after?: string | null;
}

/** A list that grows page by page. After a change, as many pages are asked for again as are on the screen. */
export function useList<Node, Variables extends Paging>(
  document: Document<{ list: Page<Node> | null }, Variables>,
  variables: Variables,
): List<Node> {
  const [isGrowing, setGrowing] = useState(false);
  const ask = async (after: string | null) => {
    const { list } = await request(document, { ...variables, first: PAGE, after });
    return list ?? { nodes: [], pageInfo: { hasNextPage: false, endCursor: null }, totalCount: 0 };
  };
  const answered = useAnswered<Page<Node>>(
    `${textOf(document)}${JSON.stringify(variables)}`,
    async (known) => {
      let page = await ask(null);
      while (page.pageInfo.hasNextPage && page.nodes.length < (known?.nodes.length ?? 0))
        page = joined(page, await ask(page.pageInfo.endCursor));
      return page;
    },
  );
  const more = async () => {
    const known = answered.data.peek();
    if (!known || isGrowing) return;
    setGrowing(true);
    try {
      answered.data.value = joined(known, await ask(known.pageInfo.endCursor));
    } finally {
      setGrowing(false);
    }
  };
  return { ...answered, isGrowing, more };
}

function joined<Node>(page: Page<Node>, next: Page<Node>): Page<Node> {
  return { ...next, nodes: [...page.nodes, ...next.nodes] };
}
