import { amountText } from '../text/amount';
import { moved as text } from '../text/moved';
import type { Sentence } from './consequences';
import type { Preview } from './operations';

/** What the last 30 days would move from whose account to whose. */
export function sentencesOf(moved: NonNullable<Preview['moneyMoved']>): Sentence[] {
  const { minutes, providerCost, payerBefore, payerAfter, rateMissing } = moved;
  const { callsOfUnknownCost: unknownCosts, callsOfUnknownDuration: unknownDurations } = moved;
  const cost = providerCost && amountText(Number(providerCost.amount), providerCost.currency);
  const words = { minutes: Number(minutes).toLocaleString(), cost, unknownCosts, unknownDurations };
  const sentences: Sentence[] = [];
  if (payerBefore !== null && (Number(minutes) > 0 || cost !== null || unknownCosts + unknownDurations > 0))
    sentences.push({ tone: 'info', words: text.sentence(words, payerBefore, payerAfter) });
  if (rateMissing && payerAfter !== null)
    sentences.push({ tone: 'warn', words: text.rateMissing[payerAfter] });
  return sentences;
}
