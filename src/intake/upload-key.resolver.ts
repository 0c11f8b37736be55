import { Query, Resolver } from 'type-graphql';
import { CurrentViewer } from '../access/context';
import type { Viewer } from '../access/viewer';
import type { UploadKey, UploadKeys } from '../vault/upload-keys';
import { ApiKeyUploadKey } from './upload-key.types';

@Resolver()
export class UploadKeyResolver {
  constructor(private readonly uploadKeys: UploadKeys) {}

  @Query(() => ApiKeyUploadKey, {
    description:
      'What to seal a key with before it is sent. To be asked for each time: it changes every month.',
  })
  apiKeyUploadKey(@CurrentViewer() viewer: Viewer): Promise<UploadKey> {
    return this.uploadKeys.publicKey(viewer.agencyId);
  }
}
