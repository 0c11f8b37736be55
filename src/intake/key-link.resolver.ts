import { Arg, Ctx, FieldResolver, ID, Query, Resolver, Root } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { loadClient } from '../clients/client.resolver';
import type { ClientService, ShownClient } from '../clients/client.service';
import { Client } from '../clients/client.types';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { linkStatus } from './key-link-status';
import type { KeyLinkRow } from './key-link.entity';
import type { KeyLinkResult, KeyLinkService } from './key-link.service';
import { CreateKeyLinkInput, RevokeKeyLinkInput } from './key-link.inputs';
import { CreateKeyLinkPayload, KeyLink, KeyLinkConnection, RevokeKeyLinkPayload } from './key-link.types';

@Resolver(() => KeyLink)
export class KeyLinkResolver {
  constructor(
    private readonly links: KeyLinkService,
    private readonly clients: ClientService,
  ) {}

  @Query(() => KeyLinkConnection, {
    nullable: true,
    name: 'keyLinks',
    description: 'One-time links of the agency, whatever became of them, the newest first.',
  })
  async list(
    @CurrentViewer() viewer: Viewer,
    @Arg('clientId', () => ID, {
      nullable: true,
      description:
        'Only links for this client. The list is empty for a client that the viewer does not have.',
    })
    clientId: string | null | undefined,
    @AskedPage() page: PageArguments,
  ): Promise<Page<KeyLink>> {
    return (await this.links.list(viewer, pageArgs('KeyLink', page), clientId ?? null)).map(toKeyLink);
  }

  @FieldResolver(() => Client, { nullable: true, description: 'The client whose key it is about.' })
  client(
    @Root() link: KeyLinkRow,
    @CurrentViewer() viewer: Viewer,
    @Ctx() context: RequestContext,
  ): Promise<ShownClient | null> | null {
    return loadClient(context, this.clients, viewer, link.clientId);
  }

  @AuditedMutation(() => CreateKeyLinkPayload, {
    audit: ['KEY_LINK_CREATED'],
    rateClass: 'KEY_OPERATION',
    description: `Creates a one-time link: a page on which someone without a login hands in the client's key for one provider. It opens once, until it expires, with the code; five
wrong codes, or ten keys that the provider refuses, lock it. The provider is asked before the key is taken; what follows is the same as for every key that is handed in.`,
  })
  async createKeyLink(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => CreateKeyLinkInput) input: CreateKeyLinkInput,
  ): Promise<CreateKeyLinkPayload> {
    const { url, code, ...result } = await this.links.create(viewer, input);
    return { ...toPayload(result), url, code };
  }

  @AuditedMutation(() => RevokeKeyLinkPayload, {
    audit: ['KEY_LINK_REVOKED'],
    rateClass: 'MUTATION',
    description: 'Revokes a one-time link. It no longer opens.',
  })
  async revokeKeyLink(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RevokeKeyLinkInput) { keyLinkId }: RevokeKeyLinkInput,
  ): Promise<RevokeKeyLinkPayload> {
    return toPayload(await this.links.revoke(viewer, keyLinkId));
  }
}

function toPayload({ keyLink, userErrors }: KeyLinkResult): RevokeKeyLinkPayload {
  return { keyLink: keyLink && toKeyLink(keyLink), userErrors };
}

export function toKeyLink(row: KeyLinkRow): KeyLink & KeyLinkRow {
  return { ...row, status: linkStatus(row) };
}
