import { Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgencyRow } from './agency.entity';
import type { AgencyService } from './agency.service';
import { Agency } from './agency.types';

@Resolver(() => Agency)
export class AgencyResolver {
  constructor(private readonly agencies: AgencyService) {}

  @Query(() => Agency, { name: 'agency', description: 'The agency to which the viewer belongs.' })
  ownAgency(@CurrentViewer() viewer: Viewer): Promise<AgencyRow> {
    return this.agencies.own(viewer);
  }
}
