import { useState } from 'preact/hooks';
import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { text } from '../text';
import { SelectField } from './form';
import { SearchField } from './search';

const CLIENT_NAMES = graphql(`
  query ClientNames($search: String) {
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
  }
`);

interface ClientFieldProps {
  readonly chosen: { readonly id: string; readonly name: string } | null;
  readonly error?: string | undefined;
  readonly hint?: string;
  readonly isOptional?: boolean;
}

/** A choice among the active clients; with more than fit into a list, one searches first. */
export function ClientField({ chosen, error, hint, isOptional }: ClientFieldProps) {
  const [search, setSearch] = useState('');
  const answered = useQuery(CLIENT_NAMES, { search: search || null });
  const clients = answered.data.value?.clients;
  const active = (clients?.nodes ?? []).filter(
    ({ archivedAt, id }) => archivedAt === null && id !== chosen?.id,
  );
  const options = [
    ...(isOptional === true ? [['', text.agents.noClient] as const] : []),
    ...[...(chosen ? [chosen] : []), ...active].map(({ id, name }) => [id, name] as const),
  ];
  const isLong = clients?.pageInfo.hasNextPage === true || search !== '';
  return (
    <>
      {isLong && (
        <SearchField
          label={text.clients.search}
          hint={text.clients.search}
          value={search}
          onSearch={setSearch}
          isInForm
        />
      )}
      <SelectField
        label={text.common.client}
        name="clientId"
        options={options}
        value={chosen?.id ?? ''}
        error={error}
        hint={hint}
      />
    </>
  );
}
