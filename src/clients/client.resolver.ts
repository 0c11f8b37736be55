import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation } from '../audit/audited-mutation';
import { badArgument } from '../graphql/errors';
import { isId } from '../platform/ids';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { MAX_SEARCH_LENGTH, type ClientResult, type ClientService, type ShownClient } from './client.service';
import {
  ArchiveClientInput,
  ArchiveClientPayload,
  Client,
  ClientConnection,
  CreateClientInput,
  CreateClientPayload,
  RenameClientInput,
  RenameClientPayload,
} from './client.types';

@Resolver(() => Client)
export class ClientResolver {
  constructor(private readonly clients: ClientService) {}

  @Query(() => Client, { nullable: true, description: 'Null when the viewer has no such client.' })
  async client(
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
    @Arg('id', () => ID) id: string,
  ): Promise<ShownClient | null> {
    const [client] = await Promise.all([this.clients.find(viewer, id), isId(id) && loaders.readAhead([id])]);
    return client;
  }

  @Query(() => ClientConnection, {
    name: 'clients',
    description: 'Of the agency, in the order of creation; for a portal user its own client alone.',
  })
  async list(
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
    @AskedPage() page: PageArguments,
    @Arg('search', () => String, {
      nullable: true,
      description:
        'A part of the name, at most 100 characters; upper and lower case are the same, on SQLite for ASCII letters.',
    })
    search: string | null,
  ): Promise<Page<ShownClient>> {
    if (search && [...search].length > MAX_SEARCH_LENGTH)
      throw badArgument('search', `\`search\` has at most ${MAX_SEARCH_LENGTH} characters.`);
    // SQLite ends a pattern at a NUL, and would find everything.
    if (search && /[\p{Cc}\p{Cs}]/u.test(search))
      throw badArgument('search', '`search` has no control characters.');
    const found = await this.clients.list(viewer, pageArgs(page), search);
    await loaders.readAhead(found.nodes.map(({ id }) => id));
    return found;
  }

  @AuditedMutation(() => CreateClientPayload, {
    audit: ['CLIENT_CREATED'],
    rateClass: 'MUTATION',
    description: "Its portal users may do what the agency's `portalPermissions` say at this time.",
  })
  createClient(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => CreateClientInput) input: CreateClientInput,
  ): Promise<ClientResult> {
    return this.clients.create(viewer, input);
  }

  @AuditedMutation(() => RenameClientPayload, {
    audit: ['CLIENT_RENAMED'],
    rateClass: 'MUTATION',
    description: 'The name it has already changes nothing.',
  })
  renameClient(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => RenameClientInput) { clientId, name }: RenameClientInput,
  ): Promise<ClientResult> {
    return this.clients.rename(viewer, clientId, name);
  }

  @AuditedMutation(() => ArchiveClientPayload, {
    audit: ['CLIENT_ARCHIVED'],
    rateClass: 'MUTATION',
    description: 'From now on the agents of this client place no calls. Its keys stay.',
  })
  archiveClient(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => ArchiveClientInput) input: ArchiveClientInput,
  ): Promise<ClientResult> {
    return this.clients.setArchived(viewer, input.clientId, true);
  }

  @AuditedMutation(() => ArchiveClientPayload, {
    audit: ['CLIENT_RESTORED'],
    rateClass: 'MUTATION',
    description: 'Takes an archived client back.',
  })
  restoreClient(
    @CurrentViewer() viewer: Viewer,
    @Arg('input', () => ArchiveClientInput) input: ArchiveClientInput,
  ): Promise<ClientResult> {
    return this.clients.setArchived(viewer, input.clientId, false);
  }
}

/** Many clients by id in one statement, for fields that lead to a client. */
export function loadClient(
  context: RequestContext,
  clients: ClientService,
  viewer: Viewer,
  id: string | null,
): Promise<ShownClient | null> | null {
  return id === null ? null : context.loaders.load('client', id, (ids) => clients.findMany(viewer, ids));
}
