import { graphql } from '../api/graphql';
import { useQuery } from '../api/query';
import { fragments } from '../keys/operations';
import { text } from '../text';
import { errorOf, Form, useChange } from '../ui/form';
import { Opens } from '../ui/opens';
import { Loaded } from '../ui/page';
import { PermissionFields, permissionsOf } from '../ui/permissions';
import { tell } from '../ui/toasts';
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

const SET_PERMISSIONS = graphql(
  `
    mutation SetClientPermissions($input: SetClientPortalPermissionsInput!) {
      setClientPortalPermissions(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const SET_POLICY = graphql(
  `
    mutation SetHandInPolicy($input: SetHandInPolicyInput!) {
      setHandInPolicy(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

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
              <Defaults clientId={id} chosen={client.portalPermissions ?? []} />
              <Policy clientId={id} isAtOnce={client.acceptsValidHandIns === true} />
            </div>
          </>
        )
      }
    </Loaded>
  );
}

function Defaults({
  clientId,
  chosen,
}: {
  clientId: string;
  chosen: Parameters<typeof PermissionFields>[0]['chosen'];
}) {
  const change = useChange();
  const save = async (values: FormData) => {
    const input = { clientId, permissions: permissionsOf(values) };
    if (await change.run(SET_PERMISSIONS, { input }, (data) => data.setClientPortalPermissions))
      tell(text.people.defaultsSaved);
  };
  return (
    <section class="card padded">
      <h2>{text.people.defaults}</h2>
      <p class="fine">{text.people.clientDefaultsHint}</p>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void save(values)}>
        <PermissionFields chosen={chosen} error={errorOf(change.errors, 'permissions')} />
      </Form>
    </section>
  );
}

function Policy({ clientId, isAtOnce }: { clientId: string; isAtOnce: boolean }) {
  const change = useChange();
  const save = async (values: FormData) => {
    const input = { clientId, acceptsValidHandIns: values.get('policy') === 'AT_ONCE' };
    if (await change.run(SET_POLICY, { input }, (data) => data.setHandInPolicy))
      tell(text.handIns.policySaved);
  };
  const choice = (value: string, words: string, isChosen: boolean) => (
    <label class="check">
      <input type="radio" name="policy" value={value} defaultChecked={isChosen} />
      <span>{words}</span>
    </label>
  );
  return (
    <section class="card padded">
      <h2>{text.handIns.policy}</h2>
      <Form change={change} submit={text.common.save} onSubmit={(values) => void save(values)}>
        <fieldset>
          <legend class="unseen">{text.handIns.policy}</legend>
          {choice('DECIDE', text.handIns.policyDecide, !isAtOnce)}
          {choice('AT_ONCE', text.handIns.policyAtOnce, isAtOnce)}
        </fieldset>
      </Form>
    </section>
  );
}
