import type { ComponentChildren } from 'preact';
import { useRef } from 'preact/hooks';
import type { Document } from '../api/graphql';
import { useList, type Page, type Paging } from '../api/list';
import * as text from '../text/common';
import { LATE_MS, useFollowing } from './follow';
import { Loaded, Problem } from './page';
import { Button, Empty } from './parts';

export interface Column<Row> {
  readonly title: string;
  /** For columns whose heading would repeat what each cell says. */
  readonly isTitleHidden?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

/** Columns that are not for everybody are false for the others. */
export type Columns<Row> = readonly (Column<Row> | false)[];

/** The last column: what can be done with a row. */
export const actions = <Row,>(cell: Column<Row>['cell']): Column<Row> => ({
  title: text.common.actions,
  isTitleHidden: true,
  cell,
});

interface Row {
  readonly id: string | null;
}

interface TableProps<R extends Row> {
  readonly caption: string;
  readonly columns: Columns<R>;
  readonly rows: readonly R[];
}

/** On narrow screens each row becomes a block, in which every cell names its column. */
export function Table<R extends Row>({ caption, columns, rows }: TableProps<R>) {
  const shown = columns.filter((column) => column !== false);
  return (
    <table>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {shown.map(({ title, isTitleHidden }) => (
            <th key={title} scope="col">
              <span class={isTitleHidden === true ? 'unseen' : undefined}>{title}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={row.id}>
            {shown.map(({ title, cell, isTitleHidden }, index) =>
              index === 0 ? (
                <th key={title} scope="row">
                  {cell(row)}
                </th>
              ) : (
                <td key={title} data-title={isTitleHidden === true ? '' : title}>
                  <div>{cell(row)}</div>
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ListProps<R extends Row, Variables> extends Omit<TableProps<R>, 'rows'> {
  /** Its list is called `list`. */
  readonly of: Document<{ list: Page<R> | null }, Variables>;
  readonly variables: NoInfer<Variables>;
  readonly empty: readonly [title: string, hint?: string];
  /** Whether anything may still become of a row: the list is asked for again meanwhile. */
  readonly goesOn?: (row: R) => boolean;
  /** Whether something of a row that is over may come late, and perhaps never. */
  readonly comesLate?: (row: R) => boolean;
  /** What leads on where the list is empty. */
  readonly children?: ComponentChildren;
}

const never = () => false;

/** A list that grows at its end when one asks for more, and never by itself. */
export function List<R extends Row, Variables extends Paging>(props: ListProps<R, Variables>) {
  const { of, variables, empty, goesOn = never, comesLate = never, children, ...table } = props;
  const list = useList(of, variables);
  const { nodes: known = [] } = list.data.value ?? {};
  const followed = known.filter((row) => goesOn(row) || comesLate(row));
  const mostMs = known.some(goesOn) ? Infinity : LATE_MS;
  useFollowing(followed.length > 0, JSON.stringify(followed), list.reload, mostMs);
  const end = useRef<HTMLParagraphElement>(null);
  const more = async () => {
    await list.more();
    // With the last page the button is gone.
    if (document.activeElement === document.body) end.current?.focus();
  };
  return (
    <Loaded of={list} rows={6}>
      {({ nodes, totalCount, pageInfo }) =>
        nodes.length === 0 ? (
          <Empty title={empty[0]} hint={empty[1]}>
            {children}
          </Empty>
        ) : (
          <>
            <div class="card">
              <Table {...table} rows={nodes} />
            </div>
            {list.stopped && <Problem failure={list.stopped} />}
            <p class="list-end" ref={end} tabIndex={-1}>
              <span>{text.common.shown(nodes.length, totalCount)}</span>
              {pageInfo.hasNextPage && (
                <Button isBusy={list.isGrowing} onClick={() => void more()}>
                  {text.common.more}
                </Button>
              )}
            </p>
          </>
        )
      }
    </Loaded>
  );
}
