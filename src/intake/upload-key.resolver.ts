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
      'The public key with which an API key is sealed before it is sent. Ask for it each time, since it changes every month.',
  })
  apiKeyUploadKey(@CurrentViewer() viewer: Viewer): Promise<UploadKey> {
    return this.uploadKeys.publicKey(viewer.agencyId);
  }
}
