import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { KeyForm } from '../keys/key-form';
import { fragments } from '../keys/operations';
import { useViewer } from '../sign-in/viewer';
import { text } from '../text';
import { errorOf, Form, useChange } from '../ui/form';
import { Loaded, Page } from '../ui/page';
import { PermissionFields, permissionsOf, type Permission } from '../ui/permissions';
import { tell } from '../ui/toasts';

const AGENCY = graphql(
  `
    query AgencyPage {
      agency {
        id
        name
        portalPermissions
        apiKeys {
          ...Key
        }
      }
      auditEvents(filter: { types: [API_KEY_SET, API_KEY_CLEARED] }, first: 100) {
        nodes {
          type
          at
          actorName
          provider
          maskedKey
          clientId
        }
      }
    }
  `,
  [fragments.KEY],
);

const SET_DEFAULTS = graphql(
  `
    mutation SetAgencyPermissions($input: SetAgencyPortalPermissionsInput!) {
      setAgencyPortalPermissions(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

/** The agency's own keys, which count wherever a client has none, and what new clients start with. */
export function AgencyPage() {
  const viewer = useViewer();
  const answered = useQuery(AGENCY, {});
  return (
    <Page title={viewer.agency.name} lead={text.agency.lead}>
      <Loaded of={answered} rows={3}>
        {({ agency, auditEvents }) => (
          <>
            <KeyForm
              owner={{ client: null, agencyId: agency.id }}
              keys={agency.apiKeys ?? []}
              agencyKeys={null}
              events={(auditEvents?.nodes ?? []).filter(({ clientId }) => clientId === null)}
            />
            {viewer.canManagePeople && <Defaults chosen={agency.portalPermissions ?? []} />}
          </>
        )}
      </Loaded>
    </Page>
  );
}

function Defaults({ chosen }: { chosen: readonly Permission[] }) {
  const change = useChange();
  const save = async (values: FormData) => {
    const input = { permissions: permissionsOf(values) };
    if (await change.run(SET_DEFAULTS, { input }, (data) => data.setAgencyPortalPermissions))
      tell(text.people.defaultsSaved);
  };
  return (
    <section class="card padded">
      <h2>{text.people.defaults}</h2>
      <p class="fine">{text.people.agencyDefaultsHint}</p>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void save(values)}>
        <PermissionFields chosen={chosen} error={errorOf(change.errors, 'permissions')} />
      </Form>
    </section>
  );
}
