import { Resolver } from 'type-graphql';
import { CurrentViewer } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import { AuditedMutation, InputArgument } from '../../audit/audited-mutation';
import type { Provider } from '../../providers';
import { NO_OWNER, type KeyOwners } from '../key-owners';
import type { KeyOwner } from '../place';
import { toApiKey } from '../shown-keys';
import type { ApiKeyService } from './api-key.service';
import {
  ClearAgencyApiKeysInput,
  ClearClientApiKeysInput,
  SetAgencyApiKeysInput,
  SetClientApiKeysInput,
} from './key-change.inputs';
import { ClearApiKeysPayload, SetApiKeysPayload } from './key-change.types';

@Resolver()
export class KeyChangeResolver {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly owners: KeyOwners,
  ) {}

  @AuditedMutation(() => SetApiKeysPayload, {
    audit: ['API_KEY_SET', 'API_KEY_REJECTED'],
    rateClass: 'KEY_OPERATION',
    description: 'Sets one or several keys of a client. Either all of them are set or none.',
  })
  setClientApiKeys(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetClientApiKeysInput) input: SetClientApiKeysInput,
  ) {
    const none = { apiKeys: [], warnings: [], ...NO_OWNER };
    return this.owners.withClient(viewer, input.clientId, none, (owner) => this.#set(viewer, owner, input));
  }

  @AuditedMutation(() => SetApiKeysPayload, {
    audit: ['API_KEY_SET', 'API_KEY_REJECTED'],
    rateClass: 'KEY_OPERATION',
    description: "Sets one or several of the agency's own keys. Either all of them are set or none.",
  })
  setAgencyApiKeys(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => SetAgencyApiKeysInput) input: SetAgencyApiKeysInput,
  ) {
    return this.#set(viewer, this.owners.agency(viewer), input);
  }

  @AuditedMutation(() => ClearApiKeysPayload, {
    audit: ['API_KEY_CLEARED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Clears keys of a client. From the very next call on, the client's agents use the agency's keys.",
  })
  clearClientApiKeys(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ClearClientApiKeysInput) input: ClearClientApiKeysInput,
  ) {
    const none = { apiKeys: [], agentsWithoutKey: [], effects: [], ...NO_OWNER };
    return this.owners.withClient(viewer, input.clientId, none, (owner) =>
      this.#clear(viewer, owner, input.providers),
    );
  }

  @AuditedMutation(() => ClearApiKeysPayload, {
    audit: ['API_KEY_CLEARED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Clears the agency's own keys. From the very next call on, agents whose client has no key of " +
      'its own place no calls.',
  })
  clearAgencyApiKeys(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ClearAgencyApiKeysInput) input: ClearAgencyApiKeysInput,
  ) {
    return this.#clear(viewer, this.owners.agency(viewer), input.providers);
  }

  async #set(
    viewer: Viewer,
    owner: KeyOwner,
    { keys, verify }: SetAgencyApiKeysInput,
  ): Promise<SetApiKeysPayload> {
    const result = await this.keys.set(viewer, owner, keys, verify ?? false);
    return { ...result, apiKeys: result.apiKeys.map(toApiKey), ...this.owners.shown(viewer, owner) };
  }

  async #clear(
    viewer: Viewer,
    owner: KeyOwner,
    providers: readonly Provider[],
  ): Promise<ClearApiKeysPayload> {
    const result = await this.keys.clear(viewer, owner, providers);
    return { ...result, apiKeys: result.apiKeys.map(toApiKey), ...this.owners.shown(viewer, owner) };
  }
}
