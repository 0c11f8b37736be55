import type { TenantDatabase } from '../access/tenant-database';
import { findOwn } from '../access/tenancy';
import { isAdmin, type Viewer } from '../access/viewer';
import { forbidden, limitExceeded, providerUnavailable, type PublicError } from '../graphql/errors';
import type { Loaders } from '../access/loaders';
import { noteDoubt } from '../keys/key-health';
import type { ResolvedKey } from '../keys/resolution/key-resolver.service';
import { adapterOf } from '../providers';
import type { CallContent } from '../providers/call-content';
import { isEnded } from '../providers/call-facts';
import type { ProviderAccount, ProviderApi } from '../providers/provider-api';
import { PROVIDER_ERRORS } from '../providers/provider-errors';
import type { OpenRecording } from '../providers/recordings';
import { messageFor, type ProviderError } from '../providers/refusals';
import type { WantedPart } from '../vault/download';
import type { CallInquiry } from './call-inquiry';
import { CallRow } from './call.entity';

/** The most calls of which one operation reads what was said: each of them is a request to its provider. */
export const MAX_CONTENTS = 10;
const TOO_MANY = `Providers are asked what was said in at most ${MAX_CONTENTS} calls of one operation. Ask for fewer calls at once.`;
const UNREADABLE =
  'The key with which the provider would be asked does not open. An agency admin can put that right.';

/** What is shown of what was said in a call. It is kept for as long as the operation that asked for it. */
export interface ShownContent {
  readonly transcript: string | null;
  readonly recordingUrl: string | null;
}

const NOTHING: ShownContent = { transcript: null, recordingUrl: null };

/**
 * Asks providers what was said in calls, for those who may see the details of calls, with the key that the
 * owner of each call has now. Nothing of it is stored or logged.
 */
export class CallContentService {
  readonly #asked = new WeakMap<Loaders, Map<string, Promise<ShownContent>>>();

  constructor(
    private readonly database: TenantDatabase,
    private readonly inquiry: CallInquiry,
    private readonly providers: ProviderApi,
    private readonly addressOf: (path: string) => string,
  ) {}

  /**
   * Reads what was said in a call, with one request to its provider for all that an operation asks of the
   * call. Throws `PROVIDER_UNAVAILABLE` where the provider could not be asked, which is not the same as
   * "nothing is there", and `LIMIT_EXCEEDED` for more calls than an operation may ask of.
   */
  async read(viewer: Viewer, call: CallRow, operation: Loaders): Promise<ShownContent> {
    requireDetails(viewer);
    if (!mayHaveContent(call)) return NOTHING;
    const asked = this.#asked.get(operation) ?? new Map<string, Promise<ShownContent>>();
    this.#asked.set(operation, asked);
    const known = asked.get(call.id);
    if (known) return known;
    if (asked.size >= MAX_CONTENTS) throw limitExceeded(TOO_MANY);
    const reading = this.#ask(viewer, call);
    asked.set(call.id, reading);
    return reading;
  }

  /**
   * Opens the recording of a call, which is handed over as it comes in. It is null for a call that the viewer
   * does not have, and for one of which there is none.
   */
  async open(
    viewer: Viewer,
    callId: string,
    part: WantedPart,
    signal: AbortSignal,
  ): Promise<OpenRecording | null> {
    requireDetails(viewer);
    const call = await findOwn(this.database.read, viewer, CallRow, callId);
    const found = call && mayHaveContent(call) ? await this.#contentOf(viewer, call) : null;
    if (!call || !found) return null;
    const { key, content } = found;
    if (!content.recording) return null;
    const opened = await this.providers.openRecording(key.account, content.recording, part, signal);
    if (opened === 'NOT_FOUND') return null;
    if ('code' in opened) throw await this.#refused(viewer, call, key, opened);
    return opened;
  }

  async #ask(viewer: Viewer, call: CallRow): Promise<ShownContent> {
    const found = await this.#contentOf(viewer, call);
    if (!found) return NOTHING;
    const { key, content } = found;
    return { transcript: content.transcript, recordingUrl: this.#urlOf(call, key.account, content) };
  }

  async #contentOf(
    viewer: Viewer,
    call: CallRow,
  ): Promise<{ readonly key: ResolvedKey; readonly content: CallContent } | null> {
    const key = await this.inquiry.keyFor(call);
    if (key === 'NO_KEY_CONFIGURED' || call.providerCallId === null) return null;
    if (key === 'KEY_UNREADABLE') throw providerUnavailable(UNREADABLE);
    const answer = await this.providers.askForContent(key.account, call.providerCallId);
    if (answer.outcome === 'UNKNOWN') throw await this.#refused(viewer, call, key, answer.error);
    return { key, content: answer.content };
  }

  async #refused(
    viewer: Viewer,
    call: CallRow,
    key: ResolvedKey,
    error: ProviderError,
  ): Promise<PublicError> {
    await noteDoubt(this.database, key, error);
    return notTold(viewer, call, error);
  }

  // A link that is for ever would be good for whoever has ever seen it.
  #urlOf({ id }: CallRow, account: ProviderAccount, { recording }: CallContent): string | null {
    if (!recording) return null;
    const isHandedOn =
      recording.by === 'LINK' &&
      recording.isShortLived &&
      this.providers.isUsableLink(account, recording.address);
    return isHandedOn ? recording.address : this.addressOf(`/calls/${id}/recording`);
  }
}

function requireDetails({ permissions }: Viewer): void {
  if (!permissions.includes('VIEW_CALL_DETAILS')) throw forbidden();
}

// Nobody said anything in a call that was never connected, and a provider tells nothing before the end.
function mayHaveContent({ status, durationMs, providerCallId }: CallRow): boolean {
  return isEnded(status) && durationMs !== 0 && providerCallId !== null;
}

// Only admins are told what is wrong with a key.
function notTold(viewer: Viewer, { provider }: CallRow, error: ProviderError): PublicError {
  const { name } = adapterOf(provider);
  // A bare 404 stands for whatever was asked for, which here is the call.
  if (error.code === 'AGENT_NOT_FOUND')
    return providerUnavailable(`${name} does not show this call with the key that its owner has now.`);
  const isShown = isAdmin(viewer) || !PROVIDER_ERRORS[error.code].tellsOfKey;
  const code = isShown ? error.code : 'PROVIDER_FAULT';
  return providerUnavailable(messageFor(name, code, isShown ? error.httpStatus : null));
}
