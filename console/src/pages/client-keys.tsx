import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { KeyForm } from '../keys/key-form';
import { fragments } from '../keys/operations';
import * as text from '../text/keys';
import { Loaded } from '../ui/page';
import type { ShownClient } from './client';

const CLIENT_KEYS = graphql(
  `
    query ClientKeys($id: ID!) {
      client(id: $id) {
        id
        apiKeys {
          ...Key
        }
      }
      agency {
        id
        apiKeys {
          provider
          isSet
          status
        }
      }
      auditEvents(filter: { clientId: $id, types: [API_KEY_SET, API_KEY_CLEARED] }, first: 100) {
        nodes {
          type
          actorName
          provider
          maskedKey
          keyVersion
        }
      }
    }
  `,
  [fragments.KEY],
);

export function ClientKeys({ client: { id, name } }: { client: ShownClient }) {
  const answered = useQuery(CLIENT_KEYS, { id });
  return (
    <Loaded of={answered} rows={3}>
      {({ client, agency, auditEvents }) => (
        <>
          <p class="lead">{text.keys.lead}</p>
          <KeyForm
            owner={{ client: { id, name }, agencyId: agency.id }}
            keys={client?.apiKeys ?? []}
            agencyKeys={agency.apiKeys ?? []}
            events={auditEvents?.nodes ?? []}
          />
        </>
      )}
    </Loaded>
  );
}
