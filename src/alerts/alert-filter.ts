import type { Path } from '../database/pages';
import type { AlertKind } from './alert.entity';

export interface AlertFilter {
  /** Null for alerts that are open and those that are not. */
  readonly open: boolean | null;
  readonly clientId: string | null;
  readonly kinds: readonly AlertKind[] | null;
}

export function pathOf({ open, clientId, kinds }: AlertFilter): Path {
  const states = open === null ? [{ isOpen: true }, { isOpen: false }] : [{ isOpen: open }];
  if (clientId !== null) return { index: 'alerts_by_owner', parts: states };
  if (kinds === null) return { index: 'alerts_by_state', parts: states };
  const each = [...new Set(kinds)].map((kind) => ({ kind }));
  return {
    index: 'alerts_by_kind',
    parts: states.flatMap((state) => each.map((kind) => ({ ...state, ...kind }))),
  };
}
