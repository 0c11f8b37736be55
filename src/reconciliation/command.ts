import { setTimeout as pause } from 'node:timers/promises';
import type { OwnAccount } from '../calls/provider-call';
import type { Reader } from '../database/transaction';
import { readPlaces, type AccountFilter } from './account';
import { lineOf, printedAccount, printedDifference } from './printout';
import type { Reconciler, Span } from './reconciler';

export interface ReconcileOptions extends AccountFilter, Span {
  readonly asJson: boolean;
}

/**
 * Compares all accounts, one after the other. Answers whether nothing differs and all were compared. Throws
 * the first fault when all others were compared.
 */
export async function reconcileAll(
  read: Reader,
  reconciler: Reconciler,
  options: ReconcileOptions,
  print: (line: string) => void,
): Promise<boolean> {
  const faults: unknown[] = [];
  const done = new Set<string>();
  let isSame = true;
  for (const place of await readPlaces(read, options)) {
    // Owners with the same key have the same account.
    if (done.has(nameOf(place, place.owner.id))) continue;
    try {
      const { owners, isAlike } = await reconcileOne(reconciler, place, options, print);
      for (const owner of owners) done.add(nameOf(place, owner));
      isSame &&= isAlike;
    } catch (error) {
      faults.push(error);
    }
  }
  if (faults.length > 0) throw faults[0];
  return isSame;
}

const nameOf = ({ provider }: OwnAccount, ownerId: string) => `${provider} ${ownerId}`;

async function reconcileOne(
  reconciler: Reconciler,
  place: OwnAccount,
  { asJson, ...span }: ReconcileOptions,
  print: (line: string) => void,
) {
  let differences = 0;
  const pace = { wait: (ms: number) => pause(ms, true) };
  const { owners, ...result } = await reconciler.reconcile(place, span, pace, (difference) => {
    differences += 1;
    print(asJson ? JSON.stringify(lineOf(place, difference)) : printedDifference(difference));
  });
  print(
    asJson
      ? JSON.stringify(lineOf(place, { kind: 'ACCOUNT', ...result, differences }))
      : printedAccount(place, result, differences),
  );
  return { owners, isAlike: differences === 0 && result.obstacle === null };
}
