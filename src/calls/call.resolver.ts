import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgentRow } from '../agents/agent.entity';
import { loadAgent } from '../agents/agent.resolver';
import type { AgentService } from '../agents/agent.service';
import { Agent } from '../agents/agent.types';
import type { ClientRow } from '../clients/client.entity';
import { loadClient } from '../clients/client.resolver';
import type { ClientService } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { pageArgs, type Page } from '../platform/page';
import { errorOf, ProviderErrorType } from '../providers/provider.types';
import type { CallRow } from './call.entity';
import type { CallResult, CallService } from './call.service';
import { Call, CallConnection, StartTestCallInput, StartTestCallPayload } from './call.types';

@Resolver(() => Call)
export class CallResolver {
  constructor(
    private readonly calls: CallService,
    private readonly agents: AgentService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => Call, { nullable: true, description: 'Null when the viewer has no such call.' })
  call(@CurrentViewer() viewer: Viewer, @Arg('id', () => ID) id: string): Promise<CallRow | null> {
    return this.calls.find(viewer, id);
  }

  @Query(() => CallConnection, { name: 'calls', description: "Of the agency, the newest first; for a portal user its own client's." })
  list(
    @CurrentViewer() viewer: Viewer,
    @Arg('first', () => Int, { nullable: true, description: '1-100; 50 when not given.' }) first: number | null,
    @Arg('after', () => String, { nullable: true }) after: string | null,
    @Arg('clientId', () => ID, { nullable: true }) clientId: string | null,
    @Arg('agentId', () => ID, { nullable: true }) agentId: string | null,
  ): Promise<Page<CallRow>> {
    return this.calls.list(viewer, pageArgs(first, after), { clientId: clientId ?? null, agentId: agentId ?? null });
  }

  @Mutation(() => StartTestCallPayload, { description: "Places a real outbound call by one agent, through the key that the chain resolves." })
  startTestCall(@CurrentViewer() viewer: Viewer, @Arg('input', () => StartTestCallInput) input: StartTestCallInput): Promise<CallResult> {
    return this.calls.startTest(viewer, input);
  }

  @FieldResolver(() => Agent)
  agent(@Root() call: CallRow, @CurrentViewer() viewer: Viewer, @Ctx() context: RequestContext): Promise<AgentRow | null> {
    return loadAgent(context, this.agents, viewer, call.agentId);
  }

  @FieldResolver(() => Client, { nullable: true, description: "The agent's client at the time of the call." })
  client(@Root() call: CallRow, @CurrentViewer() viewer: Viewer, @Ctx() context: RequestContext): Promise<ClientRow | null> | null {
    return loadClient(context, this.clients, viewer, call.clientId);
  }

  @FieldResolver(() => ProviderErrorType, { nullable: true, description: "The provider's refusal; null when there was none." })
  error(@Root() call: CallRow): ProviderErrorType | null {
    return errorOf(call);
  }
}
