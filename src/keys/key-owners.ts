import type { Viewer } from '../access/viewer';
import type { AgencyService } from '../agencies/agency.service';
import type { ClientService } from '../clients/client.service';
import { userError } from '../graphql/user-error';
import type { ApiKeyService } from './changes/api-key.service';
import type { KeyOwner } from './place';
import type { ShownOwner } from './shown-owner.types';

/**
 * What a payload shows as its owner when the request names a client that the viewer's agency does not have.
 */
export const NO_OWNER: ShownOwner = { client: null, agency: null };

/** Finds the owner whose keys a mutation is about, and shows that owner in the mutation's payload. */
export class KeyOwners {
  constructor(
    private readonly keys: ApiKeyService,
    private readonly clients: ClientService,
    private readonly agencies: AgencyService,
  ) {}

  agency(viewer: Viewer): KeyOwner {
    return this.keys.agencyOwner(viewer);
  }

  /** Does the work for a client's keys. If there is no such client, the payload is `none` with an error. */
  async withClient<P>(
    viewer: Viewer,
    clientId: string,
    none: Omit<P, 'userErrors'>,
    work: (owner: KeyOwner) => Promise<P>,
  ) {
    const owner = await this.keys.clientOwner(viewer, clientId);
    return owner ? work(owner) : { ...none, userErrors: [userError('NOT_FOUND', ['input', 'clientId'])] };
  }

  /** The owner is read only when a request asks for it, and then as it is after the mutation. */
  shown(viewer: Viewer, { type, id }: KeyOwner): ShownOwner {
    return type === 'CLIENT'
      ? { client: () => this.clients.find(viewer, id), agency: null }
      : { client: null, agency: () => this.agencies.own(viewer) };
  }
}
