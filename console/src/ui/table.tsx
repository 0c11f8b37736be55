import type { ComponentChildren } from 'preact';
import type { List } from '../api/list';
import { text } from '../text';
import { Loaded } from './page';
import { Button } from './parts';

export interface Column<Row> {
  readonly title: string;
  /** For columns whose heading would repeat what each cell says. */
  readonly isTitleHidden?: boolean;
  readonly cell: (row: Row) => ComponentChildren;
}

interface TableProps<Row> {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
}

/** On narrow screens each row becomes a block, in which every cell names its column. */
export function Table<Row>({ caption, columns, rows, keyOf }: TableProps<Row>) {
  return (
    <table>
      <caption class="unseen">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, isTitleHidden }) => (
            <th key={title} scope="col">
              <span class={isTitleHidden === true ? 'unseen' : undefined}>{title}</span>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <tr key={keyOf(row)}>
            {columns.map(({ title, cell }, index) =>
              index === 0 ? (
                <th key={title} scope="row">
                  {cell(row)}
                </th>
              ) : (
                <td key={title} data-title={title}>
                  {cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

interface ListTableProps<Row> extends Omit<TableProps<Row>, 'rows'> {
  readonly list: List<Row>;
  readonly empty: ComponentChildren;
}

/** A list that grows at its end when one asks for more, and never by itself. */
export function ListTable<Row>({ list, empty, ...table }: ListTableProps<Row>) {
  return (
    <Loaded of={list} rows={6}>
      {({ nodes, totalCount, pageInfo }) =>
        nodes.length === 0 ? (
          empty
        ) : (
          <>
            <div class="card">
              <Table {...table} rows={nodes} />
            </div>
            <p class="list-end">
              <span>{text.common.shown(nodes.length, totalCount)}</span>
              {pageInfo.hasNextPage && (
                <Button isBusy={list.isGrowing} onClick={() => void list.more()}>
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
