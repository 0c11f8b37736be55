import { graphql, type ResultOf } from '../api/graphql';
import { mutation, type Mutation } from '../api/mutation';
import * as text from '../text/tokens';
import { ChangeDialog } from '../ui/change';
import { SelectField, TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { Badge, Copy, Note, Stack, Time, Until } from '../ui/parts';
import { actions, List, type Column, type Columns } from '../ui/table';
import { useLocation } from '../ui/router';
import { Tabs } from '../ui/tabs';
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

/** What service tokens and gateway tokens have in common. */
type AnyToken = Pick<Token, 'id' | 'name' | 'prefix' | 'expiresAt' | 'lastUsedAt' | 'revokedAt'>;

const isExpired = ({ expiresAt }: AnyToken) => new Date(expiresAt).getTime() < Date.now();

export function TokensPage() {
  const create = (
    <Opens kind="primary" label={text.tokens.create}>
      {(close) => <CreateToken onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.tokens.title} lead={text.tokens.lead} actions={create}>
      <TokenTabs />
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

export function TokenTabs() {
  const { path } = useLocation();
  const { service, gateway } = text.tokens.tabs;
  const tabs = [
    { path: '/tokens', label: service },
    { path: '/tokens/gateway', label: gateway },
  ];
  return <Tabs label={text.nav.tokens} current={path} tabs={tabs} />;
}

/** By which a token is recognised. */
export const tokenName: Column<AnyToken> = {
  title: text.common.name,
  cell: ({ name, prefix }) => <Stack fine={<code>{prefix}…</code>}>{name}</Stack>,
};

/** How a token is used, and how it stands. */
export const tokenState: readonly Column<AnyToken>[] = [
  {
    title: text.tokens.lastUsed,
    cell: ({ lastUsedAt }) => (lastUsedAt === null ? text.common.never : <Time at={lastUsedAt} />),
  },
  { title: text.common.status, cell: (token) => <TokenState token={token} /> },
];

const COLUMNS: Columns<Token> = [
  tokenName,
  { title: text.people.role, cell: ({ role }) => text.role[role] },
  ...tokenState,
  actions(
    (token) =>
      isInForce(token) && (
        <RevokeToken token={token} mutation={REVOKE} inputOf={() => ({ serviceTokenId: token.id })} />
      ),
  ),
];

export const isInForce = (token: AnyToken) => token.revokedAt === null && !isExpired(token);

function TokenState({ token }: { token: AnyToken }) {
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
      said={({ token }) => <ShownOnce token={token} />}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <TextField label={text.common.name} name="name" hasFocus error={errorOf('name')} />
          <SelectField label={text.people.role} name="role" options={roleOptions} />
          <DaysField error={errorOf('expiresInDays')} />
        </>
      )}
    </ChangeDialog>
  );
}

export function DaysField({ error }: { error: string | undefined }) {
  return (
    <TextField
      label={text.tokens.days}
      name="expiresInDays"
      type="number"
      value="90"
      hint={text.tokens.daysHint}
      error={error}
    />
  );
}

export function ShownOnce({ token }: { token: string | null }) {
  return (
    <>
      <Note tone="warn">{text.tokens.createdHint}</Note>
      <Copy value={token ?? ''} label={text.tokens.token} isOnce />
    </>
  );
}

interface RevokeProps<Input> {
  readonly token: AnyToken;
  readonly mutation: Mutation<Input>;
  readonly inputOf: () => Input;
}

export function RevokeToken<Input>({ token: { name }, mutation, inputOf }: RevokeProps<Input>) {
  return (
    <Opens kind="danger" label={text.common.revoke} name={`${text.common.revoke}: ${name}`}>
      {(close) => (
        <ChangeDialog
          title={text.tokens.revokeTitle(name)}
          submit={text.common.revoke}
          kind="danger"
          mutation={mutation}
          inputOf={inputOf}
          said={() => text.tokens.wasRevoked(name)}
          onClose={close}
        >
          {() => <p>{text.tokens.revokeHint}</p>}
        </ChangeDialog>
      )}
    </Opens>
  );
}
