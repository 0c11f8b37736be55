import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import { isAdmin, type Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import type { AgentRow } from '../agents/agent.entity';
import { loadAgent } from '../agents/agent.resolver';
import type { AgentService } from '../agents/agent.service';
import { Agent } from '../agents/agent.types';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { DateTime } from '../graphql/schema-types';
import { Money, moneyOf } from '../graphql/money.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { PROVIDER_ERRORS } from '../providers/provider-errors';
import { errorOf, ProviderErrorType } from '../providers/provider-error.types';
import { MAX_CONTENTS, type CallContentService } from './call-content.service';
import type { CallRow } from './call.entity';
import { callListFilter } from './call-filter';
import { CallFilter } from './call-filter.inputs';
import type { CallEndService } from './call-end.service';
import type { CallHistoryService, CallSummary } from './call-history.service';
import { formerAgent, type FormerAgent } from './agents-of-calls';
import type { CallPlacementService } from './call-placement.service';
import { bearerOf } from './provider-call';
import { readReceipt } from './receipt';
import type { CallResult } from './call-request';
import { CallReceiptType } from './call-receipt.types';
import { CallSummaryType } from './call-summary.types';
import { EndCallInput, StartCallInput, StartTestCallInput } from './call.inputs';
import { Call, CallConnection, EndCallPayload, StartCallPayload, StartTestCallPayload } from './call.types';
import { StartWebCallInput } from './web-call.inputs';
import { StartWebCallPayload } from './web-call.types';

const ASKED_OF = `One operation asks of at most ${MAX_CONTENTS} calls, and has LIMIT_EXCEEDED in the place of more.`;
const DEFAULT_SPAN_MS = 30 * 24 * 60 * 60 * 1000;

@Resolver(() => Call)
export class CallResolver {
  constructor(
    private readonly calls: CallHistoryService,
    private readonly placement: CallPlacementService,
    private readonly ending: CallEndService,
    private readonly contents: CallContentService,
    private readonly agents: AgentService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => Call, {
    nullable: true,
    description: 'A call by its id. It is null when the viewer has no such call.',
  })
  call(
    @CurrentViewer() viewer: Viewer,
    @Arg('id', () => ID, {
      description:
        'The id of the call. An id that was never given out and the id of an object that the viewer may not see are answered alike: with null.',
    })
    id: string,
  ): Promise<CallRow | null> {
    return this.calls.find(viewer, id);
  }

  @Query(() => CallConnection, {
    name: 'calls',
    nullable: true,
    description:
      'The calls of the agency, or for a portal user those of its own client, the newest first. Null with an error for a viewer who may not see them; the rest of the answer stands.',
  })
  list(
    @CurrentViewer() viewer: Viewer,
    @AskedPage() page: PageArguments,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        "Only calls of agents that were this client's at the time of the call. The list is empty for a client that the viewer does not have.",
    })
    clientId: string | null,
    @Arg('agentId', () => ID, { nullable: true, description: 'Only calls of this agent.' })
    agentId: string | null,
    @Arg('updatedSince', () => DateTime, {
      nullable: true,
      description:
        'Only calls of which anything changed at this time or later. Ask again and again, in place of a subscription, with the time one minute before the latest `updatedAt` that you know: a change may appear after another one that has a later time.',
    })
    updatedSince: Date | null,
    @Arg('filter', () => CallFilter, {
      nullable: true,
      description: 'Which calls are wanted; all of them when not given. It holds beside the other arguments.',
    })
    filter: CallFilter | null,
  ): Promise<Page<CallRow>> {
    const given = { clientId, agentId, updatedSince };
    return this.calls.list(viewer, pageArgs('Call', page), callListFilter(given, filter));
  }

  @Query(() => CallSummaryType, {
    nullable: true,
    description:
      'How many calls there were, by outcome and provider. For a portal user the calls of its own client are counted.',
  })
  callSummary(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description: "Only calls of agents that were this client's at the time of the call.",
    })
    clientId: string | null,
    @Arg('since', () => DateTime, {
      nullable: true,
      description:
        'Only calls of this time and later are counted. It is at most 366 days before `until`, and 30 days before it when not given.',
    })
    since: Date | null,
    @Arg('until', () => DateTime, {
      nullable: true,
      description: 'Only calls before this time are counted. It is now when not given.',
    })
    until: Date | null,
  ): Promise<CallSummary> {
    const end = until ?? new Date();
    return this.calls.summary(viewer, {
      clientId: clientId ?? null,
      since: since ?? new Date(Math.max(0, end.getTime() - DEFAULT_SPAN_MS)),
      until: end,
    });
  }

  @AuditedMutation(() => StartTestCallPayload, {
    audit: ['CALL_PLACED'],
    rateClass: 'KEY_OPERATION',
    description:
      'Places a real outbound call by which an admin tries out an agent and its key. It uses the key that the chain resolves.',
  })
  startTestCall(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => StartTestCallInput) input: StartTestCallInput,
  ): Promise<CallResult> {
    return this.placement.startTest(viewer, input);
  }

  @AuditedMutation(() => StartCallPayload, {
    audit: ['CALL_PLACED'],
    rateClass: 'KEY_OPERATION',
    description:
      'Places a real outbound call of everyday business by one agent. It uses the key that the chain resolves.',
  })
  startCall(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => StartCallInput) input: StartCallInput,
  ): Promise<CallResult> {
    return this.placement.start(viewer, input);
  }

  @AuditedMutation(() => StartWebCallPayload, {
    audit: ['CALL_PLACED'],
    rateClass: 'KEY_OPERATION',
    description:
      'Starts a call that somebody joins in a browser, through the key that the chain resolves. NOT_SUPPORTED where the provider has none.',
  })
  startWebCall(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => StartWebCallInput) input: StartWebCallInput,
  ): Promise<CallResult> {
    return this.placement.startWeb(viewer, input);
  }

  @AuditedMutation(() => EndCallPayload, {
    audit: ['CALL_END_REQUESTED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Asks the provider to end a call, with the key that the call's owner has there now. A call that has ended is answered as it is.",
  })
  endCall(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => EndCallInput) { callId }: EndCallInput,
  ): Promise<CallResult> {
    return this.ending.end(viewer, callId);
  }

  @FieldResolver(() => CallReceiptType, {
    nullable: true,
    description: 'What decided who pays for the call. It is null for calls that are older than receipts.',
  })
  receipt(@Root() call: CallRow): CallReceiptType | null {
    return readReceipt(call);
  }

  @FieldResolver(() => Money, {
    nullable: true,
    description:
      "What the provider takes for the call, which the owner of the key bears. It is null unless `costStatus` is KNOWN. Portal users see it for calls on their client's own account, and it is null for all others.",
  })
  providerCost(@Root() call: CallRow, @CurrentViewer() viewer: Viewer): Money | null {
    const { costStatus, costMicros, costCurrency } = call;
    if (!isAdmin(viewer) && bearerOf(call) !== viewer.clientId) return null;
    if (costStatus !== 'KNOWN' || costMicros === null || costCurrency === null) return null;
    return moneyOf(costMicros, costCurrency);
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: `What was said, asked of the provider when it is read, with the key that the call's owner has now: plain text with a line for each turn, e.g. \`Agent: Good morning.\` Others than the \`Agent\` are the \`Person\` and, after a transfer, the \`Third party\`. Null when there is none: before the call has ended, when it was never connected, when its owner has no key at the provider, or when the provider keeps no transcript. Null with the error PROVIDER_UNAVAILABLE when the provider could not be asked. ${ASKED_OF}`,
  })
  async transcript(
    @Root() call: CallRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
  ): Promise<string | null> {
    return (await this.contents.read(viewer, call, loaders)).transcript;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description: `Where the recording is, asked of the provider in the same way and by the same request. It is a link of the provider's where that is signed and good for a day at most, and otherwise an address here, which asks for the same bearer token. Null when there is no recording, as for \`transcript\`. ${ASKED_OF}`,
  })
  async recordingUrl(
    @Root() call: CallRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
  ): Promise<string | null> {
    return (await this.contents.read(viewer, call, loaders)).recordingUrl;
  }

  @FieldResolver(() => Agent, {
    description:
      'The agent that took part in the call. Of an agent that was assigned to another client since, a portal user sees the id and the provider alone.',
  })
  async agent(
    @Root() call: CallRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<AgentRow | FormerAgent> {
    return (await loadAgent(context, this.agents, viewer, call.agentId)) ?? formerAgent(call);
  }

  @FieldResolver(() => Client, { nullable: true, description: "The agent's client at the time of the call." })
  client(
    @Root() call: CallRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, call.clientId);
  }

  @FieldResolver(() => ProviderErrorType, {
    nullable: true,
    description:
      "The provider's refusal; null when there was none. Only agency admins read what it tells of a key: others read PROVIDER_FAULT.",
  })
  error(@Root() call: CallRow, @CurrentViewer() viewer: Viewer): ProviderErrorType | null {
    return errorOf(
      isAdmin(viewer) || !tellsOfKey(call)
        ? call
        : { ...call, errorCode: 'PROVIDER_FAULT', errorHttpStatus: null, errorRetryAfterSeconds: null },
    );
  }
}

function tellsOfKey({ errorCode }: CallRow): boolean {
  return errorCode !== null && PROVIDER_ERRORS[errorCode].tellsOfKey;
}
