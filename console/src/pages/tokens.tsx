import { useState } from 'preact/hooks';
import { graphql, type ResultOf } from '../api/graphql';
import { useList } from '../api/list';
import { fragments } from '../keys/operations';
import { text } from '../text';
import { errorOf, Form, SelectField, TextField, textOf, useChange } from '../ui/form';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, Copy, Dialog, Empty, Note, Time } from '../ui/parts';
import { ListTable, type Column } from '../ui/table';
import { tell } from '../ui/toasts';
import { roleOptions } from './people-dialogs';

const TOKENS = graphql(`
  query Tokens($first: Int, $after: String) {
    serviceTokens(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        role
        prefix
        createdAt
        expiresAt
        lastUsedAt
        revokedAt
      }
    }
  }
`);

const CREATE = graphql(
  `
    mutation CreateToken($input: CreateServiceTokenInput!) {
      createServiceToken(input: $input) {
        token
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
    mutation RevokeToken($input: RevokeServiceTokenInput!) {
      revokeServiceToken(input: $input) {
        userErrors {
          ...Refused
        }
      }
    }
  `,
  [fragments.ERROR],
);

type Token = NonNullable<ResultOf<typeof TOKENS>['serviceTokens']>['nodes'][number];

const isExpired = ({ expiresAt }: Token) => new Date(expiresAt).getTime() < Date.now();

export function TokensPage() {
  const list = useList(TOKENS, {}, ({ serviceTokens }) => serviceTokens);
  const create = (
    <Opens kind="primary" label={text.tokens.create}>
      {(close) => <CreateToken onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.tokens.title} lead={text.tokens.lead} actions={create}>
      <ListTable
        caption={text.tokens.title}
        list={list}
        keyOf={({ id }) => id}
        columns={COLUMNS}
        empty={<Empty title={text.tokens.empty} hint={text.tokens.emptyHint} />}
      />
    </Page>
  );
}

const COLUMNS: readonly Column<Token>[] = [
  {
    title: text.common.name,
    cell: ({ name, prefix }) => (
      <span class="stack">
        <span>{name}</span>
        <code>{prefix}…</code>
      </span>
    ),
  },
  { title: text.people.role, cell: ({ role }) => text.role[role] },
  {
    title: text.tokens.lastUsed,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? text.common.never : <Time at={lastUsedAt} />),
  },
  { title: text.common.status, cell: (token) => <TokenState token={token} /> },
  {
    title: text.common.actions,
    isTitleHidden: true,
    cell: (token) =>
      token.revokedAt === null &&
      !isExpired(token) && (
        <Opens kind="danger" label={text.tokens.revoke} name={`${text.tokens.revoke}: ${token.name}`}>
          {(close) => <RevokeToken token={token} onClose={close} />}
        </Opens>
      ),
  },
];

function TokenState({ token }: { token: Token }) {
  if (token.revokedAt !== null)
    return (
      <span class="stack">
        <Badge tone="plain">{text.tokens.revoked}</Badge>
        <span class="fine">
          <Time at={token.revokedAt} />
        </span>
      </span>
    );
  const expired = isExpired(token);
  return (
    <span class="stack">
      <Badge tone={expired ? 'warn' : 'ok'}>{expired ? text.tokens.expired : text.tokens.active}</Badge>
      <span class="fine">
        {text.links.until} <Time at={token.expiresAt} />
      </span>
    </span>
  );
}

function CreateToken({ onClose }: { onClose: () => void }) {
  const change = useChange();
  const [token, setToken] = useState<string | null>(null);
  const create = async (values: FormData) => {
    const input = {
      name: textOf(values, 'name'),
      role: textOf(values, 'role') as Token['role'],
      expiresInDays: Number(textOf(values, 'expiresInDays')),
    };
    const created = await change.run(CREATE, { input }, (data) => data.createServiceToken);
    if (created) setToken(created.token);
  };
  return (
    <Dialog title={token === null ? text.tokens.create : text.tokens.createdTitle} onClose={onClose}>
      {token === null ? (
        <Form change={change} submit={text.tokens.create} onSubmit={(values) => void create(values)}>
          <TextField label={text.common.name} name="name" hasFocus error={errorOf(change.errors, 'name')} />
          <SelectField label={text.people.role} name="role" options={roleOptions} />
          <TextField
            label={text.tokens.days}
            name="expiresInDays"
            value="90"
            hint={text.tokens.daysHint}
            error={errorOf(change.errors, 'expiresInDays')}
          />
        </Form>
      ) : (
        <>
          <Note tone="warn">{text.tokens.createdHint}</Note>
          <Copy value={token} label={text.tokens.token} />
        </>
      )}
    </Dialog>
  );
}

function RevokeToken({ token: { id, name }, onClose }: { token: Token; onClose: () => void }) {
  const change = useChange();
  const revoke = async () => {
    const input = { serviceTokenId: id };
    if (!(await change.run(REVOKE, { input }, (data) => data.revokeServiceToken))) return;
    tell(text.tokens.wasRevoked(name));
    onClose();
  };
  return (
    <Dialog title={text.tokens.revokeTitle(name)} onClose={onClose}>
      <Form change={change} kind="danger" submit={text.tokens.revoke} onSubmit={() => void revoke()}>
        <p>{text.tokens.revokeHint}</p>
      </Form>
    </Dialog>
  );
}
