import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { providerName } from '../sign-in/settings';
import * as text from '../text/hand-ins';
import { ChangeDialog } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Badge, ClientLink, Copy, Stack, Time, Until, type Tone } from '../ui/parts';
import { firstProvider, ProviderFields, regionOf } from '../ui/provider-fields';
import { actions, List, type Columns } from '../ui/table';

const LINKS = graphql(`
  query Links($first: Int, $after: String) {
    list: keyLinks(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        provider
        status
        failedCodes
        createdByName
        createdAt
        expiresAt
        client {
          id
          name
        }
      }
    }
  }
`);

const CREATE = mutation('createKeyLink', 'url code');
const REVOKE = mutation('revokeKeyLink');

type Link = NonNullable<ResultOf<typeof LINKS>['list']>['nodes'][number];

const TONES: Readonly<Record<Link['status'], Tone>> = {
  OPEN: 'info',
  USED: 'ok',
  REVOKED: 'plain',
  LOCKED: 'bad',
  EXPIRED: 'warn',
};

const COLUMNS: Columns<Link> = [
  { title: text.common.client, cell: ({ client }) => <ClientLink client={client} /> },
  { title: text.common.provider, cell: ({ provider }) => providerName(provider) },
  {
    title: text.common.created,
    cell: ({ createdByName, createdAt }) => <Stack fine={<Time at={createdAt} />}>{createdByName}</Stack>,
  },
  {
    title: text.common.status,
    cell: ({ status, expiresAt, failedCodes }) => (
      <Stack
        fine={
          <>
            {status === 'OPEN' && <Until at={expiresAt} />}
            {status === 'EXPIRED' && <Time at={expiresAt} />}
            {failedCodes > 0 && ` ${text.links.failedCodes(failedCodes)}`}
          </>
        }
      >
        <Badge tone={TONES[status]}>{text.links.status[status]}</Badge>
      </Stack>
    ),
  },
  actions(
    ({ id, status, provider, client }) =>
      status === 'OPEN' && (
        <Opens
          kind="danger"
          label={text.common.revoke}
          name={`${text.common.revoke}: ${providerName(provider)}, ${client?.name ?? ''}`}
        >
          {(close) => (
            <ChangeDialog
              title={text.links.revokeTitle(providerName(provider), client?.name ?? '')}
              submit={text.common.revoke}
              kind="danger"
              mutation={REVOKE}
              inputOf={() => ({ keyLinkId: id })}
              said={() => text.links.revoked}
              onClose={close}
            >
              {() => <p>{text.links.revokeHint}</p>}
            </ChangeDialog>
          )}
        </Opens>
      ),
  ),
];

export function LinkList() {
  return (
    <List
      of={LINKS}
      variables={{}}
      caption={text.handIns.tabs.links}
      columns={COLUMNS}
      empty={[text.links.empty, text.links.emptyHint]}
    />
  );
}

export function CreateLink({ onClose }: { onClose: () => void }) {
  const [provider, setProvider] = useState(firstProvider);
  return (
    <ChangeDialog
      title={text.links.create}
      submit={text.links.create}
      mutation={CREATE}
      inputOf={(values) => ({
        clientId: textOf(values, 'clientId'),
        provider,
        region: regionOf(values),
        expiresInHours: Number(textOf(values, 'expiresInHours')),
      })}
      said={(created) => <ShowLink {...created} />}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <p>{text.links.createHint}</p>
          <ClientField chosen={null} error={errorOf('clientId')} />
          <ProviderFields provider={provider} onProvider={setProvider} />
          <TextField
            label={text.links.hours}
            name="expiresInHours"
            type="number"
            value="72"
            hint={text.links.hoursHint}
            error={errorOf('expiresInHours')}
          />
        </>
      )}
    </ChangeDialog>
  );
}

/** Two things to copy, which go different ways. */
function ShowLink({ url, code }: { url: string | null; code: string | null }) {
  return (
    <>
      <p>{text.links.createdHint}</p>
      <div class="field">
        <p class="label">{text.links.address}</p>
        <Copy value={url ?? ''} label={text.links.address} isOnce />
      </div>
      <div class="field">
        <p class="label">{text.links.code}</p>
        <Copy value={code ?? ''} label={text.links.code} isOnce />
      </div>
    </>
  );
}
