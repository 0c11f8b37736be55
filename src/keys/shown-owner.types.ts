import { Field } from 'type-graphql';
import { Agency } from '../agencies/agency.types';
import { Client } from '../clients/client.types';

/**
 * The owner whose keys a mutation was about. Payloads carry it so that the caches of frontends show it as it
 * is now.
 */
export interface ShownOwner {
  readonly client: (() => Promise<Client | null>) | null;
  readonly agency: (() => Promise<Agency>) | null;
}

export const OwningClient = () =>
  Field(() => Client, {
    nullable: true,
    description:
      'The client as it is after the mutation. It is null for keys of the agency, and where there is no such client.',
  });

export const OwningAgency = () =>
  Field(() => Agency, {
    nullable: true,
    description: 'The agency as it is after the mutation. It is null for keys of a client.',
  });
