import { lateCostsOf, type StatedLine, type StatedMoney } from './statement-form';
import { statementId } from './statement-id';
import type { Stated } from './statement.service';
import type { Statement } from './statement.types';

/** A statement as the API shows it, with what its fields are loaded by. */
export type ShownStatement = Omit<Statement, 'lines'> & {
  readonly clientId: string;
  readonly stated: readonly StatedLine[];
};

export function toStatement(
  { isAdmin: seesCosts }: { isAdmin: boolean },
  { form, sha256, finalFrom }: Stated,
): ShownStatement {
  const { from, to, lines: stated, clientId, total, otherTotals, margin, marginMissing } = form;
  const { callsOfUnknownCostOfClient: ofClient } = form;
  return {
    id: statementId(form),
    ...{ from, to, clientId, stated, total, otherTotals, margin, marginMissing, sha256 },
    number: form.number === null ? null : String(form.number),
    status: form.number === null ? 'DRAFT' : 'FINAL',
    finalFrom,
    providerCost: only(form.providerCosts, total.currency, form.callsOfUnknownCost),
    providerCosts: form.providerCosts,
    lateProviderCosts: lateCostsOf(form),
    callsOfUnknownCost: seesCosts ? form.callsOfUnknownCost : 0,
    providerCostOfClient: only(form.providerCostsOfClient, total.currency, ofClient ?? 0),
    callsOfUnknownCostOfClient: ofClient ?? null,
    callsOfUnknownDuration: form.callsOfUnknownDuration ?? null,
  };
}

/** Without calls, the cost is 0. Where none is known, or they are in several currencies, there is no sum. */
function only(costs: readonly StatedMoney[], currency: string, unknown: number): StatedMoney | null {
  const [cost = unknown > 0 ? null : { amount: '0', currency }, ...others] = costs;
  return others.length === 0 ? cost : null;
}
