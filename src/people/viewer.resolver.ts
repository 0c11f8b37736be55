import { Ctx, FieldResolver, Query, Resolver, Root } from 'type-graphql';
import { abilitiesOf } from '../access/abilities';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgencyRow } from '../agencies/agency.entity';
import type { AgencyService } from '../agencies/agency.service';
import { Agency } from '../agencies/agency.types';
import { derivedId } from '../graphql/node';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { ViewerType } from '../access/viewer.types';

@Resolver(() => ViewerType)
export class ViewerResolver {
  constructor(
    private readonly agencies: AgencyService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => ViewerType, { name: 'viewer', description: 'Who is asking, and what they may do.' })
  viewer(@CurrentViewer() viewer: Viewer): ViewerType & Viewer {
    return toViewer(viewer);
  }

  @FieldResolver(() => Agency, { description: 'The agency to which the viewer belongs.' })
  agency(@Root() viewer: Viewer): Promise<AgencyRow> {
    return this.agencies.own(viewer);
  }

  @FieldResolver(() => Client, {
    nullable: true,
    description: "The portal user's client; null for people of the agency.",
  })
  client(@Root() viewer: Viewer, @Ctx() context: RequestContext): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, viewer.clientId);
  }
}

/**
 * The viewer's id differs from the person's own id. Otherwise a client that keeps objects by id alone would
 * mix the viewer up with the person.
 */
export function toViewer(viewer: Viewer): ViewerType & Viewer {
  return { ...viewer, ...abilitiesOf(viewer), id: derivedId('Viewer', viewer.id) };
}
