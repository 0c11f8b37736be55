import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import * as text from '../text/people';
import { ChangeDialog } from '../ui/change';
import { SelectField, TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, Copy, Note, Stack, Time, Until } from '../ui/parts';
import { actions, List, type Columns } from '../ui/table';
import { roleOptions } from './people-dialogs';

const TOKENS = graphql(`
  query Tokens($first: Int, $after: String) {
    list: serviceTokens(first: $first, after: $after) {
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
        expiresAt
        lastUsedAt
        revokedAt
      }
    }
  }
`);

const CREATE = mutation('createServiceToken', 'token');
const REVOKE = mutation('revokeServiceToken');

type Token = NonNullable<ResultOf<typeof TOKENS>['list']>['nodes'][number];

const isExpired = ({ expiresAt }: Token) => new Date(expiresAt).getTime() < Date.now();

export function TokensPage() {
  const create = (
    <Opens kind="primary" label={text.tokens.create}>
      {(close) => <CreateToken onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.tokens.title} lead={text.tokens.lead} actions={create}>
      <List
        of={TOKENS}
        variables={{}}
        caption={text.tokens.title}
        columns={COLUMNS}
        empty={[text.tokens.empty, text.tokens.emptyHint]}
      />
    </Page>
  );
}

const COLUMNS: Columns<Token> = [
  {
    title: text.common.name,
    cell: ({ name, prefix }) => <Stack fine={<code>{prefix}…</code>}>{name}</Stack>,
  },
  { title: text.people.role, cell: ({ role }) => text.role[role] },
  {
    title: text.tokens.lastUsed,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? text.common.never : <Time at={lastUsedAt} />),
  },
  { title: text.common.status, cell: (token) => <TokenState token={token} /> },
  actions(
    (token) =>
      token.revokedAt === null &&
      !isExpired(token) && (
        <Opens kind="danger" label={text.common.revoke} name={`${text.common.revoke}: ${token.name}`}>
          {(close) => <RevokeToken token={token} onClose={close} />}
        </Opens>
      ),
  ),
];

function TokenState({ token }: { token: Token }) {
  if (token.revokedAt !== null)
    return (
      <Stack fine={<Time at={token.revokedAt} />}>
        <Badge tone="plain">{text.tokens.revoked}</Badge>
      </Stack>
    );
  const expired = isExpired(token);
  return (
    <Stack fine={expired ? <Time at={token.expiresAt} /> : <Until at={token.expiresAt} />}>
      <Badge tone={expired ? 'warn' : 'ok'}>{expired ? text.tokens.expired : text.tokens.active}</Badge>
    </Stack>
  );
}

function CreateToken({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.tokens.create}
      submit={text.tokens.create}
      mutation={CREATE}
      inputOf={(values) => ({
        name: textOf(values, 'name'),
        role: textOf(values, 'role') as Token['role'],
        expiresInDays: Number(textOf(values, 'expiresInDays')),
      })}
      said={({ token }) => (
        <>
          <Note tone="warn">{text.tokens.createdHint}</Note>
          <Copy value={token ?? ''} label={text.tokens.token} />
        </>
      )}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <TextField label={text.common.name} name="name" hasFocus error={errorOf('name')} />
          <SelectField label={text.people.role} name="role" options={roleOptions} />
          <TextField
            label={text.tokens.days}
            name="expiresInDays"
            type="number"
            value="90"
            hint={text.tokens.daysHint}
            error={errorOf('expiresInDays')}
          />
        </>
      )}
    </ChangeDialog>
  );
}

function RevokeToken({ token: { id, name }, onClose }: { token: Token; onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.tokens.revokeTitle(name)}
      submit={text.common.revoke}
      kind="danger"
      mutation={REVOKE}
      inputOf={() => ({ serviceTokenId: id })}
      said={() => text.tokens.wasRevoked(name)}
      onClose={onClose}
    >
      {() => <p>{text.tokens.revokeHint}</p>}
    </ChangeDialog>
  );
}
