import { In, IsNull, LessThan, MoreThanOrEqual } from 'typeorm';
import type { Viewer } from '../access/viewer';
import type { Path } from '../database/pages';
import { checkSpan, checkTime } from '../graphql/checks';
import { KEY_SOURCES, type KeySource } from '../keys/chain';
import { isId, leastIdOf } from '../platform/ids';
import { PROVIDERS, type Provider } from '../providers';
import { CALL_DIRECTIONS, CALL_STATUSES, type CallStatus } from '../providers/call-facts';
import { CALL_KINDS, CALL_ORIGINS, type CallRow } from './call.entity';

/** Which calls are listed: null stands for all. */
export interface CallListFilter {
  readonly clientId: string | null;
  readonly agentId: string | null;
  readonly provider: Provider | null;
  readonly status: readonly CallStatus[] | null;
  readonly kind: CallRow['kind'] | null;
  readonly direction: CallRow['direction'] | null;
  readonly origin: CallRow['origin'] | null;
  readonly keySource: KeySource | null;
  readonly since: Date | null;
  /** Only calls before this time are listed. */
  readonly until: Date | null;
  /** Only calls of which anything changed at this time or later are listed. */
  readonly updatedSince: Date | null;
}

type Given<T> = { readonly [Name in keyof T]?: T[Name] | null };

/**
 * What both the arguments of the list and its filter ask for: without any status, so that no call is listed,
 * where one of them wants another client or agent than the other.
 */
export function callListFilter(
  given: Given<Pick<CallListFilter, 'clientId' | 'agentId' | 'updatedSince'>>,
  filter: Given<Omit<CallListFilter, 'updatedSince'>> | null,
): CallListFilter {
  const { clientId, agentId, updatedSince } = given;
  const contradicts = ([one, other]: unknown[]) => one != null && other != null && one !== other;
  const isContradiction = [
    [clientId, filter?.clientId],
    [agentId, filter?.agentId],
  ].some(contradicts);
  return {
    clientId: clientId ?? filter?.clientId ?? null,
    agentId: agentId ?? filter?.agentId ?? null,
    provider: filter?.provider ?? null,
    status: isContradiction ? [] : (filter?.status ?? null),
    kind: filter?.kind ?? null,
    direction: filter?.direction ?? null,
    origin: filter?.origin ?? null,
    keySource: filter?.keySource ?? null,
    since: filter?.since ?? null,
    until: filter?.until ?? null,
    updatedSince: updatedSince ?? null,
  };
}

type Span = Pick<CallListFilter, 'since' | 'until'>;

/** The ids of calls that were placed by earlier versions are of about the time of the call. */
const ID_TOLERANCE_MS = 60_000;

/** Throws `BAD_USER_INPUT` for a time that no database keeps, and for a span that ends before it starts. */
export function checkTimes({ since, until, updatedSince }: CallListFilter): void {
  checkSpan('filter.', since, until);
  checkTime('updatedSince', updatedSince);
}

/** Tells whether any call can be as the filter wants it. */
export function isSatisfiable({ clientId, agentId, status }: CallListFilter, viewer: Viewer): boolean {
  const isOwn = clientId === null || viewer.clientId === null || clientId === viewer.clientId;
  return isOwn && [clientId, agentId].every((id) => id === null || isId(id)) && status?.length !== 0;
}

/** The conditions of a span. That on the id decides nothing, and leads to the first call of the span. */
export function conditionsOfSpan({ since, until }: Span): object[] {
  return [
    ...(since === null
      ? []
      : [
          {
            createdAt: MoreThanOrEqual(since),
            id: MoreThanOrEqual(leastIdOf(new Date(since.getTime() - ID_TOLERANCE_MS))),
          },
        ]),
    ...(until === null ? [] : [{ createdAt: LessThan(until) }]),
  ];
}

/** An id below which all calls of a span stand. */
export function endOfSpan({ until }: Pick<Span, 'until'>): string | null {
  return until === null ? null : leastIdOf(new Date(until.getTime() + ID_TOLERANCE_MS));
}

export function conditionsOf(filter: CallListFilter): object[] {
  const { clientId, agentId, provider, kind, direction, origin, keySource } = filter;
  const { status, updatedSince } = filter;
  const equal = Object.entries({ clientId, agentId, provider, kind, direction, origin, keySource });
  return [
    ...equal.flatMap(([column, value]) => (value === null ? [] : [{ [column]: value }])),
    ...(status === null ? [] : [{ status: In([...status]) }]),
    ...(updatedSince === null ? [] : [changedSince(updatedSince)]),
    ...conditionsOfSpan(filter),
  ];
}

const changedSince = (time: Date) => ({ updatedAt: MoreThanOrEqual(time) });

export interface Paths {
  readonly usual: Path;
  /** Paths that are better where the agency has few calls on them, which the database has to be asked. */
  readonly ifFew: readonly Path[];
}

/**
 * The paths on which the fewest calls have to be looked at. A column of an index that the filter leaves open
 * has all of its values, so that an index of several columns serves a filter by each of them.
 */
export function pathsOf(viewer: Viewer, filter: CallListFilter): Paths {
  const { agencyId } = viewer;
  const clientId = filter.clientId ?? viewer.clientId;
  const { agentId, status, provider, updatedSince } = filter;
  const statuses = status ?? CALL_STATUSES;
  const isByOutcome = status !== null || provider !== null;
  const outcome = { status: statuses, provider: provider === null ? PROVIDERS : [provider] };
  const byNature = natureOf(filter);
  const byUpdate: Path[] =
    updatedSince === null ? [] : [{ index: 'calls_by_update', parts: [changedSince(updatedSince)] }];
  const others = [...byUpdate, ...byNature];
  if (agentId !== null)
    return { usual: pathBy('calls_by_agent', { agentId: [agentId], status: statuses }), ifFew: others };
  if (clientId !== null)
    return {
      usual: isByOutcome
        ? pathBy('calls_by_client_outcome', { clientId: [clientId], ...outcome })
        : pathBy('calls_by_client', { clientId: [clientId] }),
      ifFew: others,
    };
  if (isByOutcome) return { usual: pathBy('calls_by_outcome', outcome), ifFew: others };
  const [usual = pathBy('calls_by_agency', { agencyId: [agencyId] }), ...ifFew] = [...byNature, ...byUpdate];
  return { usual, ifFew };
}

function natureOf({ kind, origin, direction, keySource }: CallListFilter): Path[] {
  if ([kind, origin, direction, keySource].every((value) => value === null)) return [];
  return [
    pathBy('calls_by_nature', {
      kind: kind === null ? CALL_KINDS : [kind],
      origin: origin === null ? CALL_ORIGINS : [origin],
      direction: direction === null ? CALL_DIRECTIONS : [direction],
      // A call that began at the provider may have none.
      keySource: keySource === null ? [...KEY_SOURCES, null] : [keySource],
    }),
  ];
}

/** The path through these values of the columns of an index, of each with each. */
function pathBy(index: string, columns: Readonly<Record<string, readonly (string | null)[]>>): Path {
  let parts: object[] = [{}];
  for (const [column, values] of Object.entries(columns))
    parts = parts.flatMap((part) =>
      [...new Set(values)].map((value) => ({ ...part, [column]: value ?? IsNull() })),
    );
  return { index, parts };
}
