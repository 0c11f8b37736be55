import { awsKms } from './aws-kms';
import type { KeyService } from './key-service';
import { vaultTransit } from './vault-transit';

export { KeyServiceFailure, type KeyServiceEnvironment, type WrappedBytes } from './key-service';

/** The key services are listed by the names that they have in the lines of a key ring. */
export const keyServices = { 'aws-kms': awsKms, 'vault-transit': vaultTransit } as const satisfies Record<
  string,
  KeyService
>;
export type KeyServiceName = keyof typeof keyServices;

export function isKeyService(name: string): name is KeyServiceName {
  return Object.hasOwn(keyServices, name);
}
