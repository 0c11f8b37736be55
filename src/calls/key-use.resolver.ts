import { Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { DateTime } from '../graphql/schema-types';
import { ApiKey } from '../keys/api-key.types';
import { placeOfApiKey } from '../keys/shown-keys';
import type { CallHistoryService } from './call-history.service';

@Resolver(() => ApiKey)
export class KeyUseResolver {
  constructor(private readonly calls: CallHistoryService) {}

  @FieldResolver(() => DateTime, {
    nullable: true,
    description:
      'When a call last used this version of the key. It is null when none did, and when no key is set.',
  })
  lastUsedAt(
    @Root() key: ApiKey,
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
  ): Promise<Date | null> {
    return loaders.load('key use', key.id, (ids) => this.calls.lastUses(viewer, ids.map(placeOfApiKey)));
  }
}
