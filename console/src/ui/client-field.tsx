import { useState } from 'preact/hooks';
import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import * as text from '../text/common';
import { Filter } from './filter';
import { SelectField } from './form';
import { SearchField } from './search';

const CLIENT_NAMES = graphql(`
  query ClientNames($search: String, $chosen: ID!, $isChosen: Boolean!) {
    clients(search: $search, first: 50) {
      pageInfo {
        hasNextPage
      }
      nodes {
        id
        name
        archivedAt
      }
    }
    client(id: $chosen) @include(if: $isChosen) {
      id
      name
      archivedAt
    }
  }
`);

/** Clients by name, the one that is chosen among them; with more than fit into a list, one searches first. */
function useClients(chosen: string) {
  const [search, setSearch] = useState('');
  const { data } = useQuery(CLIENT_NAMES, { search: search || null, chosen, isChosen: chosen !== '' });
  const { clients, client } = data.value ?? {};
  const others = (clients?.nodes ?? []).filter(({ id }) => id !== client?.id);
  const isLong = clients?.pageInfo.hasNextPage === true || search !== '';
  return {
    clients: [...(client ? [client] : []), ...others],
    searchField: isLong && (
      <SearchField
        label={text.common.searchClients}
        hint={text.common.searchClients}
        value={search}
        onSearch={setSearch}
        isInForm
      />
    ),
  };
}

interface ClientFieldProps {
  readonly chosen: string | null;
  readonly error?: string | undefined;
  readonly hint?: string;
  readonly isOptional?: boolean;
  /** What it means to choose none. */
  readonly none?: string;
}

/** A choice among the active clients. */
export function ClientField({
  chosen,
  error,
  hint,
  isOptional,
  none = text.common.noClient,
}: ClientFieldProps) {
  const [picked, setPicked] = useState(chosen ?? '');
  const { clients, searchField } = useClients(picked);
  const active = clients.filter(({ id, archivedAt }) => archivedAt === null || id === chosen);
  const options = [
    ['', isOptional === true ? none : text.common.choose] as const,
    ...active.map(({ id, name }) => [id, name] as const),
  ];
  return (
    <>
      {searchField}
      <SelectField
        label={text.common.client}
        name="clientId"
        options={options}
        value={picked}
        error={error}
        hint={hint}
        onChange={setPicked}
        isRequired={isOptional !== true}
      />
    </>
  );
}

/** Narrows a list to a client, whether active or archived. */
export function ClientFilter(field: { readonly value: string; readonly onChange: (id: string) => void }) {
  const { clients, searchField } = useClients(field.value);
  return (
    <>
      {searchField}
      <Filter label={text.common.client} options={clients.map(({ id, name }) => [id, name])} {...field} />
    </>
  );
}
