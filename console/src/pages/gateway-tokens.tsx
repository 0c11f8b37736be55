import { graphql, type ResultOf } from '../api/graphql';
import { mutation } from '../api/mutation';
import { providerName, settings } from '../sign-in/settings';
import * as text from '../text/tokens';
import { ChangeDialog } from '../ui/change';
import { ClientField } from '../ui/client-field';
import { Group, TextField, textOf } from '../ui/form';
import { Opens } from '../ui/opens';
import { Page } from '../ui/page';
import { ClientLink, Dialog, Stack } from '../ui/parts';
import { actions, List, type Columns } from '../ui/table';
import { ExampleLines } from './gateway-lines';
import { DaysField, isInForce, RevokeToken, ShownOnce, tokenName, tokenState, TokenTabs } from './tokens';

const TOKENS = graphql(`
  query GatewayTokens($first: Int, $after: String) {
    list: gatewayTokens(first: $first, after: $after) {
      totalCount
      pageInfo {
        hasNextPage
        endCursor
      }
      nodes {
        id
        name
        prefix
        providers
        scopes
        expiresAt
        lastUsedAt
        revokedAt
        client {
          id
          name
        }
      }
    }
  }
`);

const CREATE = mutation('createGatewayToken', 'token');
const REVOKE = mutation('revokeGatewayToken');

const DAY_MS = 86_400_000;

type Token = NonNullable<ResultOf<typeof TOKENS>['list']>['nodes'][number];
type Provider = Token['providers'][number];
type Scope = Token['scopes'][number];

const PROVIDERS = settings.providers
  .filter(({ gateway }) => gateway)
  .map(({ id, name }) => [id, name] as const);
const SCOPES = Object.entries(text.gateway.scope);

export function GatewayTokensPage() {
  const create = (
    <Opens kind="primary" label={text.gateway.create}>
      {(close) => <CreateToken onClose={close} />}
    </Opens>
  );
  return (
    <Page title={text.gateway.title} lead={text.gateway.lead} actions={create}>
      <TokenTabs />
      <List
        of={TOKENS}
        variables={{}}
        caption={text.gateway.title}
        columns={COLUMNS}
        empty={[text.gateway.empty, text.gateway.emptyHint]}
      />
    </Page>
  );
}

const COLUMNS: Columns<Token> = [
  tokenName,
  {
    title: text.gateway.reaches,
    cell: ({ client, providers }) => (
      <Stack fine={providers.map(providerName).join(', ')}>
        {client ? <ClientLink client={client} /> : text.gateway.all}
      </Stack>
    ),
  },
  {
    title: text.gateway.scopes,
    cell: ({ scopes }) => scopes.map((scope) => text.gateway.scope[scope]).join(' · '),
  },
  ...tokenState,
  actions(
    (token) =>
      isInForce(token) && (
        <span class="actions">
          <UseToken token={token} />
          <RevokeToken token={token} mutation={REVOKE} inputOf={() => ({ gatewayTokenId: token.id })} />
        </span>
      ),
  ),
];

function UseToken({ token }: { token: Token }) {
  return (
    <Opens label={text.gateway.use} name={`${text.gateway.use}: ${token.name}`}>
      {(close) => (
        <Dialog title={text.gateway.useTitle(token.name)} onClose={close}>
          <ExampleLines {...token} />
        </Dialog>
      )}
    </Opens>
  );
}

/** Far beyond what is allowed, so that whatever is more is refused as too much, and not as no time at all. */
const MOST_DAYS = 9_999;

function daysFromNow(days: number): string {
  const within = Math.max(-MOST_DAYS, Math.min(days, MOST_DAYS));
  return new Date(Date.now() + within * DAY_MS).toISOString();
}

const inputOf = (values: FormData) => ({
  name: textOf(values, 'name'),
  clientId: textOf(values, 'clientId') || null,
  providers: values.getAll('providers') as Provider[],
  scopes: values.getAll('scopes') as Scope[],
  expiresAt: daysFromNow(Number(textOf(values, 'expiresInDays'))),
});

function CreateToken({ onClose }: { onClose: () => void }) {
  return (
    <ChangeDialog
      title={text.gateway.create}
      submit={text.gateway.create}
      mutation={CREATE}
      inputOf={inputOf}
      said={({ token }, { providers, scopes }) => (
        <>
          <ShownOnce token={token} />
          <ExampleLines providers={providers} scopes={scopes} />
        </>
      )}
      onClose={onClose}
    >
      {(errorOf) => (
        <>
          <TextField label={text.common.name} name="name" hasFocus error={errorOf('name')} />
          <ClientField chosen={null} isOptional none={text.gateway.all} error={errorOf('clientId')} />
          <Choices
            label={text.gateway.providers}
            name="providers"
            options={PROVIDERS}
            error={errorOf('providers')}
          />
          <Choices label={text.gateway.scopes} name="scopes" options={SCOPES} error={errorOf('scopes')} />
          <DaysField error={errorOf('expiresAt')} />
        </>
      )}
    </ChangeDialog>
  );
}

interface ChoicesProps {
  readonly label: string;
  readonly name: string;
  readonly options: readonly (readonly [value: string, label: string])[];
  readonly error: string | undefined;
}

/** Each is chosen until it is not. */
function Choices({ label, name, options, error }: ChoicesProps) {
  return (
    <Group legend={label} error={error}>
      {options.map(([value, words]) => (
        <label key={value} class="check">
          <input type="checkbox" name={name} value={value} defaultChecked />
          <span>{words}</span>
        </label>
      ))}
    </Group>
  );
}
