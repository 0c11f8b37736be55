import { Arg, Ctx, FieldResolver, Resolver, Root } from 'type-graphql';
import { loadField, type BatchedField } from '../access/batched-field';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation } from '../audit/audited-mutation';
import type { AgencyRow } from '../agencies/agency.entity';
import type { AgencyService } from '../agencies/agency.service';
import { Agency } from '../agencies/agency.types';
import type { ShownAgent } from '../agents/agent.service';
import { Agent } from '../agents/agent.types';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { userError } from '../graphql/user-error';
import type { Provider } from '../providers';
import type { ApiKeyService } from './changes/api-key.service';
import {
  ApiKey,
  ClearAgencyApiKeysInput,
  ClearApiKeysPayload,
  ClearClientApiKeysInput,
  KeyResolution,
  PreviewAgencyApiKeyChangeInput,
  PreviewAgencyApiKeyChangePayload,
  PreviewClientApiKeyChangeInput,
  PreviewClientApiKeyChangePayload,
  SetAgencyApiKeysInput,
  SetApiKeysPayload,
  SetClientApiKeysInput,
  VerifyAgencyApiKeysInput,
  VerifyApiKeysPayload,
  VerifyClientApiKeysInput,
} from './api-key.types';
import type { KeyCheckService, PreviewResult } from './checks/key-check.service';
import type { KeyResolverService } from './resolution/key-resolver.service';
import type { KeyOwner } from './key-store';
import { apiKeysField, toApiKey, type ShownSummary } from './shown-keys';
import type { ShownOwner } from './shown-owner.types';

const NO_OWNER: ShownOwner = { client: null, agency: null };

@Resolver()
export class ApiKeyResolver {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly checks: KeyCheckService,
    private readonly clients: ClientService,
    private readonly agencies: AgencyService,
  ) {}

  @AuditedMutation(() => SetApiKeysPayload, {
    audit: ['API_KEY_SET', 'API_KEY_REJECTED'],
    rateClass: 'KEY_OPERATION',
    description: 'Sets one or several keys of a client at once: all or none.',
  })
  setClientApiKeys(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => SetClientApiKeysInput) input: SetClientApiKeysInput,
  ) {
    return this.#ofClient(viewer, input.clientId, { apiKeys: [], warnings: [], ...NO_OWNER }, (owner) =>
      this.#set(viewer, owner, input),
    );
  }

  @AuditedMutation(() => SetApiKeysPayload, {
    audit: ['API_KEY_SET', 'API_KEY_REJECTED'],
    rateClass: 'KEY_OPERATION',
    description: "Sets one or several of the agency's own keys at once: all or none.",
  })
  setAgencyApiKeys(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => SetAgencyApiKeysInput) input: SetAgencyApiKeysInput,
  ) {
    return this.#set(viewer, this.keys.agencyOwner(viewer), input);
  }

  @AuditedMutation(() => ClearApiKeysPayload, {
    audit: ['API_KEY_CLEARED'],
    rateClass: 'KEY_OPERATION',
    description: "From the very next call on, the client's agents use the agency's keys.",
  })
  clearClientApiKeys(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => ClearClientApiKeysInput) input: ClearClientApiKeysInput,
  ) {
    const none = { apiKeys: [], agentsWithoutKey: [], effects: [], ...NO_OWNER };
    return this.#ofClient(viewer, input.clientId, none, (owner) =>
      this.#clear(viewer, owner, input.providers),
    );
  }

  @AuditedMutation(() => ClearApiKeysPayload, {
    audit: ['API_KEY_CLEARED'],
    rateClass: 'KEY_OPERATION',
    description: 'From the very next call on, agents whose client has no key of its own place no calls.',
  })
  clearAgencyApiKeys(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => ClearAgencyApiKeysInput) input: ClearAgencyApiKeysInput,
  ) {
    return this.#clear(viewer, this.keys.agencyOwner(viewer), input.providers);
  }

  @AuditedMutation(() => VerifyApiKeysPayload, {
    audit: ['API_KEY_VERIFIED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Shows a client's keys to their providers with the cheapest read-only request, and looks up its agents. Places no call.",
  })
  verifyClientApiKeys(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => VerifyClientApiKeysInput) input: VerifyClientApiKeysInput,
  ) {
    return this.#ofClient(viewer, input.clientId, { results: [], ...NO_OWNER }, (owner) =>
      this.#verify(viewer, owner, input.providers),
    );
  }

  @AuditedMutation(() => VerifyApiKeysPayload, {
    audit: ['API_KEY_VERIFIED'],
    rateClass: 'KEY_OPERATION',
    description:
      "Shows the agency's keys to their providers with the cheapest read-only request, and looks up the agents that use them.",
  })
  verifyAgencyApiKeys(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => VerifyAgencyApiKeysInput) input: VerifyAgencyApiKeysInput,
  ) {
    return this.#verify(viewer, this.keys.agencyOwner(viewer), input.providers);
  }

  @AuditedMutation(() => PreviewClientApiKeyChangePayload, {
    audit: ['API_KEY_PREVIEWED'],
    rateClass: 'KEY_OPERATION',
    description: 'Changes nothing; a mutation because it carries a secret, and a query can be sent in a URL.',
  })
  previewClientApiKeyChange(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => PreviewClientApiKeyChangeInput) input: PreviewClientApiKeyChangeInput,
  ) {
    return this.#ofClient(viewer, input.clientId, { preview: null, warnings: [] }, (owner) =>
      this.#preview(viewer, owner, input),
    );
  }

  @AuditedMutation(() => PreviewAgencyApiKeyChangePayload, {
    audit: ['API_KEY_PREVIEWED'],
    rateClass: 'KEY_OPERATION',
    description:
      "The same for a key of the agency's own: whom it concerns are the agents whose client has no key for the provider.",
  })
  previewAgencyApiKeyChange(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => PreviewAgencyApiKeyChangeInput) input: PreviewAgencyApiKeyChangeInput,
  ): Promise<PreviewResult> {
    return this.#preview(viewer, this.keys.agencyOwner(viewer), input);
  }

  async #ofClient<P>(
    viewer: Viewer,
    clientId: string,
    none: Omit<P, 'userErrors'>,
    work: (owner: KeyOwner) => Promise<P>,
  ) {
    const owner = await this.keys.clientOwner(viewer, clientId);
    return owner ? work(owner) : { ...none, userErrors: [userError('NOT_FOUND', ['input', 'clientId'])] };
  }

  #preview(
    viewer: Viewer,
    owner: KeyOwner,
    { provider, apiKey, region }: PreviewAgencyApiKeyChangeInput,
  ): Promise<PreviewResult> {
    return this.checks.preview(
      viewer,
      owner,
      provider,
      apiKey ? { secret: apiKey, region: region ?? null } : null,
    );
  }

  async #set(
    viewer: Viewer,
    owner: KeyOwner,
    { keys, verify }: SetAgencyApiKeysInput,
  ): Promise<SetApiKeysPayload> {
    const result = await this.keys.set(viewer, owner, keys, verify ?? false);
    return { ...result, apiKeys: result.apiKeys.map(toApiKey), ...this.#shown(viewer, owner) };
  }

  async #clear(
    viewer: Viewer,
    owner: KeyOwner,
    providers: readonly Provider[],
  ): Promise<ClearApiKeysPayload> {
    const result = await this.keys.clear(viewer, owner, providers);
    return { ...result, apiKeys: result.apiKeys.map(toApiKey), ...this.#shown(viewer, owner) };
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
      ...this.#shown(viewer, owner),
    };
  }

  // Read when it is asked for, and then as it is after the mutation.
  #shown(viewer: Viewer, { type, id }: KeyOwner): ShownOwner {
    return type === 'CLIENT'
      ? { client: () => this.clients.find(viewer, id), agency: null }
      : { client: null, agency: () => this.agencies.own(viewer) };
  }
}

@Resolver(() => Client)
export class ClientApiKeysResolver {
  readonly field: BatchedField<ShownSummary[]>;

  constructor(keys: ApiKeyService) {
    this.field = apiKeysField(keys);
  }

  @FieldResolver(() => [ApiKey], {
    nullable: true,
    description: 'One entry per provider, set or not; null with an error for anyone else.',
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
    description: "The agency's own keys, one entry per provider.",
  })
  apiKeys(
    @Root() agency: AgencyRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownSummary[]> {
    return loadField(context, viewer, this.field, agency.id, {});
  }
}

@Resolver(() => Agent)
export class KeyResolutionResolver {
  constructor(private readonly resolver: KeyResolverService) {}

  @FieldResolver(() => KeyResolution, {
    nullable: true,
    description: 'Which key the next call of this agent uses, and why. Opens no key.',
  })
  keyResolution(
    @Root() agent: ShownAgent,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<KeyResolution> {
    const chain = JSON.stringify([agent.clientId, agent.provider]);
    return context.loaders.load('key resolution', chain, (chains) =>
      this.resolver.explain(
        viewer,
        chains.map((text) => {
          const [clientId, provider] = JSON.parse(text) as [string | null, Provider];
          return { agencyId: viewer.agencyId, clientId, provider };
        }),
      ),
    );
  }
}
