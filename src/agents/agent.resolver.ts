import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { Provider } from '../providers';
import { ProviderEnum } from '../providers/provider.types';
import type { AgentRow, ShownAgent } from './agent.entity';
import type { AgentResult, AgentService } from './agent.service';
import { AssignAgentInput, CreateAgentInput, RenameAgentInput, UpdateAgentInput } from './agent.inputs';
import { Agent, AgentConnection, ChangeAgentPayload, CreateAgentPayload } from './agent.types';

@Resolver(() => Agent)
export class AgentResolver {
  constructor(
    private readonly agents: AgentService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => Agent, {
    nullable: true,
    description: 'An agent by its id. It is null when the viewer has no such agent.',
  })
  agent(
    @CurrentViewer() viewer: Viewer,
    @Arg('id', () => ID, {
      description:
        'The id of the agent. An id that was never given out and the id of an object that the viewer may not see are answered alike: with null.',
    })
    id: string,
  ): Promise<AgentRow | null> {
    return this.agents.find(viewer, id);
  }

  @Query(() => AgentConnection, {
    name: 'agents',
    nullable: true,
    description:
      'The agents of the agency, or for a portal user those of its own client, in the order of creation. Null with an error for a viewer who may not see them; the rest of the answer stands.',
  })
  list(
    @CurrentViewer() viewer: Viewer,
    @AskedPage() page: PageArguments,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only agents of this client. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null,
    @Arg('provider', () => ProviderEnum, { nullable: true, description: 'Only agents at this provider.' })
    provider: Provider | null,
  ): Promise<Page<AgentRow>> {
    return this.agents.list(viewer, pageArgs('Agent', page), {
      clientId: clientId ?? null,
      provider: provider ?? null,
    });
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description: "The agent's client; null for an agent that is assigned to none.",
  })
  client(
    @Root() agent: ShownAgent,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, agent.clientId);
  }

  @AuditedMutation(() => CreateAgentPayload, {
    audit: ['AGENT_CREATED'],
    rateClass: 'MUTATION',
    description: 'Adds an agent that lives at a provider already. The provider is not asked.',
  })
  createAgent(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => CreateAgentInput) input: CreateAgentInput,
  ): Promise<AgentResult> {
    return this.agents.create(viewer, input);
  }

  @AuditedMutation(() => ChangeAgentPayload, {
    audit: ['AGENT_RENAMED'],
    rateClass: 'MUTATION',
    description: 'Gives an agent another name. Portal users rename the agents of their own client alone.',
  })
  renameAgent(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RenameAgentInput) { agentId, name }: RenameAgentInput,
  ): Promise<AgentResult> {
    return this.agents.rename(viewer, agentId, name);
  }

  @AuditedMutation(() => ChangeAgentPayload, {
    audit: ['AGENT_UPDATED'],
    rateClass: 'MUTATION',
    description:
      "Changes an agent's id at its provider, or the number from which it calls; the provider is not asked. Whose key it uses stays the same. Its name is changed by `renameAgent`, its client by `assignAgent`.",
  })
  updateAgent(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => UpdateAgentInput) { agentId, ...change }: UpdateAgentInput,
  ): Promise<AgentResult> {
    return this.agents.update(viewer, agentId, change);
  }

  @AuditedMutation(() => ChangeAgentPayload, {
    audit: ['AGENT_ASSIGNED'],
    rateClass: 'MUTATION',
    description:
      'Assigns an agent to a client, or to none. From its very next call on, the agent uses the key that the chain finds for its new client.',
  })
  async assignAgent(
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
    @InputArgument(() => AssignAgentInput) { agentId, clientId }: AssignAgentInput,
  ): Promise<AgentResult & { readonly previousClient: ShownClient | null }> {
    const { previousClientId, ...result } = await this.agents.assign(viewer, agentId, clientId ?? null);
    return {
      ...result,
      previousClient: await loadClient(context, this.clients, viewer, previousClientId),
    };
  }
}

/**
 * Loads agents by id, all that one request asks for in one statement. It is for fields that lead to an agent.
 */
export function loadAgent(
  context: RequestContext,
  agents: AgentService,
  viewer: Viewer,
  id: string,
): Promise<AgentRow | null> {
  return context.loaders.load('agent', id, (ids) => agents.findMany(viewer, ids));
}
