import { graphql } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import { KeyForm } from '../keys/key-form';
import { fragments } from '../keys/operations';
import { useViewer } from '../sign-in/viewer';
import { keys } from '../text/keys';
import * as text from '../text/permissions';
import { Loaded } from '../ui/page';
import { PermissionDefaults } from '../ui/permissions';

const AGENCY = graphql(
  `
    query AgencyKeys {
      agency {
        id
        portalPermissions
        apiKeys {
          ...Key
        }
      }
      auditEvents(filter: { withoutClient: true, types: [API_KEY_SET, API_KEY_CLEARED] }, first: 100) {
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

const SET_DEFAULTS = mutation('setAgencyPortalPermissions');

/** The agency's own keys, which count wherever a client has none, and what new clients start with. */
export function AgencyKeys() {
  const viewer = useViewer();
  const answered = useQuery(AGENCY, {});
  return (
    <>
      <p class="lead">{keys.leadOfAgency}</p>
      <Loaded of={answered} rows={3}>
        {({ agency, auditEvents }) => (
          <>
            <KeyForm
              owner={{ client: null, agencyId: agency.id }}
              keys={agency.apiKeys ?? []}
              agencyKeys={null}
              events={auditEvents?.nodes ?? []}
            />
            {viewer.canManagePeople && (
              <PermissionDefaults
                mutation={SET_DEFAULTS}
                inputOf={(permissions) => ({ permissions })}
                chosen={agency.portalPermissions ?? []}
                hint={text.defaults.ofAgency}
              />
            )}
          </>
        )}
      </Loaded>
    </>
  );
}
