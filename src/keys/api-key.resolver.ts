import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { loadField, type BatchedField } from '../access/batched-field';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { AgencyRow } from '../agencies/agency.entity';
import { Agency } from '../agencies/agency.types';
import type { ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { ApiKey } from './api-key.types';
import type { ApiKeyService } from './changes/api-key.service';
import { apiKeysField, type ShownSummary } from './shown-keys';

@Resolver(() => Client)
export class ClientApiKeysResolver {
  readonly field: BatchedField<ShownSummary[]>;

  constructor(keys: ApiKeyService) {
    this.field = apiKeysField(keys);
  }

  @FieldResolver(() => [ApiKey], {
    nullable: true,
    description:
      'The keys of the client, with one entry for each provider, whether a key is set or not. For viewers who may not see keys it is null, with an error.',
  })
  apiKeys(
    @Root() client: ShownClient,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownSummary[]> {
    return loadField(context, viewer, this.field, client.id, {});
  }
}

@Resolver(() => Agency)
export class AgencyApiKeysResolver {
  readonly field: BatchedField<ShownSummary[]>;

  constructor(keys: ApiKeyService) {
    this.field = apiKeysField(keys);
  }

  @FieldResolver(() => [ApiKey], {
    nullable: true,
    description:
      "The agency's own keys, with one entry for each provider, whether a key is set or not. For viewers who may not see keys it is null, with an error.",
  })
  apiKeys(
    @Root() agency: AgencyRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownSummary[]> {
    return loadField(context, viewer, this.field, agency.id, {});
  }
}
