import { graphql } from '../api/graphql';
import { mutation } from '../api/mutation';
import { useQuery } from '../api/query';
import * as text from '../text/client';
import { ChangeForm } from '../ui/change';
import { Opens } from '../ui/opens';
import { Loaded } from '../ui/page';
import { PermissionDefaults } from '../ui/permissions';
import type { ShownClient } from './client';
import { PeopleList } from './people';
import { InvitePortalUser } from './people-dialogs';

const PORTAL = graphql(`
  query ClientPortal($id: ID!) {
    client(id: $id) {
      id
      portalPermissions
      acceptsValidHandIns
    }
  }
`);

const SET_PERMISSIONS = mutation('setClientPortalPermissions');
const SET_POLICY = mutation('setHandInPolicy');

/** The people of a client, what new ones may do, and who decides on the keys that they hand in. */
export function PortalUsers({ client: { id } }: { client: ShownClient }) {
  const answered = useQuery(PORTAL, { id });
  return (
    <Loaded of={answered}>
      {({ client }) =>
        client && (
          <>
            <div class="actions">
              <Opens kind="primary" label={text.people.invitePortal}>
                {(close) => (
                  <InvitePortalUser
                    clientId={id}
                    permissions={client.portalPermissions ?? []}
                    onClose={close}
                  />
                )}
              </Opens>
            </div>
            <PeopleList clientId={id} />
            <div class="columns">
              <PermissionDefaults
                mutation={SET_PERMISSIONS}
                inputOf={(permissions) => ({ clientId: id, permissions })}
                chosen={client.portalPermissions ?? []}
                hint={text.defaults.ofClient}
              />
              <Policy clientId={id} isAtOnce={client.acceptsValidHandIns === true} />
            </div>
          </>
        )
      }
    </Loaded>
  );
}

function Policy({ clientId, isAtOnce }: { clientId: string; isAtOnce: boolean }) {
  const choice = (value: string, words: string, isChosen: boolean) => (
    <label class="check">
      <input type="radio" name="policy" value={value} defaultChecked={isChosen} />
      <span>{words}</span>
    </label>
  );
  return (
    <section class="card padded">
      <h2>{text.policy.title}</h2>
      <ChangeForm
        mutation={SET_POLICY}
        inputOf={(values) => ({ clientId, acceptsValidHandIns: values.get('policy') === 'AT_ONCE' })}
        said={() => text.policy.saved}
      >
        {() => (
          <fieldset>
            <legend class="unseen">{text.policy.title}</legend>
            {choice('DECIDE', text.policy.decide, !isAtOnce)}
            {choice('AT_ONCE', text.policy.atOnce, isAtOnce)}
          </fieldset>
        )}
      </ChangeForm>
    </section>
  );
}
