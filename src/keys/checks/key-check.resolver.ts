import { Resolver } from 'type-graphql';
import { CurrentViewer } from '../../access/context';
import type { Viewer } from '../../access/viewer';
import { AuditedMutation, InputArgument } from '../../audit/audited-mutation';
import type { Provider } from '../../providers';
import { NO_OWNER, type KeyOwners } from '../key-owners';
import type { KeyOwner } from '../place';
import { toApiKey } from '../shown-keys';
import type { KeyCheckService, PreviewResult } from './key-check.service';
import { PreviewAgencyApiKeyChangeInput, PreviewClientApiKeyChangeInput } from './key-change-preview.inputs';
import {
  PreviewAgencyApiKeyChangePayload,
  PreviewClientApiKeyChangePayload,
} from './key-change-preview.types';
import { VerifyAgencyApiKeysInput, VerifyClientApiKeysInput } from './key-verification.inputs';
import { VerifyApiKeysPayload } from './key-verification.types';

@Resolver()
export class KeyCheckResolver {
  constructor(
    private readonly checks: KeyCheckService,
    private readonly owners: KeyOwners,
  ) {}

  @AuditedMutation(() => VerifyApiKeysPayload, {
    audit: ['API_KEY_VERIFIED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Asks the providers about a client's keys with their cheapest read-only request, and looks up " +
      "the client's agents in the accounts of the keys. It places no call.",
  })
  verifyClientApiKeys(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => VerifyClientApiKeysInput) input: VerifyClientApiKeysInput,
  ) {
    return this.owners.withClient(viewer, input.clientId, { results: [], ...NO_OWNER }, (owner) =>
      this.#verify(viewer, owner, input.providers),
    );
  }

  @AuditedMutation(() => VerifyApiKeysPayload, {
    audit: ['API_KEY_VERIFIED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Asks the providers about the agency's own keys with their cheapest read-only request, and " +
      'looks up the agents that use these keys in their accounts. It places no call.',
  })
  verifyAgencyApiKeys(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => VerifyAgencyApiKeysInput) input: VerifyAgencyApiKeysInput,
  ) {
    return this.#verify(viewer, this.owners.agency(viewer), input.providers);
  }

  @AuditedMutation(() => PreviewClientApiKeyChangePayload, {
    audit: ['API_KEY_PREVIEWED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Tells what a change of one of a client's keys would do, and changes nothing. It is a mutation " +
      'because it carries a secret, and a query can be sent in a URL.',
  })
  previewClientApiKeyChange(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => PreviewClientApiKeyChangeInput) input: PreviewClientApiKeyChangeInput,
  ) {
    return this.owners.withClient(viewer, input.clientId, { preview: null, warnings: [] }, (owner) =>
      this.#preview(viewer, owner, input),
    );
  }

  @AuditedMutation(() => PreviewAgencyApiKeyChangePayload, {
    audit: ['API_KEY_PREVIEWED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Tells what a change of one of the agency's own keys would do to the agents whose client has no " +
      'key for the provider, and changes nothing.',
  })
  previewAgencyApiKeyChange(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => PreviewAgencyApiKeyChangeInput) input: PreviewAgencyApiKeyChangeInput,
  ): Promise<PreviewResult> {
    return this.#preview(viewer, this.owners.agency(viewer), input);
  }

  #preview(
    viewer: Viewer,
    owner: KeyOwner,
    { provider, apiKey, region }: PreviewAgencyApiKeyChangeInput,
  ): Promise<PreviewResult> {
    const candidate = apiKey ? { secret: apiKey, region: region ?? null } : null;
    return this.checks.preview(viewer, owner, provider, candidate);
  }

  async #verify(
    viewer: Viewer,
    owner: KeyOwner,
    providers: readonly Provider[] | null | undefined,
  ): Promise<VerifyApiKeysPayload> {
    const { results, userErrors } = await this.checks.verify(viewer, owner, providers ?? null);
    return {
      results: results.map((result) => ({ ...result, apiKey: toApiKey(result.apiKey) })),
      userErrors,
      ...this.owners.shown(viewer, owner),
    };
  }
}
