import { derivedId, partsOfDerivedId } from '../graphql/node';
import { isDay } from '../platform/calendar';
import { checkPeriod, type Period } from './period';

const TYPE = 'Statement';

/** What tells a statement from all others. Of one client and one period there is a draft or a final one. */
export interface StatedPeriod extends Period {
  readonly clientId: string;
}

/** The id stays when the draft is made final, so that whoever has kept the draft knows what to replace. */
export function statementId({ clientId, from, to }: StatedPeriod): string {
  return derivedId(TYPE, clientId, from, to);
}

/** Tells of which client and period a statement with this id is; null for an id that none can have. */
export function periodOfStatement(id: string): StatedPeriod | null {
  const [clientId = '', from = '', to = ''] = partsOfDerivedId(TYPE, 3, id) ?? [];
  return isDay(from) && isDay(to) && !checkPeriod({ from, to }, []) ? { clientId, from, to } : null;
}
