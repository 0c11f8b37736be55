import type { Ids } from '../database/rows-of-ids';
import type { RequestContext } from './context';
import type { Viewer } from './viewer';

/**
 * A field that is read for many of its parents at once, by their ids. Its resolver reads it by `loadField`;
 * a field of clients can also be read together with the clients (`api/compiled/read-ahead.ts`).
 */
export interface BatchedField<Value, Arguments extends object = object> {
  readonly name: string;
  /**
   * Answers a value for each of the parents, also for one of which nothing is found: see `foundOf`. `fields`
   * are those that are asked for of the type to which the field leads, of a connection those of its
   * nodes; null stands for all of them.
   */
  read(
    viewer: Viewer,
    parents: Ids,
    args: Arguments,
    fields: ReadonlySet<string> | null,
  ): Promise<ReadonlyMap<string, Value>>;
}

export function loadField<Value, Arguments extends object>(
  { loaders }: RequestContext,
  viewer: Viewer,
  field: BatchedField<Value, Arguments>,
  parentId: string,
  args: Arguments,
): Promise<Value> {
  return loaders.load(field.name + JSON.stringify(args), parentId, (ids) =>
    field.read(viewer, ids, args, null).then((values) => ids.map((id) => values.get(id) as Value)),
  );
}
