import { Field } from 'type-graphql';
import { Agency } from '../agencies/agency.types';
import { Client } from '../clients/client.types';

/** Whose keys a mutation was about, so that a client's cache shows what it has become. */
export interface ShownOwner {
  readonly client: (() => Promise<Client | null>) | null;
  readonly agency: (() => Promise<Agency>) | null;
}

export const OwningClient = () =>
  Field(() => Client, {
    nullable: true,
    description: 'The client, as it is now; null for keys of the agency, and where there is no such client.',
  });

export const OwningAgency = () =>
  Field(() => Agency, {
    nullable: true,
    description: 'The agency, as it is now; null for keys of a client.',
  });
