import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { loadField, type BatchedField } from '../access/batched-field';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import type { AgentService } from './agent.service';
import type { AgentSummary } from './agents-of-clients';
import { AgentConnection } from './agent.types';

@Resolver(() => Client)
export class ClientAgentsResolver {
  readonly field: BatchedField<Page<AgentSummary>, PageArguments>;

  constructor(agents: AgentService) {
    this.field = {
      name: 'agents',
      read: async (viewer, clients, page, fields) =>
        agents.pagesOfClients(viewer, clients, pageArgs('Agent', page), fields),
    };
  }

  @FieldResolver(() => AgentConnection, {
    name: 'agents',
    nullable: true,
    description:
      "The client's agents in the order of creation. Null with an error for a viewer who may not see them; the rest of the answer stands.",
  })
  ofClient(
    @Root() client: ShownClient,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
    @AskedPage() page: PageArguments,
  ): Promise<Page<AgentSummary>> {
    return loadField(context, viewer, this.field, client.id, page);
  }
}
