import { Arg, Ctx, ID, Query, Resolver } from 'type-graphql';
import { CurrentViewer, type RequestContext } from '../access/context';
import type { Viewer } from '../access/viewer';
import { AuditedMutation, InputArgument } from '../audit/audited-mutation';
import { badArgument } from '../graphql/errors';
import { isId } from '../platform/ids';
import { pageArgs, type Page } from '../graphql/page';
import { AskedPage, PageArguments } from '../graphql/page-arguments';
import { MAX_SEARCH_LENGTH, type ClientResult, type ClientService, type ShownClient } from './client.service';
import { ArchiveClientInput, CreateClientInput, RenameClientInput } from './client.inputs';
import {
  ArchiveClientPayload,
  Client,
  ClientConnection,
  CreateClientPayload,
  RenameClientPayload,
} from './client.types';

@Resolver(() => Client)
export class ClientResolver {
  constructor(private readonly clients: ClientService) {}

  @Query(() => Client, {
    nullable: true,
    description: 'A client by its id. It is null when the viewer has no such client.',
  })
  async client(
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
    @Arg('id', () => ID, {
      description:
        'The id of the client. An id that was never given out and the id of an object that the viewer may not see are answered alike: with null.',
    })
    id: string,
  ): Promise<ShownClient | null> {
    return loaders.readAhead(isId(id) ? [id] : [], () => this.clients.find(viewer, id));
  }

  @Query(() => ClientConnection, {
    name: 'clients',
    description:
      'The clients of the agency in the order of creation; a portal user sees its own client alone.',
  })
  async list(
    @CurrentViewer() viewer: Viewer,
    @Ctx() { loaders }: RequestContext,
    @AskedPage() page: PageArguments,
    @Arg('search', () => String, {
      nullable: true,
      description:
        'Only clients whose name contains this text of at most 100 characters. Upper and lower case are the same, on SQLite for ASCII letters alone; letters with and without an accent, or ß and ss, are not the same.',
    })
    search: string | null,
  ): Promise<Page<ShownClient>> {
    if (search && [...search].length > MAX_SEARCH_LENGTH)
      throw badArgument('search', `\`search\` has at most ${MAX_SEARCH_LENGTH} characters.`);
    // SQLite ends a pattern at a NUL character, and would find every client.
    if (search && /[\p{Cc}\p{Cs}]/u.test(search))
      throw badArgument('search', '`search` has no control characters.');
    const asked = pageArgs('Client', page);
    const ids = this.clients.selectIds(viewer, asked, search);
    if (ids) return loaders.readAhead(ids, () => this.clients.list(viewer, asked, search));
    const found = await this.clients.list(viewer, asked, search);
    return loaders.readAhead(
      found.nodes.map(({ id }) => id),
      () => found,
    );
  }

  @AuditedMutation(() => CreateClientPayload, {
    audit: ['CLIENT_CREATED'],
    rateClass: 'MUTATION',
    description:
      "Creates a client. Its portal users start with the permissions that the agency's `portalPermissions` have at this time.",
  })
  createClient(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => CreateClientInput) input: CreateClientInput,
  ): Promise<ClientResult> {
    return this.clients.create(viewer, input);
  }

  @AuditedMutation(() => RenameClientPayload, {
    audit: ['CLIENT_RENAMED'],
    rateClass: 'MUTATION',
    description: 'Gives a client another name. Nothing changes when it has that name already.',
  })
  renameClient(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => RenameClientInput) { clientId, name }: RenameClientInput,
  ): Promise<ClientResult> {
    return this.clients.rename(viewer, clientId, name);
  }

  @AuditedMutation(() => ArchiveClientPayload, {
    audit: ['CLIENT_ARCHIVED'],
    rateClass: 'MUTATION',
    description: 'Archives a client. From now on its agents place no calls. Its keys stay.',
  })
  archiveClient(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ArchiveClientInput) input: ArchiveClientInput,
  ): Promise<ClientResult> {
    return this.clients.setArchived(viewer, input.clientId, true);
  }

  @AuditedMutation(() => ArchiveClientPayload, {
    audit: ['CLIENT_RESTORED'],
    rateClass: 'MUTATION',
    description: 'Makes an archived client active again.',
  })
  restoreClient(
    @CurrentViewer() viewer: Viewer,
    @InputArgument(() => ArchiveClientInput) input: ArchiveClientInput,
  ): Promise<ClientResult> {
    return this.clients.setArchived(viewer, input.clientId, false);
  }
}

/** Reads many clients by id in one statement, for fields that lead to a client. */
export function loadClient(
  context: RequestContext,
  clients: ClientService,
  viewer: Viewer,
  id: string | null,
): Promise<ShownClient | null> | null {
  return id === null ? null : context.loaders.load('client', id, (ids) => clients.findMany(viewer, ids));
}
