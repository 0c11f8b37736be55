import { receiptOf, type Receipt } from '../keys/chain';
import type { CallReceipt, KeyAtCall } from '../keys/resolution/key-resolver.service';
import { subjectOf } from '../keys/resolution/subject';
import type { CallRow } from './call.entity';

/** Returns the columns that keep a receipt. */
export function receiptColumns({ resolvedAt, keys }: CallReceipt): Pick<CallRow, 'resolvedAt' | 'receipt'> {
  return { resolvedAt, receipt: JSON.stringify(keys) };
}

/** Reads the receipt of a call. It is null for calls that are older than receipts. */
export function readReceipt(
  call: CallRow,
): (Receipt & Pick<CallReceipt, 'resolvedAt'> & Pick<CallRow, 'rateId'>) | null {
  const { resolvedAt, receipt, rateId } = call;
  if (resolvedAt === null || receipt === null) return null;
  const { CLIENT, AGENCY } = JSON.parse(receipt) as CallReceipt['keys'];
  return { resolvedAt, rateId, ...receiptOf(subjectOf(call, false), asSet(CLIENT), asSet(AGENCY)) };
}

function asSet(key: KeyAtCall | null) {
  return key && { ...key, isSet: true };
}
