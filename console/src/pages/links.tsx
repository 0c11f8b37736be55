import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { useList } from '../api/list';
import { fragments, type Key, type Provider } from '../keys/operations';
import { providerName, regionsOf, settings } from '../sign-in/settings';
import { text } from '../text';
import { ClientField } from '../ui/client-field';
import { errorOf, Form, SelectField, TextField, textOf, useChange } from '../ui/form';
import { Badge, Button, Copy, Dialog, Empty, Time, type Tone } from '../ui/parts';
import { ListTable, type Column } from '../ui/table';
import { tell } from '../ui/toasts';

const LINKS = graphql(`
  query Links($first: Int, $after: String) {
    keyLinks(first: $first, after: $after) {
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

const CREATE = graphql(
  `
    mutation CreateLink($input: CreateKeyLinkInput!) {
      createKeyLink(input: $input) {
        url
        code
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

const REVOKE = graphql(
  `
    mutation RevokeLink($input: RevokeKeyLinkInput!) {
      revokeKeyLink(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

type Link = NonNullable<ResultOf<typeof LINKS>['keyLinks']>['nodes'][number];

const TONES: Readonly<Record<Link['status'], Tone>> = {
  OPEN: 'info',
  USED: 'ok',
  REVOKED: 'plain',
  LOCKED: 'bad',
  EXPIRED: 'warn',
};

const COLUMNS: readonly Column<Link>[] = [
  { title: text.common.client, cell: ({ client }) => client?.name ?? text.common.none },
  { title: text.common.provider, cell: ({ provider }) => providerName(provider) },
  {
    title: text.common.created,
    cell: ({ createdByName, createdAt }) => (
      <span class="stack">
        <span>{createdByName}</span>
        <span class="fine">
          <Time at={createdAt} />
        </span>
      </span>
    ),
  },
  {
    title: text.common.status,
    cell: ({ status, expiresAt, failedCodes }) => (
      <span class="stack">
        <Badge tone={TONES[status]}>{text.links.status[status]}</Badge>
        <span class="fine">
          {text.links.until} <Time at={expiresAt} />
        </span>
        {failedCodes > 0 && <span class="fine">{text.links.failedCodes(failedCodes)}</span>}
      </span>
    ),
  },
  {
    title: text.common.actions,
    isTitleHidden: true,
    cell: (link) => link.status === 'OPEN' && <Revoke link={link} />,
  },
];

export function LinkList() {
  const list = useList(LINKS, {}, ({ keyLinks }) => keyLinks);
  return (
    <ListTable
      caption={text.handIns.tabs.links}
      list={list}
      keyOf={({ id }) => id}
      columns={COLUMNS}
      empty={<Empty title={text.links.empty} hint={text.links.emptyHint} />}
    />
  );
}

function Revoke({ link }: { link: Link }) {
  const change = useChange();
  const revoke = async () => {
    const done = await change.run(REVOKE, { input: { keyLinkId: link.id } }, (data) => data.revokeKeyLink);
    tell(done ? text.links.revoked : (change.failure?.message ?? text.failure.server));
  };
  return (
    <Button kind="danger" isBusy={change.isBusy} onClick={() => void revoke()}>
      {text.links.revoke}
    </Button>
  );
}

export function CreateLink({ onClose }: { onClose: () => void }) {
  const change = useChange();
  const [provider, setProvider] = useState(settings.providers[0]?.id ?? '');
  const [created, setCreated] = useState<{ url: string | null; code: string | null } | null>(null);
  const regions = regionsOf(provider);
  const create = async (values: FormData) => {
    const input = {
      clientId: textOf(values, 'clientId'),
      provider: provider as Provider,
      region: (textOf(values, 'region') || null) as Key['region'],
      expiresInHours: Number(textOf(values, 'expiresInHours')),
    };
    setCreated(await change.run(CREATE, { input }, (data) => data.createKeyLink));
  };
  if (created) return <ShowLink {...created} onClose={onClose} />;
  return (
    <Dialog title={text.links.create} onClose={onClose}>
      <Form change={change} submit={text.links.create} onSubmit={(values) => void create(values)}>
        <p>{text.links.createHint}</p>
        <ClientField chosen={null} error={errorOf(change.errors, 'clientId')} />
        <SelectField
          label={text.common.provider}
          name="provider"
          value={provider}
          options={settings.providers.map(({ id, name }) => [id, name])}
          onChange={setProvider}
        />
        {regions.length > 1 && (
          <SelectField
            label={text.links.region}
            name="region"
            options={regions.map((each) => [each, each])}
          />
        )}
        <TextField
          label={text.links.hours}
          name="expiresInHours"
          value="72"
          hint={text.links.hoursHint}
          error={errorOf(change.errors, 'expiresInHours')}
        />
      </Form>
    </Dialog>
  );
}

/** Two things to copy, which go different ways. */
function ShowLink({ url, code, onClose }: { url: string | null; code: string | null; onClose: () => void }) {
  return (
    <Dialog title={text.links.createdTitle} onClose={onClose}>
      <p>{text.links.createdHint}</p>
      <div class="field">
        <p class="label">{text.links.address}</p>
        <Copy value={url ?? ''} label={text.links.address} />
      </div>
      <div class="field">
        <p class="label">{text.links.code}</p>
        <Copy value={code ?? ''} label={text.links.code} />
      </div>
    </Dialog>
  );
}
