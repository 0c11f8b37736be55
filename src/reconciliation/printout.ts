import type { OwnAccount } from '../calls/provider-call';
import type { Difference } from './difference';
import { DIFFERENCES } from './difference';
import type { Result } from './reconciler';

const whose = ({ owner: { type, id } }: OwnAccount) =>
  type === 'CLIENT' ? `the account of client ${id}` : "the agency's account";

/** A call that differs, for people to read. Nothing in it tells who was called. */
export function printedDifference(difference: Difference): string {
  const { kind, callId, providerCallId, startedAt, ourCost, theirCost } = difference;
  const name = callId === null ? 'a call that is not recorded, as no agent here has it' : `call ${callId}`;
  const start = startedAt ? `, of ${startedAt.toISOString()}` : '';
  const costs = kind === 'OTHER_COST' ? `: ${theirCost ?? 'unknown'}, not ${ourCost ?? 'unknown'}` : '';
  return `  ${name} (${providerCallId ?? '-'}${start}): ${DIFFERENCES[kind]}${costs}`;
}

export function printedAccount(account: OwnAccount, result: Result, differences: number): string {
  const { listed, learnt, undecided, obstacle } = result;
  const more = learnt > 0 ? `, more became known of ${learnt}` : '';
  const open = undecided > 0 ? `, ${undecided} could not be told` : '';
  const verdict = obstacle === null ? '' : `; NOT COMPARED TO ITS END: ${obstacle}`;
  const { agencyId } = account.owner;
  return `agency ${agencyId}, ${account.provider}, ${whose(account)}: ${listed} calls${more}, ${differences} differ${open}${verdict}`;
}

/** The same for programs. */
export function lineOf({ owner, provider }: OwnAccount, rest: object): object {
  const clientId = owner.type === 'CLIENT' ? owner.id : null;
  return { agencyId: owner.agencyId, clientId, provider, ...rest };
}
