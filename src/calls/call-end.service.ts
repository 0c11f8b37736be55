import { canStartCalls } from '../access/abilities';
import type { TenantDatabase } from '../access/tenant-database';
import { findOwn } from '../access/tenancy';
import { isAdmin, type Viewer } from '../access/viewer';
import type { AuditTrail } from '../audit/audit-trail';
import { forbidden } from '../graphql/errors';
import { userError, type UserError } from '../graphql/user-error';
import type { ResolvedKey } from '../keys/resolution/key-resolver.service';
import { adapterOf } from '../providers';
import { isEnded } from '../providers/call-facts';
import { PROVIDER_ERRORS } from '../providers/provider-errors';
import type { ProviderApi } from '../providers/provider-api';
import { messageFor, type ProviderError } from '../providers/refusals';
import type { CallFactsService } from './call-facts.service';
import type { CallInquiry, NoKey } from './call-inquiry';
import { CallRow } from './call.entity';
import { eventOf, refused, type CallResult } from './call-request';

/** A provider takes a moment to end a call, and to tell so. */
const ENDED_WITHIN_MS = 30_000;

const CALL_FIELD = ['input', 'callId'];
const ASK_AN_ADMIN = 'There is no key by which this call can be ended. An agency admin can put that right.';
const OWNER_HAS_NO_KEY =
  'The owner of the account that carries the call has no key there any more, so that nobody can end it from here.';
const NOT_SHOWN = 'The provider does not show this call. It may not have been placed.';

/** Ends calls at their providers. */
export class CallEndService {
  constructor(
    private readonly database: TenantDatabase,
    private readonly audit: AuditTrail,
    private readonly providers: ProviderApi,
    private readonly inquiry: CallInquiry,
    private readonly facts: CallFactsService,
  ) {}

  /**
   * Asks the provider to end a call, with the key that the call's owner has now, and then what became of it.
   * A call that has ended is answered as it is, and its provider is not asked.
   */
  async end(viewer: Viewer, callId: string): Promise<CallResult> {
    if (!canStartCalls(viewer)) throw forbidden();
    const call = await findOwn(this.database.read, viewer, CallRow, callId);
    if (!call) return refused(userError('NOT_FOUND', CALL_FIELD));
    if (isEnded(call.status)) return { call, userErrors: [] };
    const key = await this.inquiry.keyFor(call);
    if (typeof key === 'string') return refused(noKey(viewer, key));
    await this.database.write(viewer, (tx) =>
      this.audit.record(tx, viewer, {
        type: 'CALL_END_REQUESTED',
        ...eventOf(call, key),
      }),
    );
    return this.#end(viewer, call, key);
  }

  async #end(viewer: Viewer, call: CallRow, key: ResolvedKey): Promise<CallResult> {
    // A call whose placement was not answered has no id by which it could be stopped.
    const { call: found, error } =
      call.providerCallId === null ? await this.inquiry.ask(call, key) : { call, error: null };
    if (isEnded(found.status)) return { call: found, userErrors: [] };
    const { providerCallId } = found;
    if (providerCallId === null)
      return {
        call: found,
        userErrors: [notEnded(viewer, found, error) ?? userError('CALL_NOT_ENDED', CALL_FIELD, NOT_SHOWN)],
      };
    const refusal = await this.providers.stopCall(key.account, providerCallId);
    if (refusal) await this.facts.noteDoubt(key, refusal);
    const { call: after } = await this.inquiry.ask(found, key);
    // A provider refuses to stop what has just ended by itself.
    if (!isEnded(after.status)) await this.facts.askBy(after.id, new Date(Date.now() + ENDED_WITHIN_MS));
    const problem = isEnded(after.status) ? null : notEnded(viewer, after, refusal);
    return { call: after, userErrors: problem ? [problem] : [] };
  }
}

// Only admins are told what is wrong with a key.
function noKey(viewer: Viewer, problem: NoKey): UserError {
  if (!isAdmin(viewer)) return userError('NO_KEY_CONFIGURED', CALL_FIELD, ASK_AN_ADMIN);
  return problem === 'NO_KEY_CONFIGURED'
    ? userError(problem, CALL_FIELD, OWNER_HAS_NO_KEY)
    : userError(problem, CALL_FIELD);
}

function notEnded(viewer: Viewer, { provider }: CallRow, error: ProviderError | null): UserError | null {
  if (!error) return null;
  const isShown = isAdmin(viewer) || !PROVIDER_ERRORS[error.code].tellsOfKey;
  // A bare 404 stands for whatever was asked for, which here is the call.
  const code = error.code === 'AGENT_NOT_FOUND' || !isShown ? 'PROVIDER_FAULT' : error.code;
  const { name } = adapterOf(provider);
  return userError('CALL_NOT_ENDED', CALL_FIELD, messageFor(name, code, isShown ? error.httpStatus : null));
}
